// Normalisations, rotary embedding.

// The sum of each lane's numbers less `mean`, or of their squares: in four chains, so that a wide layer's sum loses no
// more than a narrow one's.
INLINE void sum_features(f32x16 *total, const float *x, size_t width, const f32x16 *mean, const int squares) {
  f32x16 sum[4];
  UNROLL for (int j = 0; j < 4; j++) fill(&sum[j], 0);
  for (size_t i = 0; i < width; i += 4) {
    UNROLL for (int j = 0; j < 4; j++) {
      f32x16 v;
      if (i + (size_t)j >= width) break;
      load(&v, x + (i + (size_t)j) * 16);
      v = v - *mean;
      sum[j] += squares ? v * v : v;
    }
  }
  *total = (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static void rms_norm(const float *x, const float *weight, size_t width, float epsilon, grape_operand form,
                     void *out) {
  f32x16 none, squares;
  fill(&none, 0);
  sum_features(&squares, x, width, &none, 1);
  f32x16 mean = squares / (float)width + epsilon;
  f32x16 factor = 1.0f / __builtin_elementwise_sqrt(mean);
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

static void layer_norm(const float *x, const float *weight, const float *bias, size_t width, float epsilon,
                       grape_operand form, void *out) {
  f32x16 mean, squares;
  fill(&mean, 0);
  sum_features(&mean, x, width, &mean, 0);
  mean = mean / (float)width;
  sum_features(&squares, x, width, &mean, 1);
  f32x16 variance = squares / (float)width + epsilon;
  f32x16 factor = 1.0f / __builtin_elementwise_sqrt(variance);
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
