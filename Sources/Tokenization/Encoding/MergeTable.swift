/// The merges of byte pair encoding by pair: open addressing over a power of two of slots.
///
/// A slot is left << 43 | right << 22 | rank, or `CacheSection.emptySlot`; the token that rank makes stands in another
/// array. A rank is the place in the order of merges; lower is better.
struct MergeTable {
  private let slots: UnsafePointer<UInt64>
  private let mask: Int
  private let shift: UInt64
  /// The token that each merge makes.
  private let merged: UnsafePointer<UInt32>

  /// There are fewer merges than this, which is the rank of none.
  static let noRank: UInt32 = 1 << 22 - 1
  /// Token ids are below this.
  static let maximumId = 1 << 21 - 1

  /// The table in a compiled tokenizer; nil when some number leads outside.
  ///
  /// - Parameters:
  ///   - slots: the slots.
  ///   - merged: the token that each merge makes.
  init?(slots: UnsafeBufferPointer<UInt64>, merged: UnsafeBufferPointer<UInt32>) {
    guard slots.count >= 2, slots.count & (slots.count - 1) == 0, let slotBase = slots.baseAddress,
      slots.allSatisfy({ Int($0 & UInt64(Self.noRank)) < merged.count || $0 == CacheSection.emptySlot }),
      let mergedBase = merged.baseAddress
    else { return nil }
    self.slots = slotBase
    mask = slots.count - 1
    shift = UInt64(64 - slots.count.trailingZeroBitCount)
    self.merged = mergedBase
  }

  /// The rank of the merge of a pair, or `noRank`.
  @inline(__always)
  func rank(_ left: UInt32, _ right: UInt32) -> UInt32 {
    let pair = Self.key(left, right)
    var slot = Self.slot(pair, shift)
    // A damaged table may have no empty slot.
    for _ in 0...mask {
      let entry = slots[slot]
      if entry ^ pair <= UInt64(Self.noRank) { return UInt32(truncatingIfNeeded: entry) & Self.noRank }
      if entry == CacheSection.emptySlot { break }
      slot = (slot &+ 1) & mask
    }
    return Self.noRank
  }

  /// The token that a merge makes.
  @inline(__always)
  func token(_ rank: UInt32) -> UInt32 { merged[Int(rank)] }

  @inline(__always)
  private static func key(_ left: UInt32, _ right: UInt32) -> UInt64 {
    UInt64(left) &<< 43 | UInt64(right) &<< 22
  }

  @inline(__always)
  private static func slot(_ key: UInt64, _ shift: UInt64) -> Int {
    Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) &>> shift)
  }

  /// The slots of a table of these pairs, in order of rank, at most three quarters of them in use. A later merge of
  /// the same pair takes the place of an earlier one.
  static func build(_ merges: [(left: UInt32, right: UInt32)]) -> [UInt64] {
    var capacity = 2
    while capacity * 3 < merges.count * 4 { capacity *= 2 }
    let shift = UInt64(64 - capacity.trailingZeroBitCount)
    var slots = [UInt64](repeating: CacheSection.emptySlot, count: capacity)
    for (rank, merge) in merges.enumerated() {
      let key = key(merge.left, merge.right)
      var slot = slot(key, shift)
      while slots[slot] != CacheSection.emptySlot, slots[slot] ^ key > UInt64(noRank) {
        slot = (slot + 1) & (capacity - 1)
      }
      slots[slot] = key | UInt64(rank)
    }
    return slots
  }
}
