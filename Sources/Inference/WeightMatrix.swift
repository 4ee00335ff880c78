import CKernels
import Checkpoints

/// A `[rows, width]` weight matrix where it lies in the mapped checkpoint.
///
/// Rows are used in place when their encoding is the operand's; otherwise a slab of rows at a time is decoded
/// into a worker's scratch memory, so that a quantized file is never expanded as a whole.
struct WeightMatrix: @unchecked Sendable {
  let tensor: Tensor
  let rows: Int
  let width: Int
  /// `[rows]`, or nil.
  let bias: [Float]?
  private let rowBytes: Int
  private let encoding: grape_weights?

  /// - Parameter tensor: of shape `[rows, width]`; its bytes have been checked against its shape.
  init(_ tensor: Tensor, bias: [Float]? = nil) {
    self.tensor = tensor
    rows = tensor.shape[0]
    width = tensor.shape[1]
    self.bias = bias
    rowBytes = width / tensor.type.blockLength * tensor.type.blockBytes
    encoding =
      switch tensor.type {
      case .f32: GRAPE_WEIGHTS_F32
      case .f16: GRAPE_WEIGHTS_F16
      case .bf16: GRAPE_WEIGHTS_BF16
      case .q8_0: GRAPE_WEIGHTS_Q8_0
      case .q4_0: GRAPE_WEIGHTS_Q4_0
      case .q4_1: GRAPE_WEIGHTS_Q4_1
      case .q6_K: GRAPE_WEIGHTS_Q6_K
      default: nil
      }
  }

  /// Rows ready to be multiplied: `pointer` to the first, `stride` elements apart.
  struct Slab {
    let pointer: UnsafeRawPointer
    let stride: Int
    let rows: Int
  }

  /// Elements of scratch memory from one decoded row to the next: the width, evened up for pairs.
  private var decodedStride: Int { width + width % 2 }

  /// Bytes of scratch memory that `slab` needs for `count` rows.
  func scratchBytes(rows count: Int) -> Int { (count + 1) * decodedStride * 4 }

  /// The rows `range` as operands of the given form.
  ///
  /// - Parameter scratch: `scratchBytes(rows: range.count)` bytes; the slab may point into it.
  func slab(
    _ range: Range<Int>, form: grape_operand, kernels: Kernels, scratch: UnsafeMutableRawPointer
  ) -> Slab {
    let start = tensor.bytes.baseAddress! + range.lowerBound * rowBytes
    let inPlace =
      form == GRAPE_OPERAND_PAIRS
      ? tensor.type == .bf16 && width % 2 == 0
      : form == GRAPE_OPERAND_F32 && tensor.type == .f32
    if inPlace { return Slab(pointer: start, stride: width, rows: range.count) }
    let stride = decodedStride
    let spare = (scratch + range.count * stride * 4).assumingMemoryBound(to: Float.self)
    for i in 0..<range.count {
      decode(
        start + i * rowBytes, form: form, kernels: kernels, into: scratch + i * stride * form.elementBytes,
        spare: spare)
    }
    return Slab(pointer: scratch, stride: stride, rows: range.count)
  }

  /// Row `row` as floats, exactly as its encoding defines them.
  func decodeRow(_ row: Int, kernels: Kernels, into floats: UnsafeMutablePointer<Float>) {
    decodeFloats(tensor.bytes.baseAddress! + row * rowBytes, kernels: kernels, into: floats)
  }

  private func decodeFloats(
    _ row: UnsafeRawPointer, kernels: Kernels, into floats: UnsafeMutablePointer<Float>
  ) {
    if let encoding {
      kernels.table.pointee.decode_f32(encoding, row, width, floats)
    } else {
      dequantize(tensor.type, row, count: width, into: floats)
    }
  }

  private func decode(
    _ row: UnsafeRawPointer, form: grape_operand, kernels: Kernels, into out: UnsafeMutableRawPointer,
    spare: UnsafeMutablePointer<Float>
  ) {
    let table = kernels.table
    if form == GRAPE_OPERAND_F32 {
      decodeFloats(row, kernels: kernels, into: out.assumingMemoryBound(to: Float.self))
      return
    }
    // Rounded to bfloat16; without native products, widened again.
    let narrow =
      form == GRAPE_OPERAND_PAIRS
      ? out.assumingMemoryBound(to: UInt16.self)
      : UnsafeMutableRawPointer(spare).assumingMemoryBound(to: UInt16.self)
    if let encoding {
      table.pointee.decode_bf16(encoding, row, width, narrow)
    } else {
      // The floats may share memory with nothing that is read later: `out` has four bytes an element here.
      let floats = form == GRAPE_OPERAND_PAIRS ? spare : out.assumingMemoryBound(to: Float.self)
      decodeFloats(row, kernels: kernels, into: floats)
      table.pointee.decode_bf16(GRAPE_WEIGHTS_F32, floats, width, narrow)
    }
    if form == GRAPE_OPERAND_PAIRS {
      if width % 2 == 1 { narrow[width] = 0 }
    } else {
      table.pointee.decode_f32(GRAPE_WEIGHTS_BF16, narrow, width, out.assumingMemoryBound(to: Float.self))
    }
  }
}
