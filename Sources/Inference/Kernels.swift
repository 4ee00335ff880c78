import CKernels

/// The kernels of one instruction set, and the operand form that a precision has there.
///
/// See `CKernels.h` for the layouts and for the order of sums.
package struct Kernels: @unchecked Sendable {
  /// Static and immutable, so that it may be shared.
  let table: UnsafePointer<grape_kernels>

  /// The best kernels this machine runs, or those called `name`; nil when it cannot run them.
  package init?(named name: String? = nil) {
    guard let table = grape_kernels_named(name) else { return nil }
    self.table = table
  }

  /// The instruction set: `avx512bf16`, `avx512vnni`, `avx512`, `avx2vnni`, `avx2`, `portable`,
  /// `neonbf16` or `neon`.
  package var name: String { String(cString: table.pointee.name) }

  /// Whether products of bfloat16 are the machine's own; bf16 is then the faster mode.
  package var multipliesBF16: Bool { table.pointee.bf16_operand == GRAPE_OPERAND_PAIRS }

  /// The form in which `precision` keeps operands here.
  func operandForm(for precision: Precision) -> grape_operand {
    switch precision {
    case .f32: GRAPE_OPERAND_F32
    case .bf16: table.pointee.bf16_operand
    case .int8: GRAPE_OPERAND_INT8
    }
  }
}
