// Products of 8-bit integers; `CKernels.h` describes their operands and weights. A dot product of a block is exact in
// 32 bits, so that neither the instruction that computes it nor the order of its sum shows.
//
// A variant defines
//   INT8_BYTES          the width of its registers
//   INT8_ROWS, _TILES   the register block; INT8_ROWS divides GRAPE_INT8_GROUP
//   INT8_DOT            (sum, x, w): sum plus the dot products of unsigned bytes x and signed bytes w, four to a
//                       lane; or nothing where there is no such instruction
//   INT8_MADD           (x, w): the dot products of signed 16-bit numbers, two to a lane; or nothing

#define INT8_QUADS (GRAPE_INT8_BLOCK / 4)
#define INT8_PARTS (64 / INT8_BYTES)
// Bytes of a block of an operand tile: codes, and a scale a lane.
#define INT8_BLOCK_BYTES (GRAPE_INT8_BLOCK * 16 + 64)

typedef int32_t i32s __attribute__((vector_size(INT8_BYTES)));
typedef uint32_t u32s __attribute__((vector_size(INT8_BYTES)));
typedef float f32s __attribute__((vector_size(INT8_BYTES)));

// Four bytes a lane, as the dot product of the variant wants them.
typedef struct {
#ifdef INT8_DOT
  i32s all;
#else
  i32s even, odd;  // widened to 16 bits
#endif
} quads;

INLINE void load_quads(quads *x, const uint8_t *p) {
  i32s v;
  __builtin_memcpy(&v, p, INT8_BYTES);
#ifdef INT8_DOT
  x->all = v;
#else
  x->even = v & 0x00FF00FF;
  x->odd = (i32s)((u32s)v >> 8) & 0x00FF00FF;
#endif
}

INLINE void fill_quads(quads *w, const int8_t *p) {
#ifdef INT8_DOT
  int32_t four;
  __builtin_memcpy(&four, p, 4);
  w->all = (i32s){0} + four;
#else
  uint32_t even = (uint16_t)p[0] | (uint32_t)(uint16_t)p[2] << 16;
  uint32_t odd = (uint16_t)p[1] | (uint32_t)(uint16_t)p[3] << 16;
  w->even = (i32s){0} + (int32_t)even;
  w->odd = (i32s){0} + (int32_t)odd;
#endif
}

#if !defined(INT8_DOT) && !defined(INT8_MADD)
INLINE void madd(i32s *sum, const i32s *x, const i32s *w) {
  // Activations are positive, and so are what their upper halves become.
  *sum += (*x & 0xFFFF) * ((*w << 16) >> 16) + (*x >> 16) * (*w >> 16);
}
#endif

INLINE void dot(i32s *sum, const quads *x, const quads *w) {
#if defined(INT8_DOT)
  *sum = (i32s)INT8_DOT(*sum, x->all, w->all);
#elif defined(INT8_MADD)
  *sum += (i32s)INT8_MADD(x->even, w->even);
  *sum += (i32s)INT8_MADD(x->odd, w->odd);
#else
  madd(sum, &x->even, &w->even);
  madd(sum, &x->odd, &w->odd);
#endif
}

// Rows whose sums are kept on the way from block to block.
#define INT8_SLAB 64

// One block of INT8_ROWS rows times `tiles` tiles, added to the sums so far. The last block's sums are scaled and go to
// c, `left` rows of them.
INLINE void micro_int8(const int8_t *w, const int16_t *offsets, const float *scales, const uint8_t *x,
                       size_t x_stride, float *sums, int is_first, int is_last, size_t left, float *c, size_t c_stride,
                       grape_update update, const int tiles) {
  i32s sum[INT8_ROWS][INT8_TILES][INT8_PARTS];
  // Activations are stored with 128 added.
  UNROLL for (int r = 0; r < INT8_ROWS; r++) UNROLL for (int t = 0; t < tiles; t++)
    UNROLL for (int p = 0; p < INT8_PARTS; p++) sum[r][t][p] = (i32s){0} + -128 * offsets[r];
  for (size_t k = 0; k < INT8_QUADS; k++) {
    quads xs[INT8_TILES][INT8_PARTS];
    UNROLL for (int t = 0; t < tiles; t++) UNROLL for (int p = 0; p < INT8_PARTS; p++)
      load_quads(&xs[t][p], x + t * x_stride + k * 64 + p * INT8_BYTES);
    UNROLL for (int r = 0; r < INT8_ROWS; r++) {
      quads a;
      fill_quads(&a, w + r * GRAPE_INT8_BLOCK + 4 * k);
      UNROLL for (int t = 0; t < tiles; t++) UNROLL for (int p = 0; p < INT8_PARTS; p++)
        dot(&sum[r][t][p], &xs[t][p], &a);
    }
  }
  UNROLL for (int t = 0; t < tiles; t++) UNROLL for (int p = 0; p < INT8_PARTS; p++) {
    f32s scale;
    __builtin_memcpy(&scale, x + t * x_stride + GRAPE_INT8_BLOCK * 16 + p * INT8_BYTES, INT8_BYTES);
    UNROLL for (int r = 0; r < INT8_ROWS; r++) {
      const size_t at = r * 16 + p * (INT8_BYTES / 4);
      float *before = sums + t * INT8_SLAB * 16 + at, *to = c + t * c_stride + at;
      f32s old = {0}, v = __builtin_convertvector(sum[r][t][p], f32s);
      if (!is_first) __builtin_memcpy(&old, before, INT8_BYTES);
      v = v * scale + old;
      if (!is_last) {
        __builtin_memcpy(before, &v, INT8_BYTES);
      } else if ((size_t)r < left) {
        v = v * scales[r];
        if (update == GRAPE_UPDATE_ADD) {
          __builtin_memcpy(&old, to, INT8_BYTES);
          v = old + v;
        }
        __builtin_memcpy(to, &v, INT8_BYTES);
      }
    }
  }
}

// Block by block: a block of the tiles stays in the nearest cache for all rows, and the sums with it.
INLINE void slab_int8(const grape_int8_weights *w, size_t group, size_t rows, const uint8_t *x, size_t x_stride,
                      float *c, size_t c_stride, grape_update update, const int tiles) {
  float sums[INT8_TILES * INT8_SLAB * 16] __attribute__((aligned(64)));
  for (size_t b = 0; b < w->blocks; b++)
    for (size_t r = 0; r < rows; r += INT8_ROWS) {
      size_t block = (group + r / GRAPE_INT8_GROUP) * w->blocks + b;
      size_t row = block * GRAPE_INT8_GROUP + r % GRAPE_INT8_GROUP;
      micro_int8(w->codes + row * GRAPE_INT8_BLOCK, w->sums + row, w->scales + group * GRAPE_INT8_GROUP + r,
                 x + b * INT8_BLOCK_BYTES, x_stride, sums + r * 16, b == 0, b + 1 == w->blocks, rows - r, c + r * 16,
                 c_stride, update, tiles);
    }
}

static void multiply_int8(const grape_int8_weights *w, size_t group, size_t rows, const void *x, size_t x_stride,
                          size_t tiles, float *c, size_t c_stride, grape_update update) {
  for (size_t first = 0; first < rows; first += INT8_SLAB) {
    const size_t count = rows - first < INT8_SLAB ? rows - first : INT8_SLAB;
    const size_t at = group + first / GRAPE_INT8_GROUP;
    for (size_t t = 0; t < tiles;) {
      const uint8_t *tile = (const uint8_t *)x + t * x_stride;
      float *to = c + t * c_stride + first * 16;
      size_t take = tiles - t < INT8_TILES ? tiles - t : INT8_TILES;
      if (take == 1) slab_int8(w, at, count, tile, x_stride, to, c_stride, update, 1);
#if INT8_TILES > 1
      if (take == 2) slab_int8(w, at, count, tile, x_stride, to, c_stride, update, 2);
#endif
#if INT8_TILES > 2
      if (take == 3) slab_int8(w, at, count, tile, x_stride, to, c_stride, update, 3);
#endif
      t += take;
    }
  }
}

// What a block's codes are multiplied by to be its numbers, and its inverse. A lane with a number that is not finite
// gets a scale that is none either; one of nothing but (nearly) zeros gets zero.
INLINE void block_scale(f32x16 *scale, f32x16 *inverse, const float *x, size_t count) {
  // The bits of positive numbers are in their order, and those of infinities and NaN behind them all.
  i32x16 most = {0};
  for (size_t i = 0; i < count; i++) {
    i32x16 v;
    __builtin_memcpy(&v, x + i * 16, 64);
    most = __builtin_elementwise_max(most, v & 0x7FFFFFFF);
  }
  f32x16 largest = (f32x16)most, least;
  fill(&least, 1e-30f);
  i32x16 is_finite = most < 0x7F800000, is_something = largest > least;
  *scale = (f32x16)(((i32x16)(largest / 127.0f) & is_something) | ~is_finite);
  *inverse = (f32x16)((i32x16)(127.0f / largest) & is_something & is_finite);
}

// Products and sums are rounded apart here, so that codes are the same in every variant.
static void quantize(const float *x, size_t width, void *out) {
#pragma clang fp contract(off)
  const float magic = 12582912.0f + 128;  // 1.5 * 2^23: adding it rounds to an integer in the low bits
  uint8_t *to = out;
  for (size_t first = 0; first < width; first += GRAPE_INT8_BLOCK, to += INT8_BLOCK_BYTES) {
    size_t count = width - first < GRAPE_INT8_BLOCK ? width - first : GRAPE_INT8_BLOCK;
    const float *block = x + first * 16;
    f32x16 scale, inverse;
    block_scale(&scale, &inverse, block, count);
    for (size_t quad = 0; quad < INT8_QUADS; quad++) {
      u32x16 four = {0};
      for (size_t j = 0; j < 4; j++) {
        f32x16 v;
        fill(&v, 0);
        if (4 * quad + j < count) load(&v, block + (4 * quad + j) * 16);
        v = v * inverse;
        v = v + magic;
        four |= ((u32x16)v & 0xFF) << (8 * j);
      }
      __builtin_memcpy(to + quad * 64, &four, 64);
    }
    keep((float *)(to + GRAPE_INT8_BLOCK * 16), &scale);
  }
}

static void quantize_row(const float *row, size_t width, int8_t *codes, int16_t *sums, float *scale) {
#pragma clang fp contract(off)
  const float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer in the low bits
  // The bits of positive numbers are in their order, and those of infinities and NaN behind them all.
  i32x16 most = {0};
  int32_t bits = 0;
  size_t whole = width / 16 * 16;
  for (size_t i = 0; i < whole; i += 16) {
    i32x16 v;
    __builtin_memcpy(&v, row + i, 64);
    most = __builtin_elementwise_max(most, v & 0x7FFFFFFF);
  }
  bits = __builtin_reduce_max(most);
  for (size_t i = whole; i < width; i++) {
    int32_t v;
    __builtin_memcpy(&v, row + i, 4);
    bits = (v & 0x7FFFFFFF) > bits ? v & 0x7FFFFFFF : bits;
  }
  float largest;
  __builtin_memcpy(&largest, &bits, 4);
  const int is_something = bits < 0x7F800000 && largest > 1e-30f;
  const float inverse = is_something ? 127.0f / largest : 0;
  *scale = bits >= 0x7F800000 ? __builtin_nanf("") : is_something ? largest / 127.0f : 0;
  for (size_t first = 0; first < width; first += GRAPE_INT8_BLOCK) {
    float last[GRAPE_INT8_BLOCK] = {0};
    const float *block = row + first;
    if (width - first < GRAPE_INT8_BLOCK) {
      __builtin_memcpy(last, block, (width - first) * 4);
      block = last;
    }
    i32x16 sum = {0};
    UNROLL for (size_t i = 0; i < GRAPE_INT8_BLOCK; i += 16) {
      f32x16 v;
      load(&v, block + i);
      v = v * inverse;
      v = v + magic;
      i32x16 code = (i32x16)v - 0x4B400000;
      sum += code;
      i8x16 narrow = __builtin_convertvector(code, i8x16);
      __builtin_memcpy(codes + i, &narrow, 16);
    }
    *sums = (int16_t)__builtin_reduce_add(sum);
    codes += GRAPE_INT8_GROUP * GRAPE_INT8_BLOCK;
    sums += GRAPE_INT8_GROUP;
  }
}
