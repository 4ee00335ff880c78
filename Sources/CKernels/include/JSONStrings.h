#ifndef GRAPE_JSON_STRINGS_H
#define GRAPE_JSON_STRINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// How many bytes of a JSON string, from `text` on, are printable ASCII and escapes of one letter: those
/// before the first quote that is not escaped, other byte, or backslash of another escape; `count` at most,
/// which may lie within an escape's reach: its backslash is not counted then. `text` is not escaped itself.
/// Sets `has_escape` if an escape was counted.
size_t grape_json_plain(const uint8_t *text, size_t count, bool *has_escape);

/// A function that does this by the instructions of that name; NULL when the machine does not have them.
typedef size_t (*grape_json_plain_function)(const uint8_t *text, size_t count, bool *has_escape);
grape_json_plain_function grape_json_plain_named(const char *name);

/// Decodes the inside of a valid JSON string up to its first escape `\u`, or to its end, where the machine
/// has the instructions for it; otherwise nothing.
///
/// `out` has room for `count`. Returns how many bytes have been written, and in `read` how many of `text`
/// they stand for.
size_t grape_json_decode(const uint8_t *text, size_t count, uint8_t *out, size_t *read);

#endif
