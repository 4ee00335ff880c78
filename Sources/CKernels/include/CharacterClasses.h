#ifndef GRAPE_CHARACTER_CLASSES_H
#define GRAPE_CHARACTER_CLASSES_H

#include <stddef.h>
#include <stdint.h>

/// Writes the classes of the ASCII characters that a text begins with: out[i] = classes[text[i]].
///
/// `classes` has 128 entries, and `out` room for `count`. Returns how many of the `count` bytes come before the first
/// that is no ASCII character.
size_t grape_classify_ascii(const uint8_t *text, size_t count, const uint8_t *classes, uint8_t *out);

/// A function that does this by the instructions of that name; NULL when the machine does not have them.
typedef size_t (*grape_classify)(const uint8_t *text, size_t count, const uint8_t *classes, uint8_t *out);
grape_classify grape_classify_named(const char *name);

#endif
