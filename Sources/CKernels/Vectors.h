// Vectors of sixteen numbers and the functions of them that the kernels share. One is an AVX-512 register, two AVX2 or
// four NEON or SSE ones: the compiler's vector extension cuts them.

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)

typedef float f32x16 __attribute__((ext_vector_type(16)));
typedef int32_t i32x16 __attribute__((ext_vector_type(16)));
typedef uint32_t u32x16 __attribute__((ext_vector_type(16)));
typedef uint16_t u16x16 __attribute__((ext_vector_type(16)));
typedef uint16_t u16x32 __attribute__((ext_vector_type(32)));
typedef uint8_t u8x16 __attribute__((ext_vector_type(16)));
typedef int8_t i8x16 __attribute__((ext_vector_type(16)));

// Vectors are passed by pointer only, so that no calling convention depends on the instruction set.
INLINE void load(f32x16 *v, const float *p) { __builtin_memcpy(v, p, 64); }
INLINE void keep(float *p, const f32x16 *v) { __builtin_memcpy(p, v, 64); }
INLINE void fill(f32x16 *v, float a) { *v = (f32x16)a; }

// chosen = mask ? a : b, lane by lane.
INLINE void choose(f32x16 *chosen, const i32x16 *mask, const f32x16 *a, const f32x16 *b) {
  *chosen = *mask ? *a : *b;
}

INLINE void larger(f32x16 *v, const f32x16 *a) { *v = *a > *v ? *a : *v; }
INLINE void smaller(f32x16 *v, const f32x16 *a) { *v = *a < *v ? *a : *v; }

// e^x for x from -87 to 88, to about two units in the last place near 0 and some ten at the ends, and exactly 1 at 0:
// 2^t about the integer n next to t.
INLINE void exponential_in_range(f32x16 *y, const f32x16 *x) {
  const float bits = 1.44269504088896341f;  // log2(e)
  const float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer in the low bits
  f32x16 shifted = *x * bits + magic;
  f32x16 n = shifted - magic;
  f32x16 r = *x * bits - n;
  // The polynomial of least relative error, 1e-7 for |r| <= 1/2, among those of its degree that are 1 at 0 (Remez).
  f32x16 p = r * 1.3264727e-3f + 9.6715126e-3f;
  p = p * r + 5.5507337e-2f;
  p = p * r + 2.4022242e-1f;
  p = p * r + 6.9314698e-1f;
  p = p * r + 1.0f;
  // The low bits of magic are zeros behind the shift.
  *y = (f32x16)((u32x16)p + ((u32x16)shifted << 23));
}

// e^x for any x, 0 below -86.6, and e^88 above 88.
INLINE void exponential(f32x16 *y, const f32x16 *argument) {
  f32x16 x = *argument, least, most;
  fill(&least, -86.6f);
  fill(&most, 88.0f);
  i32x16 vanishes = x < least;
  larger(&x, &least);
  smaller(&x, &most);
  exponential_in_range(&x, &x);
  *y = (f32x16)((i32x16)x & ~vanishes);
}

// e^x for x <= 0, where less than 1e-37 may be that much. What greater x give is of no use.
INLINE void exponential_below_one(f32x16 *y, const f32x16 *argument) {
  f32x16 x = *argument, least;
  fill(&least, -87.0f);
  larger(&x, &least);
  exponential_in_range(y, &x);
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
