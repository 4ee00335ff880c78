// AVX2 with fused multiply-add.
#if defined(__x86_64__)
#include <immintrin.h>
#define VARIANT avx2
#define VARIANT_NAME "avx2"
#define MICRO_ROWS 4
#define MICRO_TILES 1
#define NATIVE_BF16 0
#define INT8_BYTES 32
#define INT8_ROWS 4
#define INT8_TILES 1
#define INT8_MADD(x, w) _mm256_madd_epi16((__m256i)(x), (__m256i)(w))
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "Variant.h"
#pragma clang attribute pop
#endif
