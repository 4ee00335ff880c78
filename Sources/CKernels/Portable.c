// What the compiler makes of the plain vectors for the baseline machine: SSE2 on x86-64, NEON on arm64.
#define VARIANT portable
#define VARIANT_NAME "portable"
#define MICRO_ROWS 4
#define MICRO_TILES 1
#define NATIVE_BF16 0
#include "Variant.h"
