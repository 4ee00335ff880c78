// Softmax and log-sum-exp.

// One key's weight, 0 where it is masked; its bits are the same with and without masks.
INLINE void softmax_weight(f32x16 *weight, const float *score, float scale, const f32x16 *most, int32_t key,
                           const i32x16 *last, int32_t window, const int masks) {
  f32x16 v;
  load(&v, score);
  v = v * scale - *most;
  exponential_below_one(weight, &v);
  if (!masks) return;
  i32x16 masked = (key > *last) | (key <= *last - window);
  *weight = (f32x16)((i32x16)*weight & ~masked);
}

// A block that every lane sees whole needs no mask.
INLINE void softmax_block(const float *scores, size_t count, float scale, int32_t first,
                          const i32x16 *last, int32_t window, float *maximum, float *sum, float *factor,
                          grape_operand form, void *out, const int masks) {
  f32x16 old, most, hidden, change, shrink, total, maxima[4];
  load(&old, maximum);
  fill(&hidden, -1e30f);
  UNROLL for (int i = 0; i < 4; i++) maxima[i] = old;
  for (size_t j = 0; j < count; j += 4) {
    UNROLL for (int i = 0; i < 4; i++) {
      f32x16 v;
      if (j + (size_t)i >= count) break;
      load(&v, scores + (j + (size_t)i) * 16);
      v = v * scale;
      int32_t key = first + (int32_t)j + i;
      if (masks) {
        i32x16 masked = (key > *last) | (key <= *last - window);
        choose(&v, &masked, &hidden, &v);
      }
      larger(&maxima[i], &v);
    }
  }
  larger(&maxima[0], &maxima[1]);
  larger(&maxima[2], &maxima[3]);
  most = maxima[0];
  larger(&most, &maxima[2]);
  change = old - most;
  exponential_below_one(&shrink, &change);
  load(&total, sum);
  total = total * shrink;
  size_t j = 0;
  for (; j + 2 <= count; j += 2) {
    f32x16 a, b;
    softmax_weight(&a, scores + j * 16, scale, &most, first + (int32_t)j, last, window, masks);
    softmax_weight(&b, scores + j * 16 + 16, scale, &most, first + (int32_t)j + 1, last, window, masks);
    total += a;
    total += b;
    put_pair(out, j, form, &a, &b);
  }
  if (j < count) {
    f32x16 a;
    softmax_weight(&a, scores + j * 16, scale, &most, first + (int32_t)j, last, window, masks);
    total += a;
    put_last(out, j, form, &a);
  }
  keep(maximum, &most);
  keep(sum, &total);
  keep(factor, &shrink);
}

static void softmax(const float *scores, size_t count, float scale, int32_t first, const int32_t *position,
                    int32_t window, float *maximum, float *sum, float *factor, grape_operand form, void *out) {
  i32x16 last;
  __builtin_memcpy(&last, position, 64);
  int masks = 0;
  for (int lane = 0; lane < 16; lane++) masks |= position[lane] < first + (int32_t)count - 1 || position[lane] - window >= first;
  if (masks) softmax_block(scores, count, scale, first, &last, window, maximum, sum, factor, form, out, 1);
  else softmax_block(scores, count, scale, first, &last, window, maximum, sum, factor, form, out, 0);
}

static void scale(float *x, size_t rows, const float *factor) {
  f32x16 f;
  load(&f, factor);
  int changes = 0;
  for (int lane = 0; lane < 16; lane++) changes |= factor[lane] != 1.0f;
  if (!changes) return;
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
  exponential_below_one(&shrink, &change);
  fill(&part[0], 0);
  fill(&part[1], 0);
  for (size_t i = 0; i < rows; i++) {
    load(&v, logits + i * 16);
    v = v - most;
    f32x16 e;
    exponential_below_one(&e, &v);
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
