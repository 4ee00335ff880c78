/// The arithmetic of a forward pass: what the operands of products are rounded to. Sums, norms, attention,
/// rotary angles and log-sum-exp are in single precision or better in every mode.
package enum Precision: String, Sendable, CaseIterable {
  /// Operands are single precision: the reference.
  case f32
  /// Operands of the products with weights are rounded to bfloat16, products are summed in single precision.
  case bf16
  /// Operands of the products with weights are 8-bit integers, weights scaled row by row and
  /// activations in blocks of features of each token. Products are exact within a block and summed
  /// in single precision over blocks.
  case int8
}
