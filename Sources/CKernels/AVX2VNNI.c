// AVX2 with dot products of bytes (Alder Lake and later, where there is no AVX-512).
#if defined(__x86_64__)
#include <immintrin.h>
#define VARIANT avx2vnni
#define VARIANT_NAME "avx2vnni"
#define MICRO_ROWS 4
#define MICRO_TILES 1
#define NATIVE_BF16 0
#define INT8_BYTES 32
#define INT8_ROWS 4
#define INT8_TILES 1
#define INT8_DOT(sum, x, w) _mm256_dpbusd_avx_epi32((__m256i)(sum), (__m256i)(x), (__m256i)(w))
#pragma clang attribute push(__attribute__((target("avx2,fma,avxvnni"))), apply_to = function)
#include "Variant.h"
#pragma clang attribute pop
#endif
