// AVX-512 without bfloat16 products.
#if defined(__x86_64__)
#include <immintrin.h>
#define VARIANT avx512
#define VARIANT_NAME "avx512"
#define MICRO_ROWS 8
#define MICRO_TILES 3
#define NATIVE_BF16 0
#define INT8_BYTES 64
#define INT8_ROWS 8
#define INT8_TILES 2
#define INT8_MADD(x, w) _mm512_madd_epi16((__m512i)(x), (__m512i)(w))
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma"))), apply_to = function)
#include "Variant.h"
#pragma clang attribute pop
#endif
