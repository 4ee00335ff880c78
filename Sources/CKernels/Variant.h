// One body for every instruction set. A variant file defines
//   VARIANT             the table's symbol suffix, e.g. avx2
//   VARIANT_NAME        its name as text
//   MICRO_ROWS, _TILES  the register block of the product kernels (MICRO_ROWS >= 4)
//   NATIVE_BF16         1 when the target multiplies pairs of bfloat16 (_mm512_dpbf16_ps, vbfdotq_f32)
//   INT8_...            what Int8.h asks for
// sets its target attributes, and includes this file, which compiles the headers below under them.

#include "CKernels.h"

#include "Vectors.h"

#include "Operands.h"

#include "Activations.h"
#include "Decoding.h"
#include "Int8.h"
#include "Norms.h"
#include "Products.h"
#include "Softmax.h"

const grape_kernels JOIN(grape_kernels_, VARIANT) = {
    .name = VARIANT_NAME,
#if NATIVE_BF16
    .bf16_operand = GRAPE_OPERAND_PAIRS,
    .multiply_bf16 = multiply_bf16,
#else
    .bf16_operand = GRAPE_OPERAND_ROUNDED,
#endif
    .multiply_f32 = multiply_f32,
    .multiply_int8 = multiply_int8,
    .quantize = quantize,
    .quantize_row = quantize_row,
    .decode_f32 = decode_f32,
    .decode_bf16 = decode_bf16,
    .decode_microscaled = decode_microscaled,
    .pack = pack,
    .rms_norm = rms_norm,
    .rotate = rotate,
    .layer_norm = layer_norm,
    .activate = activate,
    .store = store,
    .soft_cap = soft_cap,
    .collect = collect,
    .add_lane = add_lane,
    .gather = gather,
    .softmax = softmax,
    .scale = scale,
    .divide = divide,
    .fold_logits = fold_logits,
};
