// One body for every instruction set. A variant file defines
//   VARIANT             the table's symbol suffix, e.g. avx2
//   VARIANT_NAME        its name as text
//   MICRO_ROWS, _TILES  the register block of the product kernels (MICRO_ROWS >= 4)
//   NATIVE_BF16         1 when _mm512_dpbf16_ps may be used
// sets its target attributes, and includes this file. Vectors are written with the compiler's vector
// extension: sixteen lanes are one AVX-512 register, two AVX2, four NEON or SSE. It is one long file because
// everything in it is compiled again under each variant's attributes.

#include "CKernels.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)

typedef float f32x16 __attribute__((vector_size(64)));
typedef int32_t i32x16 __attribute__((vector_size(64)));
typedef uint32_t u32x16 __attribute__((vector_size(64)));
typedef uint16_t u16x16 __attribute__((vector_size(32)));
typedef uint8_t u8x16 __attribute__((vector_size(16)));
typedef int8_t i8x16 __attribute__((vector_size(16)));

// Vectors are passed by pointer only, so that no calling convention depends on the instruction set.
INLINE void load(f32x16 *v, const float *p) { __builtin_memcpy(v, p, 64); }
INLINE void keep(float *p, const f32x16 *v) { __builtin_memcpy(p, v, 64); }
INLINE void fill(f32x16 *v, float a) { *v = (f32x16){a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a}; }

// chosen = mask ? a : b, lane by lane.
INLINE void choose(f32x16 *chosen, const i32x16 *mask, const f32x16 *a, const f32x16 *b) {
  *chosen = (f32x16)((*mask & (i32x16)*a) | (~*mask & (i32x16)*b));
}

INLINE void larger(f32x16 *v, const f32x16 *a) {
  i32x16 mask = *a > *v;
  choose(v, &mask, a, v);
}

// e^x to about one unit in the last place, exactly 1 at 0, and 0 below -87.3.
INLINE void exponential(f32x16 *y, const f32x16 *argument) {
  f32x16 x = *argument, low, high;
  fill(&low, -87.3f);
  fill(&high, 88.3f);
  i32x16 vanishes = x < low, overflows = x > high;
  choose(&x, &vanishes, &low, &x);
  choose(&x, &overflows, &high, &x);
  const float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer in the low bits
  f32x16 shifted = x * 1.44269504088896341f + magic;
  f32x16 n = shifted - magic;
  f32x16 r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  f32x16 p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r;
  p = p + 1.0f;
  i32x16 exponent = ((i32x16)shifted - 0x4B400000) << 23;
  *y = (f32x16)(((i32x16)p + exponent) & ~vanishes);
}

// tanh x to about two units in the last place: an odd polynomial near 0 (Cephes, tanhf), else by e^x.
INLINE void hyperbolic_tangent(f32x16 *y, const f32x16 *argument) {
  f32x16 x = *argument, square = x * x, twice, e;
  f32x16 size = (f32x16)((i32x16)x & 0x7FFFFFFF);
  twice = size * 2.0f;
  exponential(&e, &twice);
  f32x16 far = 1.0f - 2.0f / (e + 1.0f);
  far = (f32x16)((i32x16)far | ((i32x16)x & (int32_t)0x80000000));
  f32x16 p = square * -5.70498872745e-3f + 2.06390887954e-2f;
  p = p * square - 5.37397155531e-2f;
  p = p * square + 1.33314422036e-1f;
  p = p * square - 3.33332819422e-1f;
  f32x16 near = p * square * x + x;
  i32x16 is_far = size > 0.625f;
  choose(y, &is_far, &far, &near);
}

// The error function to about 1e-7: an odd polynomial up to 1 (Cephes, erff), then 1 - erfc by e^(-x^2) (Cephes, erfcf).
INLINE void error_function(f32x16 *y, const f32x16 *argument) {
  f32x16 x = *argument, square = x * x;
  f32x16 t = square * 7.853861353153693e-5f - 8.010193625184903e-4f;
  t = t * square + 5.188327685732524e-3f;
  t = t * square - 2.685381193529856e-2f;
  t = t * square + 1.128358514861418e-1f;
  t = t * square - 3.761262582423300e-1f;
  t = t * square + 1.128379165726710e+0f;
  f32x16 near = t * x;
  f32x16 size = (f32x16)((i32x16)x & 0x7FFFFFFF), one, negative = -square, e;
  fill(&one, 1);
  f32x16 least = size;
  larger(&least, &one);
  exponential(&e, &negative);
  f32x16 inverse = 1.0f / least, q = inverse * inverse;
  f32x16 p = q * 2.326819970068386e-2f - 1.387039388740657e-1f;
  p = p * q + 3.687424674597105e-1f;
  p = p * q - 5.824733027278666e-1f;
  p = p * q + 6.210004621745983e-1f;
  p = p * q - 4.944515323274145e-1f;
  p = p * q + 3.404879937665872e-1f;
  p = p * q - 2.741127028184656e-1f;
  p = p * q + 5.638259427386472e-1f;
  f32x16 r = q * -1.047766399936249e+1f + 1.297719955372516e+1f;
  r = r * q - 7.495518717768503e+0f;
  r = r * q + 2.921019019210786e+0f;
  r = r * q - 1.015265279202700e+0f;
  r = r * q + 4.218463358204948e-1f;
  r = r * q - 2.820767439740514e-1f;
  r = r * q + 5.641895067754075e-1f;
  i32x16 is_low = size < 2.0f, is_far = size > 1.0f;
  choose(&p, &is_low, &p, &r);
  f32x16 far = 1.0f - e * inverse * p;
  far = (f32x16)((i32x16)far | ((i32x16)x & (int32_t)0x80000000));
  choose(y, &is_far, &far, &near);
}

// Nearest-even bfloat16 in the upper half of each lane; NaN stays NaN.
INLINE void round_bf16(u32x16 *bits, const f32x16 *x) {
  u32x16 b = (u32x16)*x;
  u32x16 rounded = (b + 0x7FFF + ((b >> 16) & 1)) & 0xFFFF0000u;
  i32x16 is_nan = *x != *x;
  *bits = ((u32x16)is_nan & ((b | 0x00400000u) & 0xFFFF0000u)) | (~(u32x16)is_nan & rounded);
}

INLINE uint16_t round_bf16_scalar(float x) {
  uint32_t b;
  __builtin_memcpy(&b, &x, 4);
  if (x != x) return (uint16_t)((b | 0x00400000u) >> 16);
  return (uint16_t)((b + 0x7FFF + ((b >> 16) & 1)) >> 16);
}

// Writes features `first` and `first + 1` (a, b) of an operand tile; `first` is even.
INLINE void put_pair(void *out, size_t first, grape_operand form, const f32x16 *a, const f32x16 *b) {
  if (form == GRAPE_OPERAND_F32) {
    keep((float *)out + first * 16, a);
    keep((float *)out + first * 16 + 16, b);
    return;
  }
  u32x16 even, odd;
  round_bf16(&even, a);
  round_bf16(&odd, b);
  if (form == GRAPE_OPERAND_ROUNDED) {
    __builtin_memcpy((float *)out + first * 16, &even, 64);
    __builtin_memcpy((float *)out + first * 16 + 16, &odd, 64);
  } else {
    u32x16 pair = (even >> 16) | odd;
    __builtin_memcpy((uint16_t *)out + first * 16, &pair, 64);
  }
}

// The last feature of an odd width: paired with zero, or alone where features are not paired.
INLINE void put_last(void *out, size_t first, grape_operand form, const f32x16 *a) {
  if (form == GRAPE_OPERAND_F32) {
    keep((float *)out + first * 16, a);
    return;
  }
  u32x16 even;
  round_bf16(&even, a);
  if (form == GRAPE_OPERAND_ROUNDED) {
    __builtin_memcpy((float *)out + first * 16, &even, 64);
  } else {
    even >>= 16;
    __builtin_memcpy((uint16_t *)out + first * 16, &even, 64);
  }
}

// MARK: products

INLINE void micro_f32(const float *w, size_t w_stride, const float *x, size_t x_stride, size_t width, float *c,
                      size_t c_stride, int accumulate, const int rows, const int tiles) {
  f32x16 sum[8][3];
  UNROLL for (int r = 0; r < rows; r++) UNROLL for (int t = 0; t < tiles; t++) {
    if (accumulate) load(&sum[r][t], c + t * c_stride + r * 16);
    else fill(&sum[r][t], 0);
  }
  for (size_t k = 0; k < width; k++) {
    f32x16 xs[3];
    UNROLL for (int t = 0; t < tiles; t++) load(&xs[t], x + t * x_stride + k * 16);
    UNROLL for (int r = 0; r < rows; r++) {
      float a;
      __builtin_memcpy(&a, w + r * w_stride + k, 4);
      UNROLL for (int t = 0; t < tiles; t++) sum[r][t] += a * xs[t];
    }
  }
  UNROLL for (int r = 0; r < rows; r++) UNROLL for (int t = 0; t < tiles; t++)
    keep(c + t * c_stride + r * 16, &sum[r][t]);
}

#if NATIVE_BF16
INLINE void micro_bf16(const uint16_t *w, size_t w_stride, const uint16_t *x, size_t x_stride, size_t pairs,
                       float *c, size_t c_stride, int accumulate, const int rows, const int tiles) {
  __m512 sum[8][3];
  UNROLL for (int r = 0; r < rows; r++) UNROLL for (int t = 0; t < tiles; t++)
    sum[r][t] = accumulate ? _mm512_loadu_ps(c + t * c_stride + r * 16) : _mm512_setzero_ps();
  for (size_t k = 0; k < pairs; k++) {
    __m512bh xs[3];
    UNROLL for (int t = 0; t < tiles; t++) xs[t] = (__m512bh)_mm512_loadu_si512(x + t * x_stride + k * 32);
    UNROLL for (int r = 0; r < rows; r++) {
      int32_t pair;
      __builtin_memcpy(&pair, w + r * w_stride + 2 * k, 4);
      __m512bh a = (__m512bh)_mm512_set1_epi32(pair);
      UNROLL for (int t = 0; t < tiles; t++) sum[r][t] = _mm512_dpbf16_ps(sum[r][t], a, xs[t]);
    }
  }
  UNROLL for (int r = 0; r < rows; r++) UNROLL for (int t = 0; t < tiles; t++)
    _mm512_storeu_ps(c + t * c_stride + r * 16, sum[r][t]);
}
#endif

// Cuts rows x tiles into register blocks: MICRO_ROWS, then 4, then 1 rows; MICRO_TILES, then 1 tile.
#define CUT_ROWS(MICRO, TILES)                                                                              \
  do {                                                                                                      \
    size_t r = 0;                                                                                           \
    for (; r + MICRO_ROWS <= rows; r += MICRO_ROWS)                                                         \
      MICRO(w + r * w_stride, w_stride, x + t * x_stride, x_stride, depth, c + t * c_stride + r * 16, c_stride, \
            accumulate, MICRO_ROWS, TILES);                                                                 \
    for (; r + 4 <= rows; r += 4)                                                                           \
      MICRO(w + r * w_stride, w_stride, x + t * x_stride, x_stride, depth, c + t * c_stride + r * 16, c_stride, \
            accumulate, 4, TILES);                                                                          \
    for (; r < rows; r++)                                                                                   \
      MICRO(w + r * w_stride, w_stride, x + t * x_stride, x_stride, depth, c + t * c_stride + r * 16, c_stride, \
            accumulate, 1, TILES);                                                                          \
  } while (0)

#if MICRO_TILES == 3
#define CUT(MICRO)                                          \
  do {                                                      \
    size_t t = 0;                                           \
    for (; t + 3 <= tiles; t += 3) CUT_ROWS(MICRO, 3);      \
    if (tiles - t == 2) CUT_ROWS(MICRO, 2);                 \
    if (tiles - t == 1) CUT_ROWS(MICRO, 1);                 \
  } while (0)
#else
#define CUT(MICRO)                                                 \
  do {                                                             \
    for (size_t t = 0; t < tiles; t++) CUT_ROWS(MICRO, 1);         \
  } while (0)
#endif

static void multiply_f32(const float *w, size_t w_stride, size_t rows, const float *x, size_t x_stride,
                         size_t tiles, size_t depth, float *c, size_t c_stride, int accumulate) {
  CUT(micro_f32);
}

#if NATIVE_BF16
static void multiply_bf16(const uint16_t *w, size_t w_stride, size_t rows, const uint16_t *x, size_t x_stride,
                          size_t tiles, size_t depth, float *c, size_t c_stride, int accumulate) {
  CUT(micro_bf16);
}
#endif

// MARK: weights to numbers

INLINE float half_to_float(const uint8_t *p) {
  uint16_t h;
  __builtin_memcpy(&h, p, 2);
  uint32_t sign = (uint32_t)(h & 0x8000) << 16, magnitude = h & 0x7FFF;
  float f;
  uint32_t bits = magnitude << 13;
  __builtin_memcpy(&f, &bits, 4);
  f *= 0x1p112f;  // moves the exponent's bias; exact for subnormals too
  __builtin_memcpy(&bits, &f, 4);
  if (magnitude >= 0x7C00) bits |= 0x7F800000;
  bits |= sign;
  __builtin_memcpy(&f, &bits, 4);
  return f;
}

INLINE void halves_to_floats(f32x16 *out, const uint8_t *p) {
  u16x16 h;
  __builtin_memcpy(&h, p, 32);
  u32x16 wide = __builtin_convertvector(h, u32x16);
  u32x16 magnitude = wide & 0x7FFF;
  f32x16 f = (f32x16)(magnitude << 13) * 0x1p112f;
  u32x16 special = (u32x16)(magnitude >= 0x7C00) & 0x7F800000;
  *out = (f32x16)((u32x16)f | special | ((wide & 0x8000) << 16));
}

INLINE void bytes_to_floats(f32x16 *out, const u8x16 *bytes) {
  *out = __builtin_convertvector(__builtin_convertvector(*bytes, i32x16), f32x16);
}

INLINE void signed_bytes_to_floats(f32x16 *out, const i8x16 *bytes) {
  *out = __builtin_convertvector(__builtin_convertvector(*bytes, i32x16), f32x16);
}

// Half of the power of two that an MXFP4 scale means; the two least are subnormal.
INLINE float half_power(uint8_t scale) {
  uint32_t bits = scale < 2 ? 0x00200000u << scale : (uint32_t)(scale - 1) << 23;
  float f;
  __builtin_memcpy(&f, &bits, 4);
  return f;
}

// Twice the values of 4-bit floats; zero has no sign.
static const float doubled_e2m1[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

// Where decoded weights go: floats, or bfloat16.
INLINE void emit(void *out, int to_bf16, size_t at, const f32x16 *v) {
  if (!to_bf16) {
    keep((float *)out + at, v);
    return;
  }
  u32x16 bits;
  round_bf16(&bits, v);
  u16x16 narrow = __builtin_convertvector(bits >> 16, u16x16);
  __builtin_memcpy((uint16_t *)out + at, &narrow, 32);
}

INLINE void emit_scalar(void *out, int to_bf16, size_t at, float v) {
  if (to_bf16) ((uint16_t *)out)[at] = round_bf16_scalar(v);
  else ((float *)out)[at] = v;
}

// A product and its sum are rounded separately here: decoded weights are the format's own, to the bit.
INLINE void decode(grape_weights type, const uint8_t *row, size_t count, void *out, const int to_bf16) {
#pragma clang fp contract(off)
  size_t i = 0;
  switch (type) {
  case GRAPE_WEIGHTS_F32:
    for (; i + 16 <= count; i += 16) {
      f32x16 v;
      __builtin_memcpy(&v, row + 4 * i, 64);
      emit(out, to_bf16, i, &v);
    }
    for (; i < count; i++) {
      float v;
      __builtin_memcpy(&v, row + 4 * i, 4);
      emit_scalar(out, to_bf16, i, v);
    }
    break;
  case GRAPE_WEIGHTS_F16:
    for (; i + 16 <= count; i += 16) {
      f32x16 v;
      halves_to_floats(&v, row + 2 * i);
      emit(out, to_bf16, i, &v);
    }
    for (; i < count; i++) emit_scalar(out, to_bf16, i, half_to_float(row + 2 * i));
    break;
  case GRAPE_WEIGHTS_BF16:
    for (; i + 16 <= count; i += 16) {
      u16x16 h;
      __builtin_memcpy(&h, row + 2 * i, 32);
      f32x16 v = (f32x16)(__builtin_convertvector(h, u32x16) << 16);
      emit(out, to_bf16, i, &v);
    }
    for (; i < count; i++) {
      uint16_t h;
      __builtin_memcpy(&h, row + 2 * i, 2);
      uint32_t bits = (uint32_t)h << 16;
      float v;
      __builtin_memcpy(&v, &bits, 4);
      emit_scalar(out, to_bf16, i, v);
    }
    break;
  case GRAPE_WEIGHTS_Q8_0:
    for (; i + 32 <= count; i += 32, row += 34) {
      float d = half_to_float(row);
      for (int half = 0; half < 2; half++) {
        i8x16 q;
        __builtin_memcpy(&q, row + 2 + 16 * half, 16);
        f32x16 v;
        signed_bytes_to_floats(&v, &q);
        v = v * d;
        emit(out, to_bf16, i + 16 * half, &v);
      }
    }
    break;
  case GRAPE_WEIGHTS_Q4_0:
    for (; i + 32 <= count; i += 32, row += 18) {
      float d = half_to_float(row);
      u8x16 q;
      __builtin_memcpy(&q, row + 2, 16);
      u8x16 nibbles[2] = {q & 15, q >> 4};
      for (int half = 0; half < 2; half++) {
        f32x16 v;
        bytes_to_floats(&v, &nibbles[half]);
        v = (v - 8.0f) * d;
        emit(out, to_bf16, i + 16 * half, &v);
      }
    }
    break;
  case GRAPE_WEIGHTS_Q4_1:
    for (; i + 32 <= count; i += 32, row += 20) {
      float d = half_to_float(row), m = half_to_float(row + 2);
      u8x16 q;
      __builtin_memcpy(&q, row + 4, 16);
      u8x16 nibbles[2] = {q & 15, q >> 4};
      for (int half = 0; half < 2; half++) {
        f32x16 v;
        bytes_to_floats(&v, &nibbles[half]);
        v = v * d;
        v = v + m;
        emit(out, to_bf16, i + 16 * half, &v);
      }
    }
    break;
  case GRAPE_WEIGHTS_MXFP4:
    for (; i + 32 <= count; i += 32, row += 17) {
      float d = half_power(row[0]);
      for (int half = 0; half < 2; half++) {
        f32x16 v;
        for (int j = 0; j < 16; j++) v[j] = doubled_e2m1[half ? row[1 + j] >> 4 : row[1 + j] & 15];
        v = v * d;
        emit(out, to_bf16, i + 16 * half, &v);
      }
    }
    break;
  case GRAPE_WEIGHTS_Q6_K:
    // 128 bytes of low nibbles, 64 of high bit pairs, 16 signed scales, and the scale of scales.
    for (; i + 256 <= count; i += 256, row += 210) {
      float d = half_to_float(row + 208);
      const int8_t *scales = (const int8_t *)row + 192;
      for (int half = 0; half < 2; half++)
        for (int quarter = 0; quarter < 4; quarter++)
          for (int part = 0; part < 2; part++) {
            u8x16 low, high;
            __builtin_memcpy(&low, row + 64 * half + 32 * (quarter & 1) + 16 * part, 16);
            __builtin_memcpy(&high, row + 128 + 32 * half + 16 * part, 16);
            low = quarter < 2 ? low & 15 : low >> 4;
            high = ((high >> (2 * quarter)) & 3) << 4;
            i8x16 q = (i8x16)(low | high) - 32;
            f32x16 v;
            signed_bytes_to_floats(&v, &q);
            v = v * (d * (float)scales[8 * half + 2 * quarter + part]);
            emit(out, to_bf16, i + 128 * half + 32 * quarter + 16 * part, &v);
          }
    }
    break;
  }
}

static void decode_f32(grape_weights type, const void *row, size_t count, float *out) {
  decode(type, row, count, out, 0);
}

static void decode_bf16(grape_weights type, const void *row, size_t count, uint16_t *out) {
  decode(type, row, count, out, 1);
}

static void decode_microscaled(const void *codes, const uint8_t *scales, size_t count, float *out) {
  const uint8_t *bytes = codes;
  for (size_t i = 0; i + 2 <= count; i += 2) {
    float d = half_power(scales[i / 32]);
    out[i] = doubled_e2m1[bytes[i / 2] & 15] * d;
    out[i + 1] = doubled_e2m1[bytes[i / 2] >> 4] * d;
  }
}

// MARK: element by element

static void pack(const float *x, size_t width, grape_operand form, void *out) {
  size_t i = 0;
  for (; i + 2 <= width; i += 2) {
    f32x16 a, b;
    load(&a, x + i * 16);
    load(&b, x + i * 16 + 16);
    put_pair(out, i, form, &a, &b);
  }
  if (i < width) {
    f32x16 a;
    load(&a, x + i * 16);
    put_last(out, i, form, &a);
  }
}

// Squares are summed in four chains, so that a wide layer's sum loses no more than a narrow one's.
static void rms_norm(const float *x, const float *weight, size_t width, float epsilon, grape_operand form,
                     void *out) {
  f32x16 sum[4];
  for (int j = 0; j < 4; j++) fill(&sum[j], 0);
  for (size_t i = 0; i < width; i++) {
    f32x16 v;
    load(&v, x + i * 16);
    sum[i & 3] += v * v;
  }
  f32x16 mean = ((sum[0] + sum[1]) + (sum[2] + sum[3])) / (float)width + epsilon, factor;
  for (int lane = 0; lane < 16; lane++) factor[lane] = 1.0f / __builtin_sqrtf(mean[lane]);
  size_t i = 0;
  for (; i + 2 <= width; i += 2) {
    f32x16 a, b;
    load(&a, x + i * 16);
    load(&b, x + i * 16 + 16);
    a = a * factor * weight[i];
    b = b * factor * weight[i + 1];
    put_pair(out, i, form, &a, &b);
  }
  if (i < width) {
    f32x16 a;
    load(&a, x + i * 16);
    a = a * factor * weight[i];
    put_last(out, i, form, &a);
  }
}

// The mean first, then the squares about it, each in four chains.
static void layer_norm(const float *x, const float *weight, const float *bias, size_t width, float epsilon,
                       grape_operand form, void *out) {
  f32x16 sum[4], squares[4];
  for (int j = 0; j < 4; j++) {
    fill(&sum[j], 0);
    fill(&squares[j], 0);
  }
  for (size_t i = 0; i < width; i++) {
    f32x16 v;
    load(&v, x + i * 16);
    sum[i & 3] += v;
  }
  f32x16 mean = ((sum[0] + sum[1]) + (sum[2] + sum[3])) / (float)width;
  for (size_t i = 0; i < width; i++) {
    f32x16 v;
    load(&v, x + i * 16);
    v = v - mean;
    squares[i & 3] += v * v;
  }
  f32x16 variance = ((squares[0] + squares[1]) + (squares[2] + squares[3])) / (float)width + epsilon, factor;
  for (int lane = 0; lane < 16; lane++) factor[lane] = 1.0f / __builtin_sqrtf(variance[lane]);
  size_t i = 0;
  for (; i + 2 <= width; i += 2) {
    f32x16 a, b;
    load(&a, x + i * 16);
    load(&b, x + i * 16 + 16);
    a = (a - mean) * factor * weight[i];
    b = (b - mean) * factor * weight[i + 1];
    if (bias) {
      a += bias[i];
      b += bias[i + 1];
    }
    put_pair(out, i, form, &a, &b);
  }
  if (i < width) {
    f32x16 a;
    load(&a, x + i * 16);
    a = (a - mean) * factor * weight[i];
    if (bias) a += bias[i];
    put_last(out, i, form, &a);
  }
}

static void rotate(float *x, size_t half, int interleaved, const float *cosine, const float *sine) {
  for (size_t i = 0; i < half; i++) {
    float *first = x + (interleaved ? 2 * i : i) * 16, *second = interleaved ? first + 16 : first + half * 16;
    f32x16 a, b, c, s;
    load(&a, first);
    load(&b, second);
    load(&c, cosine + i * 16);
    load(&s, sine + i * 16);
    f32x16 turned = a * c - b * s, other = b * c + a * s;
    keep(first, &turned);
    keep(second, &other);
  }
}

// x * sigmoid(x * steepness).
INLINE void sigmoid_gated(f32x16 *v, const f32x16 *x, float steepness) {
  f32x16 negative = *x * -steepness, e;
  exponential(&e, &negative);
  *v = *x / (1.0f + e);
}

// One feature; `activation` is a constant wherever this is inlined.
INLINE void activated(f32x16 *v, const grape_activation activation, float alpha, float limit, const float *gate,
                      const float *up) {
  f32x16 x, u, t, zero;
  load(&x, gate);
  fill(&zero, 0);
  switch (activation) {
  case GRAPE_ACTIVATION_SILU: sigmoid_gated(v, &x, 1.0f); break;
  case GRAPE_ACTIVATION_GELU:
    t = x * 0.70710678118654752f;
    error_function(&u, &t);
    *v = x * 0.5f * (1.0f + u);
    break;
  case GRAPE_ACTIVATION_GELU_TANH:
    t = x * 0.79788456080286536f * (1.0f + x * x * 0.044715f);
    hyperbolic_tangent(&u, &t);
    *v = x * 0.5f * (1.0f + u);
    break;
  case GRAPE_ACTIVATION_GELU_SIGMOID: sigmoid_gated(v, &x, 1.702f); break;
  case GRAPE_ACTIVATION_RELU:
    *v = x;
    larger(v, &zero);
    break;
  case GRAPE_ACTIVATION_RELU_SQUARED:
    larger(&x, &zero);
    *v = x * x;
    break;
  case GRAPE_ACTIVATION_CLAMPED_SWIGLU: {
    f32x16 top, bottom;
    fill(&top, limit);
    fill(&bottom, -limit);
    i32x16 above = x > top;
    choose(&x, &above, &top, &x);
    sigmoid_gated(v, &x, alpha);
    if (!up) return;
    load(&u, up);
    above = u > top;
    choose(&u, &above, &top, &u);
    larger(&u, &bottom);
    *v = *v * (u + 1.0f);
    return;
  }
  }
  if (!up) return;
  load(&u, up);
  *v = *v * u;
}

#define ACTIVATE(ACTIVATION, UP, OFFSET)                                                     \
  do {                                                                                       \
    size_t i = 0;                                                                            \
    f32x16 a, b;                                                                             \
    for (; i + 2 <= rows; i += 2) {                                                          \
      activated(&a, ACTIVATION, alpha, limit, gate + i * 16, UP + OFFSET(i));                \
      activated(&b, ACTIVATION, alpha, limit, gate + i * 16 + 16, UP + OFFSET(i + 1));       \
      put_pair(out, first + i, form, &a, &b);                                                \
    }                                                                                        \
    if (i < rows) {                                                                          \
      activated(&a, ACTIVATION, alpha, limit, gate + i * 16, UP + OFFSET(i));                \
      put_last(out, first + i, form, &a);                                                    \
    }                                                                                        \
  } while (0)
#define EACH_FEATURE(i) ((i) * 16)
#define NO_FEATURE(i) 0

static void activate(grape_activation activation, float alpha, float limit, const float *gate, const float *up,
                     size_t rows, grape_operand form, void *out, size_t first) {
#define CASE(ACTIVATION)                                             \
  case ACTIVATION:                                                   \
    if (up) ACTIVATE(ACTIVATION, up, EACH_FEATURE);                  \
    else ACTIVATE(ACTIVATION, (const float *)NULL, NO_FEATURE);      \
    break
  switch (activation) {
    CASE(GRAPE_ACTIVATION_SILU);
    CASE(GRAPE_ACTIVATION_GELU);
    CASE(GRAPE_ACTIVATION_GELU_TANH);
    CASE(GRAPE_ACTIVATION_GELU_SIGMOID);
    CASE(GRAPE_ACTIVATION_RELU);
    CASE(GRAPE_ACTIVATION_RELU_SQUARED);
    CASE(GRAPE_ACTIVATION_CLAMPED_SWIGLU);
  }
#undef CASE
}

static void store(const float *block, const float *bias, float scale, size_t rows, float *y, int accumulate) {
  for (size_t i = 0; i < rows; i++) {
    f32x16 v, old;
    load(&v, block + i * 16);
    if (bias) v += bias[i];
    v = v * scale;
    if (accumulate) {
      load(&old, y + i * 16);
      v = old + v;
    }
    keep(y + i * 16, &v);
  }
}

static void soft_cap(float *x, size_t rows, float scale, float cap) {
  for (size_t i = 0; i < rows; i++) {
    f32x16 v, t;
    load(&v, x + i * 16);
    v = v * scale;
    if (cap > 0) {
      t = v / cap;
      hyperbolic_tangent(&v, &t);
      v = v * cap;
    }
    keep(x + i * 16, &v);
  }
}

static void collect(const void *x, size_t stride, const int32_t *rows, size_t count, size_t units, void *out) {
  const uint32_t *from = x;
  uint32_t *to = out;
  for (size_t i = 0; i < count; i++) {
    const uint32_t *lane = from + ((size_t)(rows[i] / 16) * stride) * 16 + (size_t)(rows[i] % 16);
    for (size_t unit = 0; unit < units; unit++) to[unit * 16 + i] = lane[unit * 16];
  }
}

static void add_lane(const float *x, float weight, size_t features, float *y) {
  for (size_t i = 0; i < features; i++) y[i * 16] += weight * x[i * 16];
}

// A run of positions in consecutive lanes of one tile is read a vector at a time.
static void gather(const float *x, size_t x_stride, const int32_t *rows, size_t count, size_t features, float *out,
                   size_t position_stride, size_t feature_stride) {
  for (size_t first = 0, run; first < count; first += run) {
    int32_t row = rows[first];
    for (run = 1; first + run < count && rows[first + run] == row + (int32_t)run && (row + run) % 16 != 0;) run++;
    const float *lanes = x + (size_t)(row / 16) * x_stride + (size_t)(row % 16);
    float *start = out + first * position_stride;
    for (size_t feature = 0; feature < features; feature++)
      for (size_t i = 0; i < run; i++)
        start[i * position_stride + feature * feature_stride] = lanes[feature * 16 + i];
  }
}

// MARK: softmax and log-sum-exp

// A block that every lane sees whole needs no mask; the numbers are the same.
INLINE void softmax_block(const float *scores, size_t count, float scale, int32_t first,
                          const i32x16 *last, int32_t window, float *maximum, float *sum, float *factor,
                          float *out, const int masks) {
  f32x16 old, most, hidden;
  load(&old, maximum);
  fill(&hidden, -1e30f);
  most = old;
  for (size_t j = 0; j < count; j++) {
    f32x16 v;
    load(&v, scores + j * 16);
    v = v * scale;
    if (masks) {
      i32x16 masked = ((first + (int32_t)j) > *last) | ((first + (int32_t)j) <= *last - window);
      choose(&v, &masked, &hidden, &v);
    }
    larger(&most, &v);
  }
  f32x16 change = old - most, shrink, total;
  exponential(&shrink, &change);
  load(&total, sum);
  total = total * shrink;
  for (size_t j = 0; j < count; j++) {
    f32x16 v, weight;
    load(&v, scores + j * 16);
    v = v * scale - most;
    exponential(&weight, &v);
    if (masks) {
      i32x16 masked = ((first + (int32_t)j) > *last) | ((first + (int32_t)j) <= *last - window);
      weight = (f32x16)((i32x16)weight & ~masked);
    }
    total += weight;
    keep(out + j * 16, &weight);
  }
  keep(maximum, &most);
  keep(sum, &total);
  keep(factor, &shrink);
}

static void softmax(const float *scores, size_t count, float scale, int32_t first, const int32_t *position,
                    int32_t window, float *maximum, float *sum, float *factor, float *out) {
  i32x16 last;
  __builtin_memcpy(&last, position, 64);
  int masks = 0;
  for (int lane = 0; lane < 16; lane++) masks |= position[lane] < first + (int32_t)count - 1 || position[lane] - window >= first;
  if (masks) softmax_block(scores, count, scale, first, &last, window, maximum, sum, factor, out, 1);
  else softmax_block(scores, count, scale, first, &last, window, maximum, sum, factor, out, 0);
}

static void scale(float *x, size_t rows, const float *factor) {
  f32x16 f;
  load(&f, factor);
  for (size_t i = 0; i < rows; i++) {
    f32x16 v;
    load(&v, x + i * 16);
    v = v * f;
    keep(x + i * 16, &v);
  }
}

static void divide(const float *x, size_t rows, const float *divisor, size_t begin, size_t end, float *y) {
  f32x16 d;
  load(&d, divisor);
  i32x16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  i32x16 mine = (lane >= (int32_t)begin) & (lane < (int32_t)end);
  for (size_t i = 0; i < rows; i++) {
    f32x16 v, old;
    load(&v, x + i * 16);
    load(&old, y + i * 16);
    v = v / d;
    choose(&v, &mine, &v, &old);
    keep(y + i * 16, &v);
  }
}

static void fold_logits(const float *logits, size_t rows, float *maximum, float *sum, const float *target,
                        int32_t *above) {
  f32x16 old, most, total, v;
  load(&old, maximum);
  most = old;
  for (size_t i = 0; i < rows; i++) {
    load(&v, logits + i * 16);
    larger(&most, &v);
  }
  f32x16 change = old - most, shrink, part[2];
  exponential(&shrink, &change);
  fill(&part[0], 0);
  fill(&part[1], 0);
  for (size_t i = 0; i < rows; i++) {
    load(&v, logits + i * 16);
    v = v - most;
    f32x16 e;
    exponential(&e, &v);
    part[i & 1] += e;
  }
  load(&total, sum);
  total = total * shrink + (part[0] + part[1]);
  keep(maximum, &most);
  keep(sum, &total);
  if (!above) return;
  f32x16 wanted;
  load(&wanted, target);
  i32x16 greater;
  __builtin_memcpy(&greater, above, 64);
  for (size_t i = 0; i < rows; i++) {
    load(&v, logits + i * 16);
    greater -= (i32x16)(v > wanted);
  }
  __builtin_memcpy(above, &greater, 64);
}

const grape_kernels JOIN(grape_kernels_, VARIANT) = {
    .name = VARIANT_NAME,
#if NATIVE_BF16
    .bf16_operand = GRAPE_OPERAND_PAIRS,
    .multiply_bf16 = multiply_bf16,
#else
    .bf16_operand = GRAPE_OPERAND_ROUNDED,
#endif
    .multiply_f32 = multiply_f32,
    .decode_f32 = decode_f32,
    .decode_bf16 = decode_bf16,
    .decode_microscaled = decode_microscaled,
    .pack = pack,
    .rms_norm = rms_norm,
    .rotate = rotate,
    .layer_norm = layer_norm,
    .activate = activate,
    .store = store,
    .soft_cap = soft_cap,
    .collect = collect,
    .add_lane = add_lane,
    .gather = gather,
    .softmax = softmax,
    .scale = scale,
    .divide = divide,
    .fold_logits = fold_logits,
};
