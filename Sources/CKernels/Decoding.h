// Weights in their files' encodings to numbers.

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

// Sixteen bytes' low and high halves, each in bytes of its own.
INLINE void load_nibbles(u8x16 nibbles[2], const uint8_t *p) {
  u8x16 q;
  __builtin_memcpy(&q, p, 16);
  nibbles[0] = q & 15;
  nibbles[1] = q >> 4;
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

// The levels of the IQ4 types, denser about zero.
static const float nonlinear_levels[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

INLINE void nonlinear(f32x16 *v, const u8x16 *q) {
  for (int j = 0; j < 16; j++) (*v)[j] = nonlinear_levels[(*q)[j]];
}

// Bit `first` + j of `bits` in lane j, times 16: the fifth bits of 16 weights.
INLINE void fifth_bits(u8x16 *out, uint32_t bits, int first) {
  const u32x16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  u32x16 v = (u32x16){0} + (bits >> first);
  *out = __builtin_convertvector(((v >> lane) & 1) << 4, u8x16);
}

// The 6-bit scale and minimum of sub-block j from the 12 bytes that Q4_K and Q5_K pack them into.
INLINE void scale_and_minimum(const uint8_t *packed, int j, float *scale, float *minimum) {
  if (j < 4) {
    *scale = (float)(packed[j] & 63);
    *minimum = (float)(packed[j + 4] & 63);
  } else {
    *scale = (float)((packed[j + 4] & 15) | (packed[j - 4] >> 6) << 4);
    *minimum = (float)((packed[j + 4] >> 4) | (packed[j] >> 6) << 4);
  }
}

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
      u8x16 nibbles[2];
      load_nibbles(nibbles, row + 2);
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
      u8x16 nibbles[2];
      load_nibbles(nibbles, row + 4);
      for (int half = 0; half < 2; half++) {
        f32x16 v;
        bytes_to_floats(&v, &nibbles[half]);
        v = v * d;
        v = v + m;
        emit(out, to_bf16, i + 16 * half, &v);
      }
    }
    break;
  case GRAPE_WEIGHTS_Q5_0:
  case GRAPE_WEIGHTS_Q5_1: {
    // Two bytes of scale and, in Q5_1, two of minimum; 32 fifth bits; 16 bytes of low nibbles.
    const int has_minimum = type == GRAPE_WEIGHTS_Q5_1;
    for (; i + 32 <= count; i += 32, row += has_minimum ? 24 : 22) {
      float d = half_to_float(row), m = has_minimum ? half_to_float(row + 2) : 0;
      const uint8_t *codes = row + (has_minimum ? 4 : 2);
      uint32_t high;
      u8x16 q;
      __builtin_memcpy(&high, codes, 4);
      __builtin_memcpy(&q, codes + 4, 16);
      for (int half = 0; half < 2; half++) {
        u8x16 fifth, five = half ? q >> 4 : q & 15;
        fifth_bits(&fifth, high, 16 * half);
        five |= fifth;
        f32x16 v;
        bytes_to_floats(&v, &five);
        if (has_minimum) {
          v = v * d;
          v = v + m;
        } else {
          v = (v - 16.0f) * d;
        }
        emit(out, to_bf16, i + 16 * half, &v);
      }
    }
    break;
  }
  case GRAPE_WEIGHTS_IQ4_NL:
    for (; i + 32 <= count; i += 32, row += 18) {
      float d = half_to_float(row);
      u8x16 nibbles[2];
      load_nibbles(nibbles, row + 2);
      for (int half = 0; half < 2; half++) {
        f32x16 v;
        nonlinear(&v, &nibbles[half]);
        v = v * d;
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
  case GRAPE_WEIGHTS_Q2_K:
    // 16 bytes of scales and minima, 64 of bit pairs, the scale of scales and that of minima.
    for (; i + 256 <= count; i += 256, row += 84) {
      float d = half_to_float(row + 80), dmin = half_to_float(row + 82);
      for (int half = 0; half < 2; half++)
        for (int quarter = 0; quarter < 4; quarter++)
          for (int part = 0; part < 2; part++) {
            uint8_t scale = row[8 * half + 2 * quarter + part];
            u8x16 q;
            __builtin_memcpy(&q, row + 16 + 32 * half + 16 * part, 16);
            q = (q >> (2 * quarter)) & 3;
            f32x16 v;
            bytes_to_floats(&v, &q);
            v = v * (d * (float)(scale & 15));
            v = v - dmin * (float)(scale >> 4);
            emit(out, to_bf16, i + 128 * half + 32 * quarter + 16 * part, &v);
          }
    }
    break;
  case GRAPE_WEIGHTS_Q3_K:
    // 32 bytes of third bits, 64 of bit pairs, 12 of 6-bit scales, and the scale of scales.
    for (; i + 256 <= count; i += 256, row += 110) {
      float d = half_to_float(row + 108);
      for (int half = 0; half < 2; half++)
        for (int quarter = 0; quarter < 4; quarter++)
          for (int part = 0; part < 2; part++) {
            int group = 8 * half + 2 * quarter + part;
            int scale = (row[96 + group % 8] >> (4 * half)) & 15;
            scale |= ((row[104 + group % 4] >> (group / 4 * 2)) & 3) << 4;
            u8x16 low, third;
            __builtin_memcpy(&low, row + 32 + 32 * half + 16 * part, 16);
            __builtin_memcpy(&third, row + 16 * part, 16);
            low = (low >> (2 * quarter)) & 3;
            third = ((third >> (4 * half + quarter)) & 1) << 2;
            i8x16 q = (i8x16)(low | third) - 4;
            f32x16 v;
            signed_bytes_to_floats(&v, &q);
            v = v * (d * (float)(scale - 32));
            emit(out, to_bf16, i + 128 * half + 32 * quarter + 16 * part, &v);
          }
    }
    break;
  case GRAPE_WEIGHTS_Q4_K:
  case GRAPE_WEIGHTS_Q5_K: {
    // The scale of scales and that of minima, 12 bytes of both, in Q5_K 32 of fifth bits, 128 of low nibbles.
    const int has_fifth = type == GRAPE_WEIGHTS_Q5_K;
    for (; i + 256 <= count; i += 256, row += has_fifth ? 176 : 144) {
      float d = half_to_float(row), dmin = half_to_float(row + 2), scale, minimum;
      const uint8_t *nibbles = row + (has_fifth ? 48 : 16);
      for (int j = 0; j < 8; j++) {
        scale_and_minimum(row + 4, j, &scale, &minimum);
        for (int part = 0; part < 2; part++) {
          u8x16 q, fifth;
          __builtin_memcpy(&q, nibbles + 32 * (j / 2) + 16 * part, 16);
          q = j % 2 ? q >> 4 : q & 15;
          if (has_fifth) {
            __builtin_memcpy(&fifth, row + 16 + 16 * part, 16);
            q |= ((fifth >> j) & 1) << 4;
          }
          f32x16 v;
          bytes_to_floats(&v, &q);
          v = v * (d * scale);
          v = v - dmin * minimum;
          emit(out, to_bf16, i + 32 * j + 16 * part, &v);
        }
      }
    }
    break;
  }
  case GRAPE_WEIGHTS_IQ4_XS:
    // The scale of scales, 16 bits and 4 bytes of 6-bit scales, 128 bytes of nibbles.
    for (; i + 256 <= count; i += 256, row += 136) {
      float d = half_to_float(row);
      uint16_t high;
      __builtin_memcpy(&high, row + 2, 2);
      for (int j = 0; j < 8; j++) {
        int scale = ((row[4 + j / 2] >> (j % 2 * 4)) & 15) | ((high >> (2 * j)) & 3) << 4;
        u8x16 nibbles[2];
        load_nibbles(nibbles, row + 8 + 16 * j);
        for (int half = 0; half < 2; half++) {
          f32x16 v;
          nonlinear(&v, &nibbles[half]);
          v = v * (d * (float)(scale - 32));
          emit(out, to_bf16, i + 32 * j + 16 * half, &v);
        }
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
