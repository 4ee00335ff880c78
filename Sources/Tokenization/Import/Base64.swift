/// Base64 with padding (RFC 4648, section 4), as rank files spell tokens.
enum Base64 {
  /// The value of each ASCII character, or 64 for those that have none.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 64, count: 256)
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for (value, character) in alphabet.utf8.enumerated() { values[Int(character)] = UInt8(value) }
    return values
  }()

  /// Appends the bytes that the characters stand for.
  ///
  /// - Returns: false, with nothing appended, where they are no Base64.
  static func append(_ characters: some Collection<UInt8>, to bytes: inout [UInt8]) -> Bool {
    let padding = characters.suffix(2).count { $0 == UInt8(ascii: "=") }
    guard characters.count.isMultiple(of: 4) else { return false }
    let start = bytes.count
    var bits: UInt32 = 0
    var count = 0
    for character in characters.dropLast(padding) {
      let value = values[Int(character)]
      guard value < 64 else {
        bytes.removeLast(bytes.count - start)
        return false
      }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return true
  }
}
