/// The spelling of bytes as characters that byte-level vocabularies use (GPT-2's `bytes_to_unicode`):
/// printable Latin-1 stands for itself, the other 68 bytes for U+0100 and up in order.
enum ByteLevel {
  /// The character of each byte.
  static let characters: [UInt32] = {
    var next: UInt32 = 0x100
    return (0..<256).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return UInt32(byte)
      default:
        next += 1
        return next - 1
      }
    }
  }()

  /// The byte of each character below U+0144.
  private static let bytes: [UInt8?] = {
    var result = [UInt8?](repeating: nil, count: 0x144)
    for (byte, character) in characters.enumerated() { result[Int(character)] = UInt8(byte) }
    return result
  }()

  /// Appends the bytes that a token's string spells; appends nothing and returns false when some character of
  /// it spells no byte.
  static func append(_ string: some Collection<UInt8>, to target: inout [UInt8]) -> Bool {
    let start = target.count
    var index = string.startIndex
    while index < string.endIndex {
      let first = string[index]
      index = string.index(after: index)
      var character = UInt32(first)
      if first >= 0x80 {
        // All these characters are below U+0144, so two bytes of UTF-8 at most.
        guard first & 0xE0 == 0xC0, index < string.endIndex else {
          target.removeLast(target.count - start)
          return false
        }
        character = UInt32(first & 0x1F) << 6 | UInt32(string[index] & 0x3F)
        index = string.index(after: index)
      }
      guard character < bytes.count, let byte = bytes[Int(character)] else {
        target.removeLast(target.count - start)
        return false
      }
      target.append(byte)
    }
    return true
  }

  /// The string that spells one byte, in UTF-8.
  static func string(of byte: UInt8) -> [UInt8] {
    let character = characters[Int(byte)]
    return character < 0x80
      ? [UInt8(character)] : [UInt8(0xC0 | character >> 6), UInt8(0x80 | character & 0x3F)]
  }
}
