/// A merge of byte pair encoding, as the compiled tokenizer has it.
struct Merge {
  var left: UInt32
  var right: UInt32
  /// The place in the order of merges; lower is better. Unique.
  var rank: UInt32
  /// The token that left and right together are.
  var merged: UInt32

  /// No merge: an empty slot of the table, and a rank worse than any.
  static let none = Merge(left: .max, right: .max, rank: .max, merged: .max)
}

/// The merges by pair: open addressing over a power of two of slots, at most half of them in use.
struct MergeTable {
  private let slots: UnsafePointer<Merge>
  private let mask: Int
  private let shift: UInt64

  /// - Parameter slots: a power of two of slots, which must outlive the table.
  init(_ slots: UnsafeBufferPointer<Merge>) {
    // The caller has checked that there are slots.
    self.slots = slots.baseAddress.unsafelyUnwrapped
    mask = slots.count - 1
    shift = UInt64(64 - slots.count.trailingZeroBitCount)
  }

  @inline(__always)
  private func slot(_ left: UInt32, _ right: UInt32) -> Int {
    Int(truncatingIfNeeded: ((UInt64(left) << 32 | UInt64(right)) &* 0x9E37_79B9_7F4A_7C15) >> shift)
  }

  /// The merge of a pair, or `Merge.none`.
  @inline(__always)
  func find(_ left: UInt32, _ right: UInt32) -> Merge {
    var slot = slot(left, right)
    // A damaged table may have no empty slot.
    for _ in 0...mask {
      let merge = slots[slot]
      if merge.left == left, merge.right == right { return merge }
      if merge.left == CacheSection.none { break }
      slot = (slot + 1) & mask
    }
    return .none
  }

  /// The slots of a table of these merges. A later merge of the same pair takes the place of an earlier one.
  static func build(_ merges: [Merge]) -> [Merge] {
    var capacity = 2
    while capacity < merges.count * 2 { capacity *= 2 }
    var slots = [Merge](repeating: .none, count: capacity)
    slots.withUnsafeMutableBufferPointer { slots in
      let table = MergeTable(UnsafeBufferPointer(slots))
      for merge in merges {
        var slot = table.slot(merge.left, merge.right)
        while slots[slot].left != CacheSection.none,
          slots[slot].left != merge.left || slots[slot].right != merge.right
        {
          slot = (slot + 1) & table.mask
        }
        slots[slot] = merge
      }
    }
    return slots
  }
}
