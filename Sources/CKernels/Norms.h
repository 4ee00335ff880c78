// Normalisations, rotary embedding.

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
  f32x16 mean = ((sum[0] + sum[1]) + (sum[2] + sum[3])) / (float)width + epsilon;
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
  f32x16 variance = ((squares[0] + squares[1]) + (squares[2] + squares[3])) / (float)width + epsilon;
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
