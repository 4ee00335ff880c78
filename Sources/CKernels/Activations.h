// The non-linear functions of feed-forwards.

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
