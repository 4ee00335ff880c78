/// A `SplitTable` for two symbols a step.
///
/// The steps of an automaton wait for each other, so half as many take half the time. A row has an entry for each pair
/// of symbols, that of (a, b) at a × stride + b, and begins at the offset of the state's row in the `SplitTable` <<
/// `rowShift`. An entry is the offset of the next state's row << 3 | flags.
struct SplitPairTable: ~Copyable {
  let transitions: UnsafeMutablePointer<UInt32>
  /// Whether there is no table, as it would be a large one.
  let isEmpty: Bool
  /// The number of symbols is at most 2 to this power.
  let rowShift: Int
  private let stride: Int

  static let flagBits: UInt32 = 3
  /// A piece ends before the first symbol, before the second one.
  static let endsBeforeFirst: UInt32 = 1
  static let endsBeforeSecond: UInt32 = 2
  /// One of the two steps is a special one; see `SplitTable.isSpecial`.
  static let isSpecial: UInt32 = 4

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
          var entry = (next >> SplitTable.flagBits) << (UInt32(rowShift) + Self.flagBits)
          if step & SplitTable.endsHere != 0 { entry |= Self.endsBeforeFirst }
          if next & SplitTable.endsHere != 0 { entry |= Self.endsBeforeSecond }
          if (step | next) & SplitTable.isSpecial != 0 { entry |= Self.isSpecial }
          transitions[row << rowShift + first * stride + second] = entry
        }
      }
    }
  }

  deinit { transitions.deallocate() }

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
