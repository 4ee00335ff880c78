// AVX-512 with bfloat16 dot products (Zen 4 and later, Cooper Lake, Sapphire Rapids).
#if defined(__x86_64__)
#include <immintrin.h>
#define VARIANT avx512bf16
#define VARIANT_NAME "avx512bf16"
#define MICRO_ROWS 8
#define MICRO_TILES 3
#define NATIVE_BF16 1
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,avx2,fma"))), apply_to = function)
#include "Variant.h"
#pragma clang attribute pop
#endif
