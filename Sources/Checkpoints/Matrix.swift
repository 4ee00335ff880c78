/// A `[rows, width]` matrix where it lies in a tensor: all of it, some of its rows,
/// or columns of its transpose.
///
/// Its bytes have been checked: every row that the fields name lies in the tensor.
package struct Matrix: Sendable {
  package let tensor: Tensor
  package let rows: Int
  package let width: Int
  /// Which lines of the tensor the rows are. Lines are the tensor's rows, or its columns if `isTransposed`.
  package let lines: Lines
  /// The tensor's first row that belongs to the matrix, where several matrices are stacked.
  package let firstRow: Int
  /// The tensor is `[width, lines]`.
  package let isTransposed: Bool
  /// Powers of two for blocks of 32 elements, `[…, rows, width / 32]`, where `tensor` holds MXFP4 codes two
  /// to a byte (the OCP Microscaling Formats, with transformers' order of nibbles).
  package let scales: Tensor?

  /// Line of row r: `first + (r / group) · stride + r % group`.
  package struct Lines: Sendable, Equatable {
    package var first = 0
    package var group: Int
    package var stride: Int

    package subscript(row: Int) -> Int { first + row / group * stride + row % group }
  }

  /// The tensor's row that a row of the matrix is; not for transposed ones.
  package func tensorRow(_ row: Int) -> Int { firstRow + lines[row] }

  /// All elements as floats, row by row.
  package func floats() -> [Float] {
    var floats = [Float](repeating: 0, count: rows * width)
    floats.withUnsafeMutableBufferPointer { buffer in
      guard let out = buffer.baseAddress else { return }
      for row in 0..<rows { decodeRow(row, into: out + row * width) }
    }
    return floats
  }

  /// Writes the elements of a row, exactly as their format defines them, to `out`, which
  /// has room for `width` floats.
  package func decodeRow(_ row: Int, into out: UnsafeMutablePointer<Float>) {
    if isTransposed {
      let column = lines[row], type = tensor.type
      guard let base = tensor.bytes.baseAddress else { return }
      for k in 0..<width {
        dequantize(
          type, base + (firstRow + k) * tensor.rowBytes + column * type.blockBytes, count: 1, into: out + k)
      }
    } else if let scales {
      guard let codes = tensor.bytes.baseAddress, let powers = scales.bytes.baseAddress else { return }
      let line = tensorRow(row)
      decodeMXFP4(codes + line * width / 2, scales: powers + line * width / 32, count: width, into: out)
    } else if width == 1 {
      // A vector's rows are its elements.
      withUnsafeTemporaryAllocation(of: Float.self, capacity: tensor.type.blockLength) { block in
        guard let base = tensor.bytes.baseAddress, let floats = block.baseAddress else { return }
        let element = tensorRow(row), type = tensor.type
        dequantize(
          type, base + element / type.blockLength * type.blockBytes, count: type.blockLength, into: floats)
        out[0] = floats[element % type.blockLength]
      }
    } else {
      tensor.dequantizeRow(tensorRow(row), into: out)
    }
  }
}
