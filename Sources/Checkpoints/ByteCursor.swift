/// Reads little-endian values one after the other from a file's bytes; a value that does not fit is an error
/// that says what it was and where.
struct ByteCursor {
  let bytes: UnsafeRawBufferPointer
  let file: String
  /// Where the next value begins; never past the end.
  private(set) var offset = 0

  init(_ bytes: UnsafeRawBufferPointer, file: String) {
    self.bytes = bytes
    self.file = file
  }

  var remaining: Int { bytes.count - offset }

  /// The next integer.
  mutating func integer<T: FixedWidthInteger>(
    _: T.Type, _ what: @autoclosure () -> String
  ) throws(CheckpointError) -> T {
    let span = try span(UInt64(MemoryLayout<T>.size), what())
    return T(littleEndian: span.loadUnaligned(as: T.self))
  }

  /// The next `count` bytes. The count comes from the file: any value is safe.
  mutating func span(
    _ count: UInt64, _ what: @autoclosure () -> String
  ) throws(CheckpointError) -> UnsafeRawBufferPointer {
    guard count <= UInt64(remaining) else {
      throw CheckpointError(
        file,
        "\(what()): expected \(count) bytes at offset \(offset), found \(remaining) before the end of the file"
      )
    }
    let end = offset + Int(count)
    defer { offset = end }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<end])
  }

  /// The next string: a 64-bit length and as many bytes.
  mutating func string(_ what: @autoclosure () -> String) throws(CheckpointError) -> UnsafeRawBufferPointer {
    let length = try integer(UInt64.self, what())
    return try span(length, what())
  }

  /// A count of things that take at least `size` bytes each, checked against the rest of the file, so that it
  /// may be used to reserve memory.
  mutating func count(ofAtLeast size: Int, _ what: @autoclosure () -> String) throws(CheckpointError) -> Int {
    let count = try integer(UInt64.self, what())
    guard count <= UInt64(remaining / size) else {
      throw CheckpointError(
        file, "\(what()): found \(count), more than the file's \(bytes.count) bytes can hold")
    }
    return Int(count)
  }
}
