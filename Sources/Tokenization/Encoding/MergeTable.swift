/// The merges of byte pair encoding by pair, each in a place of its own.
///
/// A slot is left << 43 | right << 22 | rank, or `CacheSection.emptySlot`. Ranks say which of two merges
/// is better, the lower one. Where better merges make tokens of lower ids throughout, as they do in most
/// tokenizers, the rank of a merge is the id of its token; otherwise it is the place in the order of merges.
struct MergeTable {
  private let slots: UnsafePointer<UInt64>
  private let hash: PerfectHash
  /// The token that each merge makes; nil where that is its rank.
  private let merged: UnsafePointer<UInt32>?
  /// The ranks of the merges of two bytes' tokens: that of (a, b) at a << 8 | b.
  private let bytePairs: UnsafePointer<UInt32>

  /// Ranks that merges may have are below this.
  let rankCount: UInt32

  /// Ranks are below this, which is the rank of no merge.
  static let noRank: UInt32 = 1 << 22 - 1
  /// Token ids are below this.
  static let maximumId: UInt32 = 1 << 21 - 1

  /// The table in a compiled tokenizer; nil when some number leads outside.
  ///
  /// - Parameters:
  ///   - slots: the slots.
  ///   - pilots: those of the pairs' `PerfectHash`.
  ///   - merged: the token that each merge makes, or nothing.
  ///   - bytePairs: 65,536 ranks.
  ///   - vocabularySize: tokens must be below it.
  init?(
    slots: UnsafeBufferPointer<UInt64>, pilots: UnsafeBufferPointer<UInt8>,
    merged: UnsafeBufferPointer<UInt32>, bytePairs: UnsafeBufferPointer<UInt32>, vocabularySize: UInt32
  ) {
    let limit = merged.isEmpty ? vocabularySize : UInt32(clamping: merged.count)
    guard let hash = PerfectHash(pilots: pilots, capacity: slots.count), let slotBase = slots.baseAddress,
      merged.holdsThroughout({ $0 < vocabularySize }), bytePairs.count == 1 << 16,
      let pairBase = bytePairs.baseAddress,
      bytePairs.holdsThroughout({ $0 < limit || $0 == Self.noRank })
    else { return nil }
    rankCount = limit
    self.slots = slotBase
    self.hash = hash
    self.merged = merged.isEmpty ? nil : merged.baseAddress
    self.bytePairs = pairBase
  }

  /// The rank of the merge of a pair, or `noRank`. Either token may be `CacheSection.none`,
  /// which has no merge.
  @inline(__always)
  func rank(_ left: UInt32, _ right: UInt32) -> UInt32 {
    let pair = Self.pair(left, right)
    let slot = slots[hash.place(pair)]
    let rank = UInt32(truncatingIfNeeded: slot) & Self.noRank
    // Here and not when a tokenizer is opened: the slots of a damaged table may have any ranks.
    return slot &>> 22 == pair && rank < rankCount ? rank : Self.noRank
  }

  /// The rank of the merge of two bytes' tokens, or `noRank`. These are looked up most, and few of them for
  /// the most part, so they have a table of their own.
  @inline(__always)
  func rank(ofBytes left: UInt8, _ right: UInt8) -> UInt32 { bytePairs[Int(left) << 8 | Int(right)] }

  /// The token that a merge makes.
  @inline(__always)
  func token(_ rank: UInt32) -> UInt32 { merged.map { $0[Int(rank)] } ?? rank }

  /// A pair as one number: that of a slot without the rank.
  @inline(__always)
  private static func pair(_ left: UInt32, _ right: UInt32) -> UInt64 {
    UInt64(left & maximumId) &<< 21 | UInt64(right & maximumId)
  }
}

extension MergeTable {
  /// A table on its way to the compiled form.
  struct Builder {
    let slots: [UInt64]
    let pilots: [UInt8]
    let merged: [UInt32]
    let bytePairs: [UInt32]

    /// - Parameters:
    ///   - merges: pairs, best first, and the token that each makes. The last of several
    ///     merges of a pair counts.
    ///   - byteTokens: the token of each byte, or `CacheSection.none`.
    /// - Throws: `TokenizerError` for pairs that were made to have no `PerfectHash`.
    init(
      _ merges: [(left: UInt32, right: UInt32, token: UInt32)], byteTokens: [UInt32]
    ) throws(TokenizerError) {
      let pairs = merges.map { MergeTable.pair($0.left, $0.right) }
      guard let hash = PerfectHash.Builder(pairs) else { throw .malformed("its merges cannot be told apart") }
      let isInOrder = zip(merges, merges.dropFirst()).allSatisfy { $0.token < $1.token }
      merged = isInOrder ? [] : merges.map(\.token)
      var slots = [UInt64](repeating: CacheSection.emptySlot, count: hash.capacity)
      var bytePairs = [UInt32](repeating: noRank, count: 1 << 16)
      var bytes: [UInt32: Int] = [:]
      for (byte, token) in byteTokens.enumerated() where token != CacheSection.none { bytes[token] = byte }
      for (number, place) in hash.places(pairs).enumerated() {
        let merge = merges[number]
        let rank = isInOrder ? merge.token : UInt32(number)
        slots[place] = pairs[number] << 22 | UInt64(rank)
        if let left = bytes[merge.left], let right = bytes[merge.right] {
          bytePairs[left << 8 | right] = rank
        }
      }
      self.slots = slots
      pilots = hash.pilots
      self.bytePairs = bytePairs
    }
  }
}
