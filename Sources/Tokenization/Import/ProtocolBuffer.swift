/// Reads the fields of a message in the wire format of protocol buffers, every length checked.
struct ProtocolBuffer {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// What a field holds.
  enum Value {
    case integer(UInt64)
    case fixed32(UInt32)
    case fixed64(UInt64)
    /// A string, bytes or a message.
    case bytes(UnsafeRawBufferPointer)
  }

  /// The next field; nil at the end.
  ///
  /// - Throws: `TokenizerError.malformed` where the bytes are no message.
  mutating func next() throws(TokenizerError) -> (number: UInt64, value: Value)? {
    guard position < bytes.count else { return nil }
    let key = try varint()
    let value: Value
    switch key & 7 {
    case 0: value = .integer(try varint())
    case 1: value = .fixed64(try number(UInt64.self))
    case 2:
      guard let count = Int(exactly: try varint()), count <= bytes.count - position else {
        throw Self.cutShort
      }
      value = .bytes(UnsafeRawBufferPointer(rebasing: bytes[position..<position + count]))
      position += count
    case 5: value = .fixed32(try number(UInt32.self))
    default: throw .malformed("a protocol buffer with a field of type \(key & 7)")
    }
    return (key >> 3, value)
  }

  private static let cutShort = TokenizerError.malformed("a protocol buffer that is cut short")

  private mutating func varint() throws(TokenizerError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard position < bytes.count else { throw Self.cutShort }
      let byte = bytes[position]
      position += 1
      value |= shift < 64 ? UInt64(byte & 0x7F) << shift : 0
      if byte < 0x80 { return value }
    }
    throw .malformed("a protocol buffer with a number of over 10 bytes")
  }

  private mutating func number<Number: FixedWidthInteger>(_: Number.Type) throws(TokenizerError) -> Number {
    let size = MemoryLayout<Number>.size
    guard size <= bytes.count - position else { throw Self.cutShort }
    defer { position += size }
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Number.self))
  }
}
