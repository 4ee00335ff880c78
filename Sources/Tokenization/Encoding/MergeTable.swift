/// The merges of byte pair encoding by pair: open addressing over a power of two of slots.
///
/// A slot is left << 43 | right << 22 | rank, or `CacheSection.emptySlot`. Ranks say which of two merges is better, the
/// lower one. Where better merges make tokens of lower ids throughout, as they do in most tokenizers, the rank of a
/// merge is the id of its token; otherwise it is the place in the order of merges.
struct MergeTable {
  private let slots: UnsafePointer<UInt64>
  private let mask: Int
  private let shift: UInt64
  /// The token that each merge makes; nil where that is its rank.
  private let merged: UnsafePointer<UInt32>?
  /// The ranks of the merges of two bytes' tokens: that of (a, b) at a << 8 | b.
  private let bytePairs: UnsafePointer<UInt32>

  /// Ranks that merges may have are below this.
  let rankCount: Int

  /// Ranks are below this, which is the rank of no merge.
  static let noRank: UInt32 = 1 << 22 - 1
  /// Token ids are below this.
  static let maximumId: UInt32 = 1 << 21 - 1

  /// The table in a compiled tokenizer; nil when some number leads outside.
  ///
  /// - Parameters:
  ///   - slots: the slots.
  ///   - merged: the token that each merge makes, or nothing.
  ///   - bytePairs: 65,536 ranks.
  ///   - vocabularySize: tokens must be below it.
  init?(
    slots: UnsafeBufferPointer<UInt64>, merged: UnsafeBufferPointer<UInt32>,
    bytePairs: UnsafeBufferPointer<UInt32>, vocabularySize: UInt32
  ) {
    let limit = merged.isEmpty ? vocabularySize : UInt32(clamping: merged.count)
    guard slots.count >= 2, slots.count & (slots.count - 1) == 0, let slotBase = slots.baseAddress,
      slots.holdsThroughout({
        let rank = UInt32(truncatingIfNeeded: $0) & Self.noRank
        return rank < limit || rank == Self.noRank
      }),
      merged.holdsThroughout({ $0 < vocabularySize }), bytePairs.count == 1 << 16,
      let pairBase = bytePairs.baseAddress,
      bytePairs.holdsThroughout({ $0 < limit || $0 == Self.noRank })
    else { return nil }
    rankCount = Int(limit)
    self.slots = slotBase
    mask = slots.count - 1
    shift = UInt64(64 - slots.count.trailingZeroBitCount)
    self.merged = merged.isEmpty ? nil : merged.baseAddress
    self.bytePairs = pairBase
  }

  /// The rank of the merge of a pair, or `noRank`.
  @inline(__always)
  func rank(_ left: UInt32, _ right: UInt32) -> UInt32 {
    let pair = Self.key(left, right)
    let slot = Self.slot(pair, shift)
    return rank(pair, slot, slots[slot])
  }

  /// The ranks of the merges of the first two tokens of three and of the last two, or `noRank`. The first and the last may
  /// be `CacheSection.none`, which has no merge.
  ///
  /// Both places are read before either is looked at, as neither is likely to be in the processor's cache.
  @inline(__always)
  func ranks(_ first: UInt32, _ second: UInt32, _ third: UInt32) -> (UInt32, UInt32) {
    let before = Self.key(first, second)
    let after = Self.key(second, third)
    let slotBefore = Self.slot(before, shift)
    let slotAfter = Self.slot(after, shift)
    let entryBefore = slots[slotBefore]
    let entryAfter = slots[slotAfter]
    return (rank(before, slotBefore, entryBefore), rank(after, slotAfter, entryAfter))
  }

  /// The rank of a pair's merge, looked for from an entry on.
  @inline(__always)
  private func rank(_ pair: UInt64, _ slot: Int, _ entry: UInt64) -> UInt32 {
    var slot = slot
    var entry = entry
    // A damaged table may have no empty slot.
    for _ in 0...mask {
      if entry ^ pair <= UInt64(Self.noRank) { return UInt32(truncatingIfNeeded: entry) & Self.noRank }
      if entry == CacheSection.emptySlot { break }
      slot = (slot &+ 1) & mask
      entry = slots[slot]
    }
    return Self.noRank
  }

  /// The rank of the merge of two bytes' tokens, or `noRank`. These are looked up most, and few of them for the
  /// most part, so they have a table of their own.
  @inline(__always)
  func rank(ofBytes left: UInt8, _ right: UInt8) -> UInt32 { bytePairs[Int(left) << 8 | Int(right)] }

  /// The token that a merge makes.
  @inline(__always)
  func token(_ rank: UInt32) -> UInt32 { merged.map { $0[Int(rank)] } ?? rank }

  @inline(__always)
  private static func key(_ left: UInt32, _ right: UInt32) -> UInt64 {
    UInt64(left) &<< 43 | UInt64(right & maximumId) &<< 22
  }

  @inline(__always)
  private static func slot(_ key: UInt64, _ shift: UInt64) -> Int {
    Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) &>> shift)
  }
}

extension MergeTable {
  /// A table on its way to the compiled form.
  struct Builder {
    let slots: [UInt64]
    let merged: [UInt32]
    let bytePairs: [UInt32]

    /// - Parameters:
    ///   - merges: pairs, best first, and the token that each makes. The last of several merges of a pair counts.
    ///   - byteTokens: the token of each byte, or `CacheSection.none`.
    init(_ merges: [(left: UInt32, right: UInt32, token: UInt32)], byteTokens: [UInt32]) {
      let isInOrder = zip(merges, merges.dropFirst()).allSatisfy { $0.token < $1.token }
      merged = isInOrder ? [] : merges.map(\.token)
      var capacity = 2
      while capacity * 7 < merges.count * 10 { capacity *= 2 }
      let shift = UInt64(64 - capacity.trailingZeroBitCount)
      var slots = [UInt64](repeating: CacheSection.emptySlot, count: capacity)
      var bytePairs = [UInt32](repeating: noRank, count: 1 << 16)
      var bytes: [UInt32: Int] = [:]
      for (byte, token) in byteTokens.enumerated() where token != CacheSection.none { bytes[token] = byte }
      for (place, merge) in merges.enumerated() {
        let rank = isInOrder ? merge.token : UInt32(place)
        let key = key(merge.left, merge.right)
        var slot = slot(key, shift)
        while slots[slot] != CacheSection.emptySlot, slots[slot] ^ key > UInt64(noRank) {
          slot = (slot + 1) & (capacity - 1)
        }
        slots[slot] = key | UInt64(rank)
        if let left = bytes[merge.left], let right = bytes[merge.right] {
          bytePairs[left << 8 | right] = rank
        }
      }
      self.slots = slots
      self.bytePairs = bytePairs
    }
  }
}
