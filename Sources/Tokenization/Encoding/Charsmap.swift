/// SentencePiece's map of characters to what they are normalized to (`precompiled_charsmap`): a double-array
/// trie (Darts) of keys, whose values are places in a block of strings that end in zeros.
///
/// The blob is the trie's length in bytes as 4 bytes, the trie, the strings; all little-endian.
struct Charsmap {
  private let units: [UInt32]
  private let strings: [UInt8]

  /// nil when the blob is damaged.
  init?(_ blob: [UInt8]) {
    func word(_ offset: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(blob[offset + $1]) << UInt32(8 * $1) }
    }
    guard blob.count > 4 else { return nil }
    let length = Int(word(0))
    guard length >= 1024, length.isMultiple(of: 1024), length < blob.count - 4 else { return nil }
    units = stride(from: 4, to: 4 + length, by: 4).map(word)
    strings = Array(blob[(4 + length)...])
    guard strings.last == 0, strings.withUnsafeBytes({ firstInvalidByte($0) }) == nil else { return nil }
  }

  /// What the text at a place is normalized to.
  ///
  /// - Parameters:
  ///   - text: well-formed UTF-8.
  ///   - range: the part to look at.
  ///   - longest: whether the longest key counts or the shortest one.
  /// - Returns: the string and where the key ends; nil where no key begins.
  func match(
    _ text: UnsafePointer<UInt8>, _ range: Range<Int>, longest: Bool
  ) -> (string: ArraySlice<UInt8>, end: Int)? {
    var found: (value: Int, end: Int)?
    var unit = units[0]
    var node = Self.offset(unit)
    for index in range {
      node ^= Int(text[index])
      guard node < units.count else { break }
      unit = units[node]
      guard unit & 0x8000_00FF == UInt32(text[index]) else { break }
      node ^= Self.offset(unit)
      guard unit >> 8 & 1 != 0 else { continue }
      guard node < units.count else { break }
      let end = index + 1
      // Keys are whole characters unless the map is damaged.
      guard end == range.upperBound || text[end] & 0xC0 != 0x80 else { continue }
      found = (Int(units[node] & 0x7FFF_FFFF), end)
      if !longest { break }
    }
    guard let (value, end) = found, value < strings.count, strings[value] & 0xC0 != 0x80,
      let stop = strings[value...].firstIndex(of: 0)
    else { return nil }
    return (strings[value..<stop], end)
  }

  private static func offset(_ unit: UInt32) -> Int { Int((unit >> 10) << ((unit & 0x200) >> 6)) }
}
