// NEON with dot products of bfloat16 and of bytes (Armv8.6: Neoverse V1 and N2, Apple M2, and later).
#if defined(__aarch64__)
#include <arm_neon.h>
#define VARIANT neonbf16
#define VARIANT_NAME "neonbf16"
#define MICRO_ROWS 4
#define MICRO_TILES 1
#define NATIVE_BF16 1
#define INT8_BYTES 16
#define INT8_ROWS 4
#define INT8_TILES 1
#define INT8_DOT(sum, x, w) vusdotq_s32((int32x4_t)(sum), (uint8x16_t)(x), (int8x16_t)(w))
#pragma clang attribute push(__attribute__((target("bf16,i8mm"))), apply_to = function)
#include "Variant.h"
#pragma clang attribute pop
#endif
