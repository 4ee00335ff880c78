// Checks a table of kernels against double precision, without Swift: for machines that are only emulated.
// Usage: kernels NAME; exit status 1 when a number is wrong or the machine has no kernels called NAME.
#include "CKernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LANES GRAPE_LANES

static int failures;

static void check(int holds, const char *what, double ours, double theirs) {
  if (holds) return;
  if (failures++ < 20) fprintf(stderr, "%s: %.9g, expected %.9g\n", what, ours, theirs);
}

static void near(double ours, double theirs, double bound, const char *what) {
  check(fabs(ours - theirs) <= bound, what, ours, theirs);
}

// Steele, Lea and Flood's SplitMix64; numbers in -1 ... 1.
static uint64_t state = 1;
static uint64_t bits(void) {
  uint64_t z = (state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}
static void numbers(float *out, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = (float)((double)(bits() >> 11) * 0x1p-52 - 1);
}

static float widened(uint16_t x) {
  uint32_t wide = (uint32_t)x << 16;
  float f;
  memcpy(&f, &wide, 4);
  return f;
}

// The nearest bfloat16, ties to even, of a number that is not NaN.
static uint16_t narrowed(float x) {
  uint32_t b;
  memcpy(&b, &x, 4);
  return (uint16_t)((b + 0x7FFF + ((b >> 16) & 1)) >> 16);
}

enum { ROWS = 29, TILES = 5, WIDTH = 130 };

static void products(const grape_kernels *table) {
  static float w[ROWS * WIDTH], x[TILES * WIDTH * LANES], c[TILES * ROWS * LANES], start[TILES * ROWS * LANES];
  static uint16_t narrow[ROWS * WIDTH], pairs[TILES * WIDTH * LANES];
  numbers(w, ROWS * WIDTH);
  numbers(x, TILES * WIDTH * LANES);
  numbers(start, TILES * ROWS * LANES);
  for (int i = 0; i < ROWS * WIDTH; i++) narrow[i] = narrowed(w[i]);
  for (int t = 0; t < TILES; t++)
    table->pack(x + t * WIDTH * LANES, WIDTH, GRAPE_OPERAND_PAIRS, pairs + t * WIDTH * LANES);
  for (int is_narrow = 0; is_narrow <= (table->multiply_bf16 != NULL); is_narrow++)
    for (grape_update update = GRAPE_UPDATE_SET; update <= GRAPE_UPDATE_ADD; update++) {
      memcpy(c, start, sizeof c);
      if (is_narrow) table->multiply_bf16(narrow, WIDTH, ROWS, pairs, WIDTH * LANES, TILES, WIDTH / 2, c, ROWS * LANES, update);
      else table->multiply_f32(w, WIDTH, ROWS, x, WIDTH * LANES, TILES, WIDTH, c, ROWS * LANES, update);
      for (int t = 0; t < TILES; t++)
        for (int r = 0; r < ROWS; r++)
          for (int lane = 0; lane < LANES; lane++) {
            int at = (t * ROWS + r) * LANES + lane;
            double sum = update == GRAPE_UPDATE_SET ? 0 : start[at], size = fabs(sum);
            for (int k = 0; k < WIDTH; k++) {
              double a = w[r * WIDTH + k], b = x[(t * WIDTH + k) * LANES + lane];
              if (is_narrow) {
                a = widened(narrow[r * WIDTH + k]);
                b = widened(narrowed(x[(t * WIDTH + k) * LANES + lane]));
              }
              sum += a * b;
              size += fabs(a * b);
            }
            near(c[at], sum, (WIDTH + 2) * 0x1p-23 * size, is_narrow ? "multiply_bf16" : "multiply_f32");
          }
    }
}

// Products of bytes come as close as the rounding of both sides allows.
static void byte_products(const grape_kernels *table) {
  enum { BLOCKS = (WIDTH + GRAPE_INT8_BLOCK - 1) / GRAPE_INT8_BLOCK, GROUPS = 4, BYTES = GRAPE_INT8_GROUP * GRAPE_INT8_BLOCK };
  enum { OUT = GROUPS * GRAPE_INT8_GROUP, TILE = BLOCKS * (GRAPE_INT8_BLOCK * 16 + 64) };
  static float w[ROWS * WIDTH], x[TILES * WIDTH * LANES], c[TILES * OUT * LANES], scales[OUT];
  static int8_t codes[GROUPS * BLOCKS * BYTES];
  static int16_t sums[GROUPS * BLOCKS * GRAPE_INT8_GROUP];
  static uint8_t tiles[TILES * TILE];
  numbers(w, ROWS * WIDTH);
  numbers(x, TILES * WIDTH * LANES);
  for (int row = 0; row < ROWS; row++) {
    int first = row / GRAPE_INT8_GROUP * BLOCKS * GRAPE_INT8_GROUP + row % GRAPE_INT8_GROUP;
    table->quantize_row(w + row * WIDTH, WIDTH, codes + first * GRAPE_INT8_BLOCK, sums + first, scales + row);
  }
  for (int t = 0; t < TILES; t++) table->quantize(x + t * WIDTH * LANES, WIDTH, tiles + t * TILE);
  grape_int8_weights weights = {.codes = codes, .sums = sums, .scales = scales, .blocks = BLOCKS};
  table->multiply_int8(&weights, 0, OUT, tiles, TILE, TILES, c, OUT * LANES, GRAPE_UPDATE_SET);
  for (int t = 0; t < TILES; t++)
    for (int r = 0; r < ROWS; r++)
      for (int lane = 0; lane < LANES; lane++) {
        double sum = 0, size = 0;
        for (int k = 0; k < WIDTH; k++) {
          double a = w[r * WIDTH + k], b = x[(t * WIDTH + k) * LANES + lane];
          sum += a * b;
          size += (fabs(a) + fabs(b)) / 254;
        }
        near(c[(t * OUT + r) * LANES + lane], sum, size * 0.5, "multiply_int8");
      }
}

static void normalisations(const grape_kernels *table) {
  static float x[WIDTH * LANES], weight[WIDTH], bias[WIDTH], out[WIDTH * LANES];
  numbers(x, WIDTH * LANES);
  numbers(weight, WIDTH);
  numbers(bias, WIDTH);
  for (int layer = 0; layer < 2; layer++) {
    if (layer) table->layer_norm(x, weight, bias, WIDTH, 1e-5f, GRAPE_OPERAND_F32, out);
    else table->rms_norm(x, weight, WIDTH, 1e-5f, GRAPE_OPERAND_F32, out);
    for (int lane = 0; lane < LANES; lane++) {
      double mean = 0, squares = 0;
      for (int i = 0; i < WIDTH; i++) mean += layer ? x[i * LANES + lane] / (double)WIDTH : 0;
      for (int i = 0; i < WIDTH; i++) squares += pow(x[i * LANES + lane] - mean, 2) / WIDTH;
      for (int i = 0; i < WIDTH; i++) {
        double expected = (x[i * LANES + lane] - mean) / sqrt(squares + 1e-5) * weight[i] + (layer ? bias[i] : 0);
        near(out[i * LANES + lane], expected, 2e-5, layer ? "layer_norm" : "rms_norm");
      }
    }
  }
  static float cosine[4 * LANES], sine[4 * LANES], turned[8 * LANES];
  numbers(cosine, 4 * LANES);
  numbers(sine, 4 * LANES);
  memcpy(turned, x, sizeof turned);
  table->rotate(turned, 4, 0, cosine, sine);
  for (int i = 0; i < 4 * LANES; i++) {
    double a = x[i], b = x[i + 4 * LANES];
    near(turned[i], a * cosine[i] - b * sine[i], 1e-6, "rotate");
    near(turned[i + 4 * LANES], b * cosine[i] + a * sine[i], 1e-6, "rotate");
  }
}

static void activations(const grape_kernels *table) {
  static float gate[WIDTH * LANES], up[WIDTH * LANES], out[WIDTH * LANES];
  numbers(gate, WIDTH * LANES);
  numbers(up, WIDTH * LANES);
  for (int i = 0; i < WIDTH * LANES; i++) gate[i] *= 12;
  for (grape_activation kind = GRAPE_ACTIVATION_SILU; kind <= GRAPE_ACTIVATION_RELU_SQUARED; kind++) {
    table->activate(kind, 0, 0, gate, up, WIDTH, GRAPE_OPERAND_F32, out, 0);
    for (int i = 0; i < WIDTH * LANES; i++) {
      double x = gate[i], y = 0;
      switch (kind) {
      case GRAPE_ACTIVATION_SILU: y = x / (1 + exp(-x)); break;
      case GRAPE_ACTIVATION_GELU: y = x * 0.5 * erfc(-x * sqrt(0.5)); break;
      case GRAPE_ACTIVATION_GELU_TANH: y = 0.5 * x * (1 + tanh(sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); break;
      case GRAPE_ACTIVATION_GELU_SIGMOID: y = x / (1 + exp(-1.702 * x)); break;
      case GRAPE_ACTIVATION_RELU: y = x > 0 ? x : 0; break;
      default: y = x > 0 ? x * x : 0;
      }
      near(out[i], y * up[i], 2e-6 * fmax(1, fabs(x)), "activate");
    }
  }
}

static void softmaxes(const grape_kernels *table) {
  enum { KEYS = 37 };
  static float scores[KEYS * LANES], weights[KEYS * LANES], maximum[LANES], sum[LANES], factor[LANES];
  int32_t position[LANES];
  numbers(scores, KEYS * LANES);
  for (int i = 0; i < KEYS * LANES; i++) scores[i] *= 60;
  for (int lane = 0; lane < LANES; lane++) {
    position[lane] = 2 * lane + 6;
    maximum[lane] = -1e30f;
  }
  table->softmax(scores, KEYS, 0.3f, 0, position, 9, maximum, sum, factor, GRAPE_OPERAND_F32, weights);
  for (int lane = 0; lane < LANES; lane++) {
    double most = -1e300, total = 0;
    int first = position[lane] > 8 ? position[lane] - 8 : 0;
    for (int key = first; key <= position[lane]; key++) most = fmax(most, scores[key * LANES + lane] * (double)0.3f);
    for (int key = first; key <= position[lane]; key++) total += exp(scores[key * LANES + lane] * (double)0.3f - most);
    for (int key = 0; key < KEYS; key++) {
      int seen = key >= first && key <= position[lane];
      double expected = seen ? exp(scores[key * LANES + lane] * (double)0.3f - most) / total : 0;
      near(weights[key * LANES + lane] / sum[lane], expected, 2e-6, "softmax");
    }
  }
  int32_t above[LANES] = {0};
  float target[LANES];
  memset(sum, 0, sizeof sum);
  for (int lane = 0; lane < LANES; lane++) {
    maximum[lane] = -1e30f;
    target[lane] = scores[3 * LANES + lane];
  }
  table->fold_logits(scores, KEYS, maximum, sum, target, above);
  for (int lane = 0; lane < LANES; lane++) {
    double most = -1e300, total = 0, greater = 0;
    for (int key = 0; key < KEYS; key++) most = fmax(most, scores[key * LANES + lane]);
    for (int key = 0; key < KEYS; key++) {
      total += exp(scores[key * LANES + lane] - most);
      greater += scores[key * LANES + lane] > target[lane];
    }
    near(maximum[lane] + log(sum[lane]), most + log(total), 1e-5, "fold_logits");
    near(above[lane], greater, 0, "fold_logits: ranks");
  }
}

// The formats' own definitions are tested with the Swift tests on the machine at hand; here one of each length of block.
static void decodings(const grape_kernels *table) {
  uint8_t row[34];
  float out[32];
  uint16_t narrow[32];
  for (int i = 0; i < 34; i++) row[i] = (uint8_t)bits();
  row[0] = 0x00;
  row[1] = 0x2C;  // the half 0.0625
  table->decode_f32(GRAPE_WEIGHTS_Q8_0, row, 32, out);
  table->decode_bf16(GRAPE_WEIGHTS_Q8_0, row, 32, narrow);
  for (int i = 0; i < 32; i++) {
    near(out[i], (int8_t)row[2 + i] * 0.0625, 0, "decode_f32");
    near(widened(narrow[i]), widened(narrowed(out[i])), 0, "decode_bf16");
  }
  uint16_t halves[3] = {0x3C00, 0x0001, 0xFC00};  // 1, the least subnormal, minus infinity
  table->decode_f32(GRAPE_WEIGHTS_F16, halves, 3, out);
  near(out[0], 1, 0, "decode_f32");
  near(out[1], 0x1p-24, 0, "decode_f32");
  check(out[2] == -INFINITY, "decode_f32", out[2], -INFINITY);
}

static void moves(const grape_kernels *table) {
  enum { FEATURES = 22, POSITIONS = 7 + LANES };
  static float x[3 * FEATURES * LANES], out[POSITIONS * FEATURES];
  int32_t rows[POSITIONS] = {40, 3, 3, 17, 31, 0, 47};
  for (int lane = 0; lane < LANES; lane++) rows[7 + lane] = LANES + lane;
  numbers(x, 3 * FEATURES * LANES);
  table->gather(x, FEATURES * LANES, rows, POSITIONS, FEATURES, out, FEATURES, 1);
  for (int position = 0; position < POSITIONS; position++)
    for (int feature = 0; feature < FEATURES; feature++)
      near(out[position * FEATURES + feature],
           x[rows[position] / LANES * FEATURES * LANES + feature * LANES + rows[position] % LANES], 0, "gather");
}

static void classes(void) {
  uint8_t text[100], of[128], out[101];
  for (int i = 0; i < 128; i++) of[i] = (uint8_t)bits();
  for (size_t count = 0; count <= 100; count++) {
    for (size_t i = 0; i < count; i++) text[i] = bits() & 0x7F;
    if (count % 3 == 1) text[bits() % count] |= 0x80;
    size_t ascii = 0;
    while (ascii < count && text[ascii] < 0x80) ascii++;
    out[count] = 0xEE;
    near(grape_classify_ascii(text, count, of, out), ascii, 0, "classify_ascii: count");
    for (size_t i = 0; i < ascii; i++) near(out[i], of[text[i]], 0, "classify_ascii");
    near(out[count], 0xEE, 0, "classify_ascii: behind");
  }
}

// How much of a string is plain, against a look at each byte.
static void strings(void) {
  static const char alphabet[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaanntu/\"\\\\\\\x1F\xFF";
  uint8_t text[200];
  for (size_t round = 0; round < 4000; round++) {
    size_t count = round % 200, plain = 0;
    bool escapes = false, has_escape = false;
    for (size_t i = 0; i < count; i++) text[i] = (uint8_t)alphabet[bits() % (sizeof alphabet - 1)];
    while (plain < count && text[plain] >= ' ' && text[plain] < 0x80 && text[plain] != '"') {
      if (text[plain] == '\\') {
        if (plain + 1 == count || !strchr("\"\\/bfnrt", text[plain + 1])) break;
        escapes = true;
        plain++;
      }
      plain++;
    }
    near(grape_json_plain(text, count, &has_escape), plain, 0, "json_plain");
    near(has_escape, escapes, 0, "json_plain: escapes");
  }
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  const grape_kernels *table = grape_kernels_named(argv[1]);
  if (!table) {
    fprintf(stderr, "no kernels called %s\n", argv[1]);
    return 1;
  }
  products(table);
  byte_products(table);
  normalisations(table);
  activations(table);
  softmaxes(table);
  decodings(table);
  moves(table);
  classes();
  strings();
  printf("%s: %d wrong\n", table->name, failures);
  return failures > 0;
}
