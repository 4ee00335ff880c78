// Operand tiles: features rounded, paired and laid out as the products read them, and lanes moved between tiles.

// Writes features `first` and `first + 1` (a, b) of an operand tile; `first` is even.
INLINE void put_pair(void *out, size_t first, grape_operand form, const f32x16 *a, const f32x16 *b) {
  if (form == GRAPE_OPERAND_F32) {
    keep((float *)out + first * 16, a);
    keep((float *)out + first * 16 + 16, b);
    return;
  }
#if NATIVE_BF16 && defined(__x86_64__)
  if (form == GRAPE_OPERAND_PAIRS) {
    // Both narrowed end to end, then their halves interleaved. Subnormal numbers become zero here.
    const __m512i turns = (__m512i)(u16x32){0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                            8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    __m512i narrow = (__m512i)_mm512_cvtne2ps_pbh((__m512)*b, (__m512)*a);
    _mm512_storeu_si512((uint16_t *)out + first * 16, _mm512_permutexvar_epi16(turns, narrow));
    return;
  }
#endif
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

// rows[i][lane] and rows[lane][i] change places: four times, the rows of one half go between those of the other.
INLINE void transpose(f32x16 rows[16]) {
  UNROLL for (int turn = 0; turn < 4; turn++) {
    f32x16 next[16];
    UNROLL for (int i = 0; i < 8; i++) {
      f32x16 a = rows[i], b = rows[i + 8];
      next[2 * i] = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      next[2 * i + 1] = __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    UNROLL for (int i = 0; i < 16; i++) rows[i] = next[i];
  }
}

// A run of positions in consecutive lanes of one tile is read a vector at a time, and where it is the whole tile written
// so, too.
static void gather(const float *x, size_t x_stride, const int32_t *rows, size_t count, size_t features, float *out,
                   size_t position_stride, size_t feature_stride) {
  for (size_t first = 0, run; first < count; first += run) {
    int32_t row = rows[first];
    for (run = 1; first + run < count && rows[first + run] == row + (int32_t)run && (row + run) % 16 != 0;) run++;
    const float *lanes = x + (size_t)(row / 16) * x_stride + (size_t)(row % 16);
    float *start = out + first * position_stride;
    size_t feature = 0;
    if (run == 16 && feature_stride == 1)
      for (; feature + 16 <= features; feature += 16) {
        f32x16 part[16];
        UNROLL for (int i = 0; i < 16; i++) load(&part[i], lanes + (feature + i) * 16);
        transpose(part);
        UNROLL for (int i = 0; i < 16; i++) keep(start + i * position_stride + feature, &part[i]);
      }
    if (run == 16 && position_stride == 1)
      for (; feature < features; feature++) __builtin_memcpy(start + feature * feature_stride, lanes + feature * 16, 64);
    for (; feature < features; feature++)
      for (size_t i = 0; i < run; i++)
        start[i * position_stride + feature * feature_stride] = lanes[feature * 16 + i];
  }
}
