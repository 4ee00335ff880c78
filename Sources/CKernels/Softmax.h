// Softmax and log-sum-exp.

// A block that every lane sees whole needs no mask; the numbers are the same.
INLINE void softmax_block(const float *scores, size_t count, float scale, int32_t first,
                          const i32x16 *last, int32_t window, float *maximum, float *sum, float *factor,
                          grape_operand form, void *out, const int masks) {
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
  for (size_t j = 0; j < count; j += 2) {
    f32x16 weights[2];
    for (size_t i = 0; i < 2 && j + i < count; i++) {
      f32x16 v;
      load(&v, scores + (j + i) * 16);
      v = v * scale - most;
      exponential(&weights[i], &v);
      if (masks) {
        int32_t key = first + (int32_t)(j + i);
        i32x16 masked = (key > *last) | (key <= *last - window);
        weights[i] = (f32x16)((i32x16)weights[i] & ~masked);
      }
      total += weights[i];
    }
    if (j + 1 < count) put_pair(out, j, form, &weights[0], &weights[1]);
    else put_last(out, j, form, &weights[0]);
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
