#ifndef GRAPE_CKERNELS_H
#define GRAPE_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "CharacterClasses.h"
#include "Decimals.h"
#include "JSONStrings.h"
#include "Lanes.h"
#include "Prefetch.h"

// The innermost numeric loops of Inference, one table of functions per instruction set.
//
// Lane tiles. Activations are stored with tokens as SIMD lanes: a tile holds 16 tokens, feature after
// feature, `tile[feature][16]`. Every kernel is then vertical: no sum ever runs across lanes, so a
// token's numbers depend on its own features alone, whatever stands in the other fifteen lanes.
//
// Operands. What is multiplied comes in one of three forms:
//   F32      16 floats a feature
//   ROUNDED  16 floats a feature, each rounded to bfloat16 (for machines without bf16 products)
//   PAIRS    features in pairs, `[feature / 2][16][2]` bfloat16; an odd last feature is paired with zero
//   INT8     features in blocks of 64: `[16][16][4]` bytes, four features of 16 lanes after the other, each 128 more
//            than the feature divided by its lane's scale, rounded; then `[16]` scales, floats. The last block is
//            filled up with zeros.
//
// Order of sums. A product sum runs over its inner dimension from 0 upwards in one accumulator per
// output (PAIRS: pair by pair), whatever the numbers of rows and tiles in the call; CONTINUE goes on with
// the chain. Bits therefore do not depend on how a matrix is cut into calls.
// INT8 products are exact within a block; blocks are summed from the first to the last in single precision.

#define GRAPE_LANES 16

typedef enum { GRAPE_OPERAND_F32, GRAPE_OPERAND_ROUNDED, GRAPE_OPERAND_PAIRS, GRAPE_OPERAND_INT8 } grape_operand;

/// Features that share a scale in a lane of INT8 tiles.
#define GRAPE_INT8_BLOCK 64
/// Rows of 8-bit weights that lie together.
#define GRAPE_INT8_GROUP 8

/// A matrix of 8-bit weights, symmetric about zero. Widths are filled up with zeros to whole blocks, rows to whole
/// groups.
typedef struct {
  /// -127 ... 127, `[groups][blocks][8][64]`.
  const int8_t *codes;
  /// The sum of each block of codes, `[groups][blocks][8]`.
  const int16_t *sums;
  /// What a row's codes are multiplied by, `[groups][8]`.
  const float *scales;
  size_t blocks;
} grape_int8_weights;

/// What a product does to what is there: takes its place, goes on with its chain of sums, or adds a whole sum to it.
typedef enum { GRAPE_UPDATE_SET, GRAPE_UPDATE_CONTINUE, GRAPE_UPDATE_ADD } grape_update;

/// Weight encodings that `decode_row` reads; the quantized ones are GGML's block formats.
typedef enum {
  GRAPE_WEIGHTS_F32,
  GRAPE_WEIGHTS_F16,
  GRAPE_WEIGHTS_BF16,
  GRAPE_WEIGHTS_Q8_0,
  GRAPE_WEIGHTS_Q4_0,
  GRAPE_WEIGHTS_Q4_1,
  GRAPE_WEIGHTS_Q5_0,
  GRAPE_WEIGHTS_Q5_1,
  GRAPE_WEIGHTS_Q2_K,
  GRAPE_WEIGHTS_Q3_K,
  GRAPE_WEIGHTS_Q4_K,
  GRAPE_WEIGHTS_Q5_K,
  GRAPE_WEIGHTS_Q6_K,
  GRAPE_WEIGHTS_IQ4_NL,
  GRAPE_WEIGHTS_IQ4_XS,
  GRAPE_WEIGHTS_MXFP4
} grape_weights;

/// The non-linear functions of feed-forwards.
typedef enum {
  GRAPE_ACTIVATION_SILU,
  /// x * Phi(x), Phi by the error function.
  GRAPE_ACTIVATION_GELU,
  /// 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
  GRAPE_ACTIVATION_GELU_TANH,
  /// x * sigmoid(1.702 x).
  GRAPE_ACTIVATION_GELU_SIGMOID,
  GRAPE_ACTIVATION_RELU,
  GRAPE_ACTIVATION_RELU_SQUARED,
  /// g * sigmoid(alpha * g) * (u + 1) for g = min(gate, limit), u = clamp(up, -limit, limit).
  GRAPE_ACTIVATION_CLAMPED_SWIGLU
} grape_activation;

typedef struct {
  /// The instruction set: "avx512bf16", "avx512vnni", "avx512", "avx2vnni", "avx2", "portable", "neonbf16" or
  /// "neon".
  const char *name;
  /// The operand form that multiplies bfloat16 natively, or ROUNDED where none does.
  grape_operand bf16_operand;

  /// c[t][r][lane] = sum over k of w[r][k] * x[t][k][lane], or an update by it.
  /// w: `rows` rows of `width` weights, `w_stride` elements apart, any alignment.
  /// x: `tiles` F32 or ROUNDED tiles, `x_stride` floats apart. c: tiles `c_stride` floats apart.
  void (*multiply_f32)(const float *w, size_t w_stride, size_t rows, const float *x, size_t x_stride,
                       size_t tiles, size_t width, float *c, size_t c_stride, grape_update update);

  /// The same for bfloat16 weights and PAIRS tiles; `pairs` is half the width, strides in elements.
  /// NULL where `bf16_operand` is ROUNDED.
  void (*multiply_bf16)(const uint16_t *w, size_t w_stride, size_t rows, const uint16_t *x, size_t x_stride,
                        size_t tiles, size_t pairs, float *c, size_t c_stride, grape_update update);

  /// The same for `rows` rows of 8-bit weights from group `group` on and INT8 tiles, `x_stride` bytes apart; not to
  /// CONTINUE.
  void (*multiply_int8)(const grape_int8_weights *w, size_t group, size_t rows, const void *x, size_t x_stride,
                        size_t tiles, float *c, size_t c_stride, grape_update update);

  /// One tile of floats to INT8. A lane's numbers in a block are scaled by the largest of them; where one is not
  /// finite, the scale is none either, so that the products are not finite.
  void (*quantize)(const float *x, size_t width, void *out);

  /// A row of weights to 8 bits: the codes of its blocks 8 * 64 apart, their sums 8 apart, and its scale. The same
  /// bytes in every variant.
  void (*quantize_row)(const float *row, size_t width, int8_t *codes, int16_t *sums, float *scale);

  /// One row of `count` weights to floats, exactly as the format defines them, or to bfloat16
  /// (nearest even). Quantized counts are multiples of the block length.
  void (*decode_f32)(grape_weights type, const void *row, size_t count, float *out);
  void (*decode_bf16)(grape_weights type, const void *row, size_t count, uint16_t *out);

  /// One row of `count` MXFP4 weights whose codes and scales lie apart: 16 bytes of codes and one byte of
  /// scale for 32 weights, of a byte's two weights the one in the low nibble first.
  void (*decode_microscaled)(const void *codes, const uint8_t *scales, size_t count, float *out);

  /// One tile of floats to the given operand form.
  void (*pack)(const float *x, size_t width, grape_operand form, void *out);

  /// Root-mean-square normalisation of one tile (Zhang and Sennrich, arXiv 1910.07467, equation 4):
  /// out = x / sqrt(mean(x^2) + epsilon) * weight.
  /// `out` may be `x` in the F32 form.
  void (*rms_norm)(const float *x, const float *weight, size_t width, float epsilon, grape_operand form,
                   void *out);

  /// Layer normalisation of one tile (Ba et al., arXiv 1607.06450):
  /// out = (x - mean(x)) / sqrt(variance(x) + epsilon) * weight + bias (NULL: none).
  /// `out` may be `x` in the F32 form.
  void (*layer_norm)(const float *x, const float *weight, const float *bias, size_t width, float epsilon,
                     grape_operand form, void *out);

  /// Rotary embedding (Su et al., arXiv 2104.09864) of one head of one tile, in place.
  /// Feature i turns with feature i * step + offset's partner: (i, i + half) or, interleaved, (2i, 2i + 1).
  /// cosine, sine: [half][16], one angle per pair and lane.
  void (*rotate)(float *x, size_t half, int interleaved, const float *cosine, const float *sine);

  /// The non-linear step of a feed-forward for `rows` features of one tile: activation(gate) * up, or with
  /// NULL for `up` activation(gate) alone, written as features `first ..< first + rows` of the operand tile
  /// `out`. For PAIRS `first` is even. `alpha` and `limit` are those of CLAMPED_SWIGLU.
  void (*activate)(grape_activation activation, float alpha, float limit, const float *gate, const float *up,
                   size_t rows, grape_operand form, void *out, size_t first);

  /// y = (block + bias) * scale (bias NULL: none) for `rows` features of one tile; with `accumulate`,
  /// y += it.
  void (*store)(const float *block, const float *bias, float scale, size_t rows, float *y, int accumulate);

  /// x = cap * tanh(x * scale / cap) for `rows` features of one tile; without a cap (0), x *= scale.
  void (*soft_cap)(float *x, size_t rows, float scale, float cap);

  /// Lanes of many tiles as one tile: out[unit][i] = the 4 bytes of `unit` of row rows[i], for the `count`
  /// first lanes; the others stay. x is tiles `stride` units of 16 lanes apart.
  void (*collect)(const void *x, size_t stride, const int32_t *rows, size_t count, size_t units, void *out);

  /// y[feature][lane of y] += weight * x[feature][lane of x]: one lane of a tile to one of another, of which
  /// `x` and `y` point to the first features.
  void (*add_lane)(const float *x, float weight, size_t features, float *y);

  /// Rows of lane tiles in memory order: for each position p and feature f,
  /// out[p * position_stride + f * feature_stride] = tile of rows[p], feature f, lane of rows[p].
  /// `x_stride` is floats from tile to tile.
  void (*gather)(const float *x, size_t x_stride, const int32_t *rows, size_t count, size_t features, float *out,
                 size_t position_stride, size_t feature_stride);

  /// One block of online softmax (Milakov and Gimelshein, arXiv 1805.02867) for one tile of queries.
  /// scores: [count][16] of key positions `first ...`; a lane sees the last `window` keys up to its `position`
  /// inclusive.
  /// maximum, sum: running [16]; factor: what the lane's earlier output must be multiplied by.
  /// out: [count][16], the weights as an operand, F32 or PAIRS (rounded; their sum is not); it may be `scores`.
  void (*softmax)(const float *scores, size_t count, float scale, int32_t first, const int32_t *position,
                  int32_t window, float *maximum, float *sum, float *factor, grape_operand form, void *out);

  /// x[row][lane] *= factor[lane].
  void (*scale)(float *x, size_t rows, const float *factor);

  /// y[row][lane] = x[row][lane] / divisor[lane] for the lanes from `begin` up to `end`; others stay.
  void (*divide)(const float *x, size_t rows, const float *divisor, size_t begin, size_t end, float *y);

  /// Streaming log-sum-exp of one tile: folds `rows` logits a lane into maximum and sum of
  /// exp(logit - maximum), and adds to `above` (NULL: not wanted) how many exceed `target`.
  void (*fold_logits)(const float *logits, size_t rows, float *maximum, float *sum, const float *target,
                      int32_t *above);
} grape_kernels;

/// The variant called `name`, or the best one for NULL. NULL when the machine cannot run it or does not
/// know it.
const grape_kernels *grape_kernels_named(const char *name);

#endif
