// NEON with fused multiply-add, which every arm64 machine has.
#if defined(__aarch64__)
#include <arm_neon.h>
#define VARIANT neon
#define VARIANT_NAME "neon"
#define MICRO_ROWS 4
#define MICRO_TILES 1
#define NATIVE_BF16 0
#define INT8_BYTES 16
#define INT8_ROWS 2
#define INT8_TILES 1
#define INT8_MADD(x, w)                                                                   \
  vpaddq_s32(vmull_s16(vget_low_s16((int16x8_t)(x)), vget_low_s16((int16x8_t)(w))),       \
             vmull_high_s16((int16x8_t)(x), (int16x8_t)(w)))
#include "Variant.h"
#endif
