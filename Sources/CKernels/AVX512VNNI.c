// AVX-512 with dot products of bytes and none of bfloat16 (Cascade Lake, Ice Lake).
#if defined(__x86_64__)
#include <immintrin.h>
#define VARIANT avx512vnni
#define VARIANT_NAME "avx512vnni"
#define MICRO_ROWS 8
#define MICRO_TILES 3
#define NATIVE_BF16 0
#define INT8_BYTES 64
#define INT8_ROWS 8
#define INT8_TILES 3
#define INT8_DOT(sum, x, w) _mm512_dpbusd_epi32((__m512i)(sum), (__m512i)(x), (__m512i)(w))
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma"))), apply_to = function)
#include "Variant.h"
#pragma clang attribute pop
#endif
