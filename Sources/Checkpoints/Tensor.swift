import Streams

/// A tensor of a mapped file: its name, its shape and where its elements lie.
///
/// The elements are row-major. `bytes` holds exactly the tensor's elements and may begin at any address. It
/// is valid as long as the tensor or its file lives: the tensor keeps the mapping alive.
package struct Tensor: @unchecked Sendable {
  package let name: String
  package let type: ElementType
  /// Lengths of the axes, outermost first: a matrix is `[out, in]`. A scalar has none.
  package let shape: [Int]
  package let bytes: UnsafeRawBufferPointer
  /// The file that holds the tensor.
  let file: MappedFile

  /// A tensor at `range` of `file`; the range lies in the file and is as long as type and shape say.
  init(name: String, type: ElementType, shape: [Int], range: Range<Int>, in file: MappedFile) {
    self.name = name
    self.type = type
    self.shape = shape
    self.bytes = UnsafeRawBufferPointer(rebasing: file.bytes[range])
    self.file = file
  }

  /// Elements in a row: the length of the innermost axis.
  package var rowLength: Int { shape.last ?? 1 }

  /// Rows: the product of the other axes.
  package var rowCount: Int { shape.dropLast().reduce(1, *) }

  /// Elements in all.
  package var count: Int { rowCount * rowLength }

  /// Bytes from the beginning of a row to that of the next.
  package var rowBytes: Int { rowLength / type.blockLength * type.blockBytes }

  /// Writes the elements of row `row` to `destination`, which has room for `rowLength` floats.
  package func dequantizeRow(_ row: Int, into destination: UnsafeMutablePointer<Float>) {
    precondition(row >= 0 && row < rowCount, "row out of range")
    guard let base = bytes.baseAddress else { return }
    dequantize(type, base + row * rowBytes, count: rowLength, into: destination)
  }

  /// All elements as floats, in order.
  package func floats() -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      if let source = bytes.baseAddress, let destination = buffer.baseAddress {
        dequantize(type, source, count: count, into: destination)
      }
      initialized = count
    }
  }

  /// The file that holds the tensor, for messages.
  package var path: String { file.path }

  /// The number of elements of a shape, or nil when an axis is negative or the product overflows.
  static func count(of shape: [Int]) -> Int? {
    var count = 1
    for length in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: length)
      guard length >= 0, !overflow else { return nil }
      count = product
    }
    return count
  }
}
