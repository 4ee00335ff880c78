/// Token strings by id and ids by string, as a tokenizer's source spells them.
///
/// Strings are bytes in one buffer and the index is one flat table: nothing is allocated per token.
struct Vocabulary {
  /// Where each id's string lies in `text`; nil for ids that no token has.
  private(set) var ranges: [Range<Int>?] = []
  private(set) var text: [UInt8] = []
  /// Open addressing: id + 1, or 0 for an empty slot. The capacity is a power of two.
  private var slots: [UInt32] = [UInt32](repeating: 0, count: 1024)
  private(set) var count = 0

  /// Ids are below this; larger ones are taken for a damaged source.
  static let maximumSize = MergeTable.maximumId

  /// The ids from 0 up to this cover all tokens.
  var size: Int { ranges.count }

  /// The bytes of a token's string; empty for an id that no token has.
  func string(_ id: UInt32) -> ArraySlice<UInt8> {
    guard Int(id) < ranges.count, let range = ranges[Int(id)] else { return [] }
    return text[range]
  }

  /// The string as text, for messages and names.
  func name(_ id: UInt32) -> String { String(decoding: string(id), as: UTF8.self) }

  /// Adds a token.
  ///
  /// - Parameters:
  ///   - string: its string.
  ///   - id: its id.
  ///   - replacing: of tokens with equal strings, this one is found by it from now on.
  /// - Throws: `TokenizerError.malformed` when the id is out of range or taken, or the string is
  ///   taken and `replacing` is false.
  mutating func insert(
    _ string: some Collection<UInt8>, id: Int, replacing: Bool = false
  ) throws(TokenizerError) {
    guard id >= 0, id < Self.maximumSize else { throw .malformed("token id \(id) is out of range") }
    if count * 2 >= slots.count { grow() }
    let start = text.count
    text.append(contentsOf: string)
    let slot = slot(start..<text.count)
    guard slots[slot] == 0 || replacing else {
      throw .malformed("two tokens are spelled '\(String(decoding: string, as: UTF8.self))'")
    }
    if id >= ranges.count { ranges += Array(repeating: nil, count: id + 1 - ranges.count) }
    guard ranges[id] == nil else {
      throw .malformed(
        "two tokens have the id \(id): '\(name(UInt32(id)))' and '\(String(decoding: string, as: UTF8.self))'"
      )
    }
    ranges[id] = start..<text.count
    slots[slot] = UInt32(id) + 1
    count += 1
  }

  /// The id of a string.
  func id(of string: some Collection<UInt8>) -> UInt32? {
    string.withContiguousStorageIfAvailable { id(of: UnsafeRawBufferPointer($0)) }
      ?? Array(string).withUnsafeBytes { id(of: $0) }
  }

  private func id(of string: UnsafeRawBufferPointer) -> UInt32? {
    let found = slots[slot(of: string)]
    return found == 0 ? nil : found - 1
  }

  /// Whether a token is the one that is found by its string; of tokens with equal strings, one is.
  func isFound(_ id: UInt32) -> Bool {
    guard Int(id) < ranges.count, let range = ranges[Int(id)] else { return false }
    return slots[slot(range)] == id + 1
  }

  /// The id of the token spelled as the two tokens' strings together.
  func id(joining left: UInt32, _ right: UInt32) -> UInt32? {
    guard Int(left) < ranges.count, Int(right) < ranges.count, let first = ranges[Int(left)],
      let second = ranges[Int(right)]
    else { return nil }
    return withUnsafeTemporaryAllocation(byteCount: first.count + second.count, alignment: 1) { joined in
      text.withUnsafeBytes { text in
        joined.copyBytes(from: text[first])
        UnsafeMutableRawBufferPointer(rebasing: joined[first.count...]).copyBytes(from: text[second])
      }
      return id(of: UnsafeRawBufferPointer(joined))
    }
  }

  /// The slot that holds the string at `range`, or the empty one where it belongs.
  private func slot(_ range: Range<Int>) -> Int {
    text.withUnsafeBytes { slot(of: UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  /// The slot that holds a string, or the empty one where it belongs.
  private func slot(of string: UnsafeRawBufferPointer) -> Int {
    text.withUnsafeBytes { text in
      var slot = Int(truncatingIfNeeded: hashBytes(string) & UInt64(slots.count - 1))
      while slots[slot] != 0 {
        if let other = ranges[Int(slots[slot] - 1)], other.count == string.count,
          text[other].elementsEqual(string)
        {
          return slot
        }
        slot = (slot + 1) & (slots.count - 1)
      }
      return slot
    }
  }

  private mutating func grow() {
    slots = [UInt32](repeating: 0, count: slots.count * 2)
    for (id, range) in ranges.enumerated() {
      guard let range else { continue }
      slots[slot(range)] = UInt32(id) + 1
    }
  }
}
