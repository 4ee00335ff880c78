/// The tokens of at most 11 bytes that a piece equal to them becomes. They are most of any text, and one look at 16 bytes
/// finds them: open addressing over a power of two of slots.
///
/// A slot is two numbers: the first 8 bytes of the token, and the 3 others, its length from bit 24 and its id from bit
/// 32. The second number is 0 in an empty slot.
struct ShortWordTable {
  private let slots: UnsafePointer<SIMD2<UInt64>>
  private let mask: Int
  private let shift: UInt64

  /// The longest token in the table.
  static let maximumCount = 11

  /// The table in a compiled tokenizer; nil when some number leads outside.
  ///
  /// - Parameters:
  ///   - slots: the slots.
  ///   - vocabularySize: ids must be below it.
  init?(_ slots: UnsafeBufferPointer<SIMD2<UInt64>>, vocabularySize: UInt32) {
    guard slots.count >= 2, slots.count & (slots.count - 1) == 0, let base = slots.baseAddress,
      slots.holdsThroughout({ UInt32(truncatingIfNeeded: $0.y >> 32) < vocabularySize })
    else { return nil }
    self.slots = base
    mask = slots.count - 1
    shift = UInt64(64 - slots.count.trailingZeroBitCount)
  }

  /// The second number of a piece's slot without the id.
  @inline(__always)
  static func rest(_ key: PieceKey) -> UInt64 {
    key.high & 0xFF_FFFF | UInt64(truncatingIfNeeded: key.count) &<< 24
  }

  /// The token with at most `maximumCount` bytes, or `CacheSection.none`.
  @inline(__always)
  func find(_ key: PieceKey, hash: UInt64) -> UInt32 {
    let rest = Self.rest(key)
    var slot = Int(truncatingIfNeeded: hash &>> shift)
    // A damaged table may have no empty slot.
    for _ in 0...mask {
      let entry = slots[slot]
      if entry.x == key.low, entry.y & 0xFFFF_FFFF == rest {
        return UInt32(truncatingIfNeeded: entry.y &>> 32)
      }
      if entry.y == 0 { break }
      slot = (slot &+ 1) & mask
    }
    return CacheSection.none
  }

  /// The slots of a table of these tokens, one number after the other.
  static func build(_ tokens: [(id: UInt32, key: PieceKey)]) -> [UInt64] {
    var capacity = 2
    while capacity * 7 < tokens.count * 10 { capacity *= 2 }
    let shift = UInt64(64 - capacity.trailingZeroBitCount)
    var slots = [UInt64](repeating: 0, count: capacity * 2)
    for (id, key) in tokens {
      var slot = Int(key.hash >> shift)
      while slots[slot * 2 + 1] != 0 { slot = (slot + 1) & (capacity - 1) }
      slots[slot * 2] = key.low
      slots[slot * 2 + 1] = rest(key) | UInt64(id) << 32
    }
    return slots
  }
}
