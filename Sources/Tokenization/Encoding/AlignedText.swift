/// A text that is changed step by step, and for each of its bytes the part of the given text it stands for.
///
/// The rules are the reference's (`NormalizedString` of Hugging Face tokenizers): a character that replaces
/// another stands for it, one that is added stands for what the character before it stands for, and what
/// characters that are removed stood for is lost. All bytes of a character stand for the same part.
///
/// A change is made in one pass from the beginning: `begin`, then `keep`, `put` and `drop` in any order.
/// What is not kept in the end is removed.
struct AlignedText {
  private(set) var bytes: [UInt8] = []
  /// For each byte, where its part of the given text begins and where that ends.
  private(set) var parts: [SIMD2<UInt32>] = []

  /// The text before the change under way, and how far it has been read.
  private(set) var old: [UInt8] = []
  private(set) var oldParts: [SIMD2<UInt32>] = []
  private(set) var position = 0

  /// Replaces all by a text that stands for itself.
  ///
  /// - Parameters:
  ///   - text: well-formed UTF-8.
  ///   - count: its length in bytes.
  ///   - offset: where it begins in the given text.
  mutating func set(_ text: UnsafePointer<UInt8>, count: Int, offset: Int) {
    bytes.removeAll(keepingCapacity: true)
    parts.removeAll(keepingCapacity: true)
    append(text, 0..<count, offset: offset)
  }

  /// Appends a part of a text that stands for itself; see `set`.
  mutating func append(_ text: UnsafePointer<UInt8>, _ range: Range<Int>, offset: Int) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text + range.lowerBound, count: range.count))
    parts.reserveCapacity(bytes.count)
    var here = range.lowerBound
    while here < range.upperBound {
      let length = text[here] < 0x80 ? 1 : decodeScalar(text + here).count
      let part = SIMD2(
        UInt32(truncatingIfNeeded: offset + here), UInt32(truncatingIfNeeded: offset + here + length))
      for _ in 0..<length { parts.append(part) }
      here += length
    }
  }

  /// Begins a change.
  mutating func begin() {
    swap(&bytes, &old)
    swap(&parts, &oldParts)
    bytes.removeAll(keepingCapacity: true)
    parts.removeAll(keepingCapacity: true)
    position = 0
  }

  /// Keeps what follows up to `end`.
  mutating func keep(to end: Int) {
    guard position < end else { return }
    bytes += old[position..<end]
    parts += oldParts[position..<end]
    position = end
  }

  /// Keeps the rest.
  mutating func keepRest() { keep(to: old.count) }

  /// Leaves out what follows up to `end`.
  mutating func drop(to end: Int) { position = max(position, end) }

  /// Puts a character.
  ///
  /// - Parameters:
  ///   - code: the character.
  ///   - change: 0 if it replaces the next one, -n if it replaces the next one and n more are left
  ///     out after that, 1 if it is added.
  mutating func put(_ code: UInt32, change: Int) {
    let source = change > 0 ? position - 1 : position
    let part = oldParts.indices.contains(source) ? oldParts[source] : SIMD2()
    let (encoded, count) = utf8(code)
    withUnsafeBytes(of: encoded) { bytes.append(contentsOf: $0.prefix(count)) }
    for _ in 0..<count { parts.append(part) }
    for _ in 0..<max(0, 1 - change) { skipCharacter() }
  }

  /// Puts a string as characters that are added.
  mutating func put(added string: [UInt8]) {
    let part = oldParts.indices.contains(position - 1) ? oldParts[position - 1] : SIMD2()
    bytes += string
    for _ in string { parts.append(part) }
  }

  /// Puts a string that replaces all up to `end`.
  mutating func put(_ string: [UInt8], replacingTo end: Int) {
    guard position < end, end <= oldParts.count else { return }
    let part = SIMD2(oldParts[position].x, oldParts[end - 1].y)
    bytes += string
    for _ in string { parts.append(part) }
    position = end
  }

  /// Removes a string from the end of the text as often as it is there.
  mutating func dropLast(_ string: [UInt8]) {
    while !string.isEmpty, bytes.suffix(string.count).elementsEqual(string) {
      bytes.removeLast(string.count)
      parts.removeLast(string.count)
    }
  }

  /// Puts a string before the rest, which is not empty; it stands for what the rest's
  /// first character stands for.
  mutating func put(before string: [UInt8]) {
    guard oldParts.indices.contains(position) else { return }
    bytes += string
    for _ in string { parts.append(oldParts[position]) }
  }

  /// The next character of the text before the change; nil at its end.
  func next() -> (code: UInt32, count: Int)? {
    guard position < old.count else { return nil }
    return old.withUnsafeBufferPointer { bytes in bytes.baseAddress.map { scalar($0 + position) } }
  }

  mutating func skipCharacter() {
    if let (_, count) = next() { position += count }
  }

  /// Replaces each byte up to `end` by the character that spells it.
  mutating func spellBytes(to end: Int) {
    while position < end, let (_, count) = next() {
      let start = position
      for index in 0..<count {
        put(ByteLevel.characters[Int(old[start + index])], change: index == 0 ? 0 : 1)
      }
    }
  }
}
