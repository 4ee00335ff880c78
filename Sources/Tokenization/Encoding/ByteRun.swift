/// A set of ASCII bytes on which a state of an automaton stays in itself, as at most two ranges, laid out for
/// comparing 16 bytes at once. Only states that are matches whatever follows have one,
/// so a run can be skipped.
struct ByteRun {
  private var firstLow: SIMD16<UInt8>
  private var firstWidth: SIMD16<UInt8>
  private var secondLow: SIMD16<UInt8>
  private var secondWidth: SIMD16<UInt8>

  /// Bytes of a run in the compiled tokenizer.
  static let size = 64

  /// nil when the state has no such set, or it is too small to be worth it.
  init?(of state: Int, _ automaton: PatternAutomaton, asciiClasses: [UInt8]) {
    guard state != PatternAutomaton.dead, automaton.isMatchWhateverFollows(state) else { return nil }
    let members = CodePointSet(
      asciiClasses.enumerated().filter { automaton.step(state, Int($0.element)).next == state }.map {
        UInt32($0.offset)...UInt32($0.offset)
      })
    let ranges = members.ranges
    guard (1...2).contains(ranges.count), ranges.reduce(0, { $0 + $1.count }) >= 8 else { return nil }
    func low(_ range: ClosedRange<UInt32>) -> SIMD16<UInt8> { SIMD16(repeating: UInt8(range.lowerBound)) }
    func width(_ range: ClosedRange<UInt32>) -> SIMD16<UInt8> { SIMD16(repeating: UInt8(range.count - 1)) }
    firstLow = low(ranges[0])
    firstWidth = width(ranges[0])
    secondLow = low(ranges[ranges.count - 1])
    secondWidth = width(ranges[ranges.count - 1])
  }

  /// The run that no state has, which stands first.
  static let none = [UInt8](repeating: 0, count: size)

  /// The run as it is in the compiled tokenizer.
  var bytes: [UInt8] { withUnsafeBytes(of: self) { Array($0) } }

  /// The first place from `position` on that holds no byte of the set.
  @inline(__always)
  func end(_ text: UnsafePointer<UInt8>, from position: Int, to end: Int) -> Int {
    var here = position
    while here &+ 16 <= end {
      let bytes = UnsafeRawPointer(text + here).loadUnaligned(as: SIMD16<UInt8>.self)
      let others = (bytes &- firstLow .> firstWidth) .& (bytes &- secondLow .> secondWidth)
      let halves = unsafeBitCast(others, to: SIMD2<UInt64>.self)
      let low = halves[0].littleEndian.trailingZeroBitCount
      let high = halves[1].littleEndian.trailingZeroBitCount
      let length = (low == 64 ? 64 &+ high : low) / 8
      here &+= length
      if length < 16 { return here }
    }
    while here < end,
      text[here] &- firstLow[0] <= firstWidth[0] || text[here] &- secondLow[0] <= secondWidth[0]
    {
      here &+= 1
    }
    return here
  }
}
