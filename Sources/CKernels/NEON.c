// The 128-bit vectors that every arm64 machine has.
#if defined(__aarch64__)
#define VARIANT neon
#define VARIANT_NAME "neon"
#define MICRO_ROWS 4
#define MICRO_TILES 1
#define NATIVE_BF16 0

#include "Variant.h"

#endif
