// AVX2 with fused multiply-add.
#if defined(__x86_64__)
#define VARIANT avx2
#define VARIANT_NAME "avx2"
#define MICRO_ROWS 4
#define MICRO_TILES 1
#define NATIVE_BF16 0
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "Variant.h"
#pragma clang attribute pop
#endif
