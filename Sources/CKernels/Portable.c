// What the compiler makes of the plain vectors for a baseline machine: SSE2 on x86-64.
#if !defined(__aarch64__)
#if defined(__SSE2__)
#include <emmintrin.h>
#endif
#define VARIANT portable
#define VARIANT_NAME "portable"
#define MICRO_ROWS 4
#define MICRO_TILES 1
#define NATIVE_BF16 0
#define INT8_BYTES 16
#define INT8_ROWS 2
#define INT8_TILES 1
#if defined(__SSE2__)
#define INT8_MADD(x, w) _mm_madd_epi16((__m128i)(x), (__m128i)(w))
#endif
#include "Variant.h"
#endif
