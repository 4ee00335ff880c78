#ifndef GRAPE_DECIMALS_H
#define GRAPE_DECIMALS_H

#include <stddef.h>
#include <stdint.h>

/// Writes integers in decimal, each with a comma behind it, where the machine has the instructions for it:
/// eight at a step, up to those that fill no step, or of which one has more than seven digits.
///
/// `out` has room for 8 bytes for each of the `count` values. Returns how many values have been
/// written, and in `length` in how many bytes.
size_t grape_decimals(const uint32_t *values, size_t count, uint8_t *out, size_t *length);

#endif
