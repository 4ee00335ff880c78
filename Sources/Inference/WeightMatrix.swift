import CKernels
import Checkpoints

/// A `[rows, width]` weight matrix where it lies in the mapped checkpoint.
///
/// Rows are used in place when their encoding is the operand's; otherwise a slab of rows at
/// a time is decoded, or rounded, into a worker's scratch memory, so that a quantized file
/// is never expanded as a whole.
///
/// A class, so that a task that takes it counts one reference.
final class WeightMatrix: @unchecked Sendable {
  let matrix: Matrix
  let rows: Int
  let width: Int
  /// `[rows]`, or nil.
  let bias: [Float]?
  /// The same rounded to 8 bits, for INT8 operands; nil where slabs are rounded when they are needed.
  let int8: grape_int8_weights?
  private let base: UnsafeRawPointer
  private let rowBytes: Int
  private let encoding: grape_weights?

  /// - Parameter matrix: its bytes have been checked against its shape.
  init(_ matrix: Matrix, bias: [Float]? = nil, int8: grape_int8_weights? = nil) throws(ModelError) {
    guard let base = matrix.tensor.bytes.baseAddress else {
      throw ModelError("\(matrix.tensor.name) has no elements")
    }
    self.matrix = matrix
    self.base = base
    rows = matrix.rows
    width = matrix.width
    self.bias = bias
    self.int8 = int8
    rowBytes = matrix.tensor.rowBytes
    encoding =
      switch matrix.tensor.type {
      case .f32: GRAPE_WEIGHTS_F32
      case .f16: GRAPE_WEIGHTS_F16
      case .bf16: GRAPE_WEIGHTS_BF16
      case .q8_0: GRAPE_WEIGHTS_Q8_0
      case .q4_0: GRAPE_WEIGHTS_Q4_0
      case .q4_1: GRAPE_WEIGHTS_Q4_1
      case .q5_0: GRAPE_WEIGHTS_Q5_0
      case .q5_1: GRAPE_WEIGHTS_Q5_1
      case .q2_K: GRAPE_WEIGHTS_Q2_K
      case .q3_K: GRAPE_WEIGHTS_Q3_K
      case .q4_K: GRAPE_WEIGHTS_Q4_K
      case .q5_K: GRAPE_WEIGHTS_Q5_K
      case .q6_K: GRAPE_WEIGHTS_Q6_K
      case .iq4_nl: GRAPE_WEIGHTS_IQ4_NL
      case .iq4_xs: GRAPE_WEIGHTS_IQ4_XS
      case .mxfp4: GRAPE_WEIGHTS_MXFP4
      case .u8: nil
      }
  }

  /// Rows ready to be multiplied: `pointer` to the first, `stride` elements apart.
  struct Slab {
    let pointer: UnsafeRawPointer
    let stride: Int
    let rows: Int
    /// With INT8 operands: the weights, and the group that the first row is in, `lead` rows behind its start.
    var int8: grape_int8_weights?
    var firstGroup = 0
    var lead = 0
  }

  /// Elements of scratch memory from one decoded row to the next: the width, evened up for pairs.
  private var decodedStride: Int { width + width % 2 }

  /// Bytes of scratch memory that `slab` needs for `count` rows.
  func scratchBytes(rows count: Int) -> Int {
    let rounded = Int8Layout(rows: count, width: width).byteCount + decodedStride * 4
    return max((count + 1) * decodedStride * 4, rounded)
  }

  /// The rows `range` as operands of the given form.
  ///
  /// - Parameter scratch: `scratchBytes(rows: range.count)` bytes; the slab may point into it.
  func slab(
    _ range: Range<Int>, form: grape_operand, kernels: Kernels, scratch: UnsafeMutableRawPointer
  ) -> Slab {
    if form == GRAPE_OPERAND_INT8 {
      guard let int8 else { return rounded(range, kernels: kernels, scratch: scratch) }
      let group = range.lowerBound / Int8Layout.group
      return Slab(
        pointer: base, stride: 0, rows: range.count, int8: int8, firstGroup: group,
        lead: range.lowerBound - group * Int8Layout.group)
    }
    if let stride = strideInPlace(range, form: form) {
      let first = base + matrix.tensorRow(range.lowerBound) * rowBytes
      return Slab(pointer: first, stride: stride, rows: range.count)
    }
    let stride = decodedStride
    if matrix.isTransposed {
      transpose(range, form: form, kernels: kernels, into: scratch)
    } else {
      let spare = (scratch + range.count * stride * 4).assumingMemoryBound(to: Float.self)
      for (i, row) in range.enumerated() {
        decode(
          row, form: form, kernels: kernels, into: scratch + i * stride * form.elementBytes, spare: spare)
      }
    }
    return Slab(pointer: scratch, stride: stride, rows: range.count)
  }

  /// The rows `range`, rounded to 8 bits as `Int8Weights` would have them.
  private func rounded(_ range: Range<Int>, kernels: Kernels, scratch: UnsafeMutableRawPointer) -> Slab {
    let layout = Int8Layout(rows: range.count, width: width)
    let floats = (scratch + layout.byteCount).assumingMemoryBound(to: Float.self)
    for (i, row) in range.enumerated() {
      decodeRow(row, kernels: kernels, into: floats)
      layout.quantize(floats, row: i, to: scratch, kernels: kernels)
    }
    return Slab(pointer: scratch, stride: 0, rows: range.count, int8: layout.weights(at: scratch))
  }

  /// Whether slabs are operands of the given form as they lie, wherever they need not be put together.
  func isOperand(_ form: grape_operand) -> Bool {
    guard !matrix.isTransposed else { return false }
    switch form {
    case GRAPE_OPERAND_INT8: return int8 != nil
    case GRAPE_OPERAND_PAIRS: return matrix.tensor.type == .bf16 && width % 2 == 0
    case GRAPE_OPERAND_F32: return matrix.tensor.type == .f32
    default: return false
    }
  }

  /// Elements from one row to the next where the tensor can be used as it lies; nil where it cannot.
  private func strideInPlace(_ range: Range<Int>, form: grape_operand) -> Int? {
    guard isOperand(form) else { return nil }
    let lines = matrix.lines
    if lines.group == 1 { return lines.stride * width }
    return range.lowerBound / lines.group == (range.upperBound - 1) / lines.group ? width : nil
  }

  /// Row `row` as floats, exactly as its encoding defines them.
  func decodeRow(_ row: Int, kernels: Kernels, into floats: UnsafeMutablePointer<Float>) {
    if let encoding, !matrix.isTransposed {
      kernels.table.pointee.decode_f32(encoding, base + matrix.tensorRow(row) * rowBytes, width, floats)
    } else if let scales = matrix.scales?.bytes.baseAddress {
      let line = matrix.tensorRow(row)
      kernels.table.pointee.decode_microscaled(
        base + line * (width / 2), (scales + line * (width / 32)).assumingMemoryBound(to: UInt8.self), width,
        floats)
    } else {
      matrix.decodeRow(row, into: floats)
    }
  }

  private func decode(
    _ row: Int, form: grape_operand, kernels: Kernels, into out: UnsafeMutableRawPointer,
    spare: UnsafeMutablePointer<Float>
  ) {
    let table = kernels.table
    if form == GRAPE_OPERAND_F32 {
      decodeRow(row, kernels: kernels, into: out.assumingMemoryBound(to: Float.self))
      return
    }
    // Rounded to bfloat16; without native products, widened again.
    let narrow =
      form == GRAPE_OPERAND_PAIRS
      ? out.assumingMemoryBound(to: UInt16.self)
      : UnsafeMutableRawPointer(spare).assumingMemoryBound(to: UInt16.self)
    if let encoding {
      table.pointee.decode_bf16(encoding, base + matrix.tensorRow(row) * rowBytes, width, narrow)
    } else {
      // The floats may share memory with nothing that is read later: `out` has four bytes an element here.
      let floats = form == GRAPE_OPERAND_PAIRS ? spare : out.assumingMemoryBound(to: Float.self)
      decodeRow(row, kernels: kernels, into: floats)
      table.pointee.decode_bf16(GRAPE_WEIGHTS_F32, floats, width, narrow)
    }
    if form == GRAPE_OPERAND_PAIRS {
      if width % 2 == 1 { narrow[width] = 0 }
    } else {
      table.pointee.decode_f32(GRAPE_WEIGHTS_BF16, narrow, width, out.assumingMemoryBound(to: Float.self))
    }
  }

  /// The rows `range` of a matrix that is stored as its transpose, of plain numbers: the columns they are,
  /// row of the tensor by row of the tensor.
  private func transpose(
    _ range: Range<Int>, form: grape_operand, kernels: Kernels, into out: UnsafeMutableRawPointer
  ) {
    guard let encoding, let firstRow = range.first, let lastRow = range.last else { return }
    let table = kernels.table, stride = decodedStride
    let floats = out.assumingMemoryBound(to: Float.self)
    // Lines ascend with rows.
    let first = matrix.lines[firstRow], span = matrix.lines[lastRow] - first + 1
    let columns = range.map { matrix.lines[$0] - first }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: span) { part in
      guard let part = part.baseAddress else { return }
      for k in 0..<width {
        let start = base + (matrix.firstRow + k) * rowBytes + first * matrix.tensor.type.blockBytes
        table.pointee.decode_f32(encoding, start, span, part)
        for (i, column) in columns.enumerated() { floats[i * stride + k] = part[column] }
      }
    }
    guard form != GRAPE_OPERAND_F32 else { return }
    // A row is narrowed to where no later one is read from, and widened again behind
    // them all or in its own place.
    let spare = (out + range.count * stride * 4).assumingMemoryBound(to: UInt16.self)
    for i in 0..<range.count {
      let row = floats + i * stride
      if form == GRAPE_OPERAND_PAIRS {
        let narrow = (out + i * stride * 2).assumingMemoryBound(to: UInt16.self)
        table.pointee.decode_bf16(GRAPE_WEIGHTS_F32, row, width, narrow)
        if width % 2 == 1 { narrow[width] = 0 }
      } else {
        table.pointee.decode_bf16(GRAPE_WEIGHTS_F32, row, width, spare)
        table.pointee.decode_f32(GRAPE_WEIGHTS_BF16, spare, width, row)
      }
    }
  }
}
