/// A `SplitTable` for two symbols a step.
///
/// The steps of an automaton wait for each other, so half as many take half the time. A row has an entry for
/// each pair of symbols, that of (a, b) at a × stride + b, and begins at the offset of the state's row in the
/// `SplitTable` << `rowShift`. Entries are those of `grape_run_lanes`.
struct SplitPairTable: ~Copyable {
  let transitions: UnsafeMutablePointer<UInt32>
  /// Whether there is no table, as it would be a large one.
  let isEmpty: Bool
  /// The number of symbols is at most 2 to this power.
  let rowShift: Int
  private let stride: Int

  private static let endsAtFirst: UInt32 = 1
  /// One of the two steps is one that must be taken by itself.
  private static let isSpecial: UInt32 = 2
  private static let endsAtSecond: UInt32 = 1 << 16
  private static let rowBits: UInt32 = 17

  /// Larger tables would not stay in the processor's nearest caches.
  private static let maximumCount = 1 << 16

  init(_ table: SplitTable) {
    stride = table.stride
    rowShift = Int.bitWidth - (stride - 1).leadingZeroBitCount
    let count = (table.stateCount * stride) << rowShift
    isEmpty = count > Self.maximumCount
    transitions = .allocate(capacity: isEmpty ? 1 : count)
    transitions.initialize(repeating: 0, count: isEmpty ? 1 : count)
    guard !isEmpty else { return }
    for row in Swift.stride(from: 0, to: table.stateCount * stride, by: stride) {
      for first in 0..<stride {
        let step = table.transitions[row + first]
        let target = table.transitions + Int(step >> SplitTable.flagBits)
        for second in 0..<stride {
          let next = target[second]
          var entry = halfOffset(of: Int(next >> SplitTable.flagBits)) << Self.rowBits
          if step & SplitTable.endsHere != 0 { entry |= Self.endsAtFirst }
          if next & SplitTable.endsHere != 0 { entry |= Self.endsAtSecond }
          if next & SplitTable.endsBefore != 0, first != Int(table.continuationSymbol) {
            // The last character before the second symbol is the first symbol.
            entry |= Self.endsAtFirst
          } else if next & SplitTable.endsBefore != 0 {
            entry |= Self.isSpecial
          }
          if step & SplitTable.isSpecial != 0 || next & SplitTable.isUnknown != 0 { entry |= Self.isSpecial }
          transitions[row << rowShift + first * stride + second] = entry
        }
      }
    }
  }

  deinit { transitions.deallocate() }

  /// Half of where the row of a state begins, by that of its row in the `SplitTable`.
  func halfOffset(of row: Int) -> UInt32 { UInt32(truncatingIfNeeded: row &<< (rowShift &- 1)) }

  /// The other way around.
  func row(ofHalfOffset offset: UInt32) -> Int { Int(offset) &>> (rowShift &- 1) }

  /// The number of each pair of neighbors among symbols: the first is that of the first two.
  ///
  /// - Parameters:
  ///   - symbols: one more than there are pairs.
  ///   - count: how many pairs.
  ///   - pairs: receives the numbers.
  func number(_ symbols: UnsafePointer<UInt8>, count: Int, _ pairs: UnsafeMutablePointer<UInt16>) {
    let stride = UInt16(truncatingIfNeeded: stride)
    for index in 0..<count {
      pairs[index] = UInt16(symbols[index]) &* stride &+ UInt16(symbols[index &+ 1])
    }
  }
}
