/// A `SplittingAutomaton` where it lies in the compiled tokenizer.
///
/// A row has an entry for each class of characters, one for the end of the text and one for the bytes
/// of a character after its first, which change nothing. An entry is the offset of the next state's row
/// << 3 | flags. Row 0 is the start.
struct SplitTable {
  let transitions: UnsafePointer<UInt32>
  let stride: Int
  let stateCount: Int
  private let surePairs: UnsafePointer<UInt8>

  static let flagBits: UInt32 = 3
  static let endsHere: UInt32 = 1
  static let endsBefore: UInt32 = 2
  static let isUnknown: UInt32 = 4
  /// Flags that are seldom there.
  static let isSpecial = endsBefore | isUnknown

  /// The symbols after those of the classes, of which there are `stride - 2`.
  var endSymbol: UInt8 { UInt8(truncatingIfNeeded: stride &- 2) }
  var continuationSymbol: UInt8 { UInt8(truncatingIfNeeded: stride &- 1) }

  /// More classes would leave no room for the other symbols in a byte.
  static let maximumClassCount = 254

  /// The table in a compiled tokenizer; nil when some number leads outside.
  init?(
    _ transitions: UnsafeBufferPointer<UInt32>, surePairs: UnsafeBufferPointer<UInt8>, classCount: Int
  ) {
    let stride = classCount + 2
    guard classCount <= Self.maximumClassCount, let base = transitions.baseAddress,
      transitions.count.isMultiple(of: stride), surePairs.count == stride * stride,
      let pairs = surePairs.baseAddress,
      transitions.allSatisfy({
        let row = Int($0 >> Self.flagBits)
        return row < transitions.count && row.isMultiple(of: stride)
      }),
      // No piece ends before it has begun.
      transitions.prefix(stride).allSatisfy({ $0 & (Self.endsHere | Self.isSpecial) == 0 }),
      // No piece ends within a character.
      Swift.stride(from: 0, to: transitions.count, by: stride).allSatisfy({
        transitions[$0 + stride - 1] == UInt32($0) << Self.flagBits
      }),
      (0..<stride).allSatisfy({
        pairs[$0 * stride + classCount] | pairs[$0 * stride + classCount + 1] == 0
      })
    else { return nil }
    self.transitions = base
    self.stride = stride
    stateCount = transitions.count / stride
    self.surePairs = pairs
  }

  /// Whether a piece ends between two symbols whatever is around them.
  @inline(__always)
  func isSure(_ first: UInt8, _ second: UInt8) -> Bool {
    surePairs[Int(first) &* stride &+ Int(second)] != 0
  }

  /// The sections of an automaton; nil when it has too many classes or states.
  static func build(_ automaton: SplittingAutomaton) -> (transitions: [UInt32], surePairs: [UInt8])? {
    let classCount = automaton.isSure.count
    let stride = classCount + 2
    guard classCount <= maximumClassCount, automaton.rows.count * stride < 1 << (32 - flagBits) else {
      return nil
    }
    var transitions: [UInt32] = []
    for (number, row) in automaton.rows.enumerated() {
      for step in row {
        let flags =
          (step.endsHere ? endsHere : 0) | (step.endsBefore ? endsBefore : 0)
          | (step.isUnknown ? isUnknown : 0)
        transitions.append(UInt32(step.next * stride) << flagBits | flags)
      }
      transitions.append(UInt32(number * stride) << flagBits)
    }
    let surePairs = (0..<stride).flatMap { first in
      (0..<stride).map { second -> UInt8 in
        first < classCount && second < classCount && automaton.isSure[first][second] ? 1 : 0
      }
    }
    return (transitions, surePairs)
  }
}
