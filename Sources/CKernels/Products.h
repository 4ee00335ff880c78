// Products of weight rows with lane tiles. A register block is MICRO_ROWS rows by MICRO_TILES tiles.

// Puts a chain's sum where it belongs.
INLINE void finish(float *to, const f32x16 *sum, grape_update update) {
  f32x16 old = *sum;
  if (update == GRAPE_UPDATE_ADD) {
    load(&old, to);
    old = old + *sum;
  }
  keep(to, &old);
}

INLINE void micro_f32(const float *w, size_t w_stride, const float *x, size_t x_stride, size_t width, float *c,
                      size_t c_stride, grape_update update, const int rows, const int tiles) {
  f32x16 sum[16][3];
  UNROLL for (int r = 0; r < rows; r++) UNROLL for (int t = 0; t < tiles; t++) {
    if (update == GRAPE_UPDATE_CONTINUE) load(&sum[r][t], c + t * c_stride + r * 16);
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
    finish(c + t * c_stride + r * 16, &sum[r][t], update);
}

#if NATIVE_BF16
// Adds the products of one pair of weights with a pair of features in each of sixteen lanes.
INLINE void add_pair_products(f32x16 *sum, uint32_t pair, const u16x32 *x) {
#if defined(__x86_64__)
  *sum = (f32x16)_mm512_dpbf16_ps((__m512)*sum, (__m512bh)_mm512_set1_epi32((int32_t)pair), (__m512bh)*x);
#else
  float32x4_t part[4];
  bfloat16x8_t xs[4], a = vreinterpretq_bf16_u32(vdupq_n_u32(pair));
  __builtin_memcpy(part, sum, 64);
  __builtin_memcpy(xs, x, 64);
  UNROLL for (int i = 0; i < 4; i++) part[i] = vbfdotq_f32(part[i], a, xs[i]);
  __builtin_memcpy(sum, part, 64);
#endif
}

INLINE void micro_bf16(const uint16_t *w, size_t w_stride, const uint16_t *x, size_t x_stride, size_t pairs,
                       float *c, size_t c_stride, grape_update update, const int rows, const int tiles) {
  f32x16 sum[16][3];
  UNROLL for (int r = 0; r < rows; r++) UNROLL for (int t = 0; t < tiles; t++) {
    if (update == GRAPE_UPDATE_CONTINUE) load(&sum[r][t], c + t * c_stride + r * 16);
    else fill(&sum[r][t], 0);
  }
  for (size_t k = 0; k < pairs; k++) {
    u16x32 xs[3];
    UNROLL for (int t = 0; t < tiles; t++) __builtin_memcpy(&xs[t], x + t * x_stride + k * 32, 64);
    UNROLL for (int r = 0; r < rows; r++) {
      uint32_t pair;
      __builtin_memcpy(&pair, w + r * w_stride + 2 * k, 4);
      UNROLL for (int t = 0; t < tiles; t++) add_pair_products(&sum[r][t], pair, &xs[t]);
    }
  }
  UNROLL for (int r = 0; r < rows; r++) UNROLL for (int t = 0; t < tiles; t++)
    finish(c + t * c_stride + r * 16, &sum[r][t], update);
}
#endif

// Cuts rows x tiles into register blocks of as many rows as there are, and as many tiles.
#define EACH_ROWS(MICRO, ROWS, TILES)                                                                     \
  for (; r + (ROWS) <= rows; r += (ROWS))                                                                 \
    MICRO(w + r * w_stride, w_stride, x + t * x_stride, x_stride, depth, c + t * c_stride + r * 16, c_stride, \
          update, ROWS, TILES)

#define CUT_ROWS(MICRO, MOST, TILES)       \
  do {                                     \
    size_t r = 0;                          \
    EACH_ROWS(MICRO, MOST, TILES);         \
    EACH_ROWS(MICRO, MICRO_ROWS, TILES);   \
    EACH_ROWS(MICRO, 4, TILES);            \
    EACH_ROWS(MICRO, 1, TILES);            \
    t += (TILES);                          \
  } while (0)

#if MICRO_TILES == 3
// Four tiles are two pairs. One tile takes twice the rows, for enough chains of sums to keep the multipliers busy.
#define MOST_ROWS (2 * MICRO_ROWS)
#define CUT(MICRO)                                                                     \
  for (size_t t = 0; t < tiles;) {                                                     \
    if (tiles - t == 1) CUT_ROWS(MICRO, MOST_ROWS, 1);                                 \
    else if (tiles - t == 2 || tiles - t == 4) CUT_ROWS(MICRO, MICRO_ROWS, 2);         \
    else CUT_ROWS(MICRO, MICRO_ROWS, 3);                                               \
  }
#else
#define MOST_ROWS MICRO_ROWS
#define CUT(MICRO) \
  for (size_t t = 0; t < tiles;) CUT_ROWS(MICRO, MICRO_ROWS, 1)
#endif

static void multiply_f32(const float *w, size_t w_stride, size_t rows, const float *x, size_t x_stride,
                         size_t tiles, size_t depth, float *c, size_t c_stride, grape_update update) {
  CUT(micro_f32);
}

#if NATIVE_BF16
static void multiply_bf16(const uint16_t *w, size_t w_stride, size_t rows, const uint16_t *x, size_t x_stride,
                          size_t tiles, size_t depth, float *c, size_t c_stride, grape_update update) {
  CUT(micro_bf16);
}
#endif
