/// A step of the pre-tokenizer, compiled.
enum SplitStep {
  /// Splits each piece at the automaton's matches.
  case split(Automaton, SplitBehavior, inverted: Bool)
  /// Puts a space before each piece that does not begin with one.
  case prefixSpace

  /// Numbers in the section `steps`.
  static let splitKind: UInt32 = 0
  static let prefixSpaceKind: UInt32 = 1
  static let invertedFlag: UInt32 = 16

  /// Reads the steps of a compiled tokenizer.
  ///
  /// - Parameters:
  ///   - numbers: four for each step: kind, behavior and whether inverted, first transition, states.
  ///   - transitions: the automata's tables.
  ///   - stride: the length of a table's row.
  /// - Returns: the steps; nil when some number in them leads outside.
  static func read(
    _ numbers: UnsafeBufferPointer<UInt32>, transitions: UnsafeBufferPointer<UInt32>, stride: Int
  ) -> [SplitStep]? {
    guard numbers.count.isMultiple(of: 4) else { return nil }
    var steps: [SplitStep] = []
    for index in Swift.stride(from: 0, to: numbers.count, by: 4) {
      switch numbers[index] {
      case splitKind:
        let flags = numbers[index + 1]
        let first = Int(numbers[index + 2])
        let length = Int(numbers[index + 3]) * stride
        guard let behavior = SplitBehavior(rawValue: flags & ~invertedFlag), length >= 2 * stride,
          first <= transitions.count, length <= transitions.count - first
        else { return nil }
        let table = UnsafeBufferPointer(rebasing: transitions[first..<first + length])
        guard let automaton = Automaton(table, stride: stride) else { return nil }
        steps.append(.split(automaton, behavior, inverted: flags & invertedFlag != 0))
      case prefixSpaceKind: steps.append(.prefixSpace)
      default: return nil
      }
    }
    return steps
  }
}

/// A pattern's automaton where it lies in the compiled tokenizer; see `PatternAutomaton`.
struct Automaton {
  /// Rows of `stride` entries: the offset of the next row << 1 | whether the text before this character matches.
  let transitions: UnsafePointer<UInt32>
  let stride: Int

  /// The offset of the row in which a search begins. Row 0 is the dead state.
  var start: Int { stride }

  /// nil when some transition leads outside the table.
  init?(_ table: UnsafeBufferPointer<UInt32>, stride: Int) {
    let divisor = UInt32(truncatingIfNeeded: stride)
    guard let base = table.baseAddress,
      table.allSatisfy({ Int($0 >> 1) < table.count && ($0 >> 1) % divisor == 0 })
    else { return nil }
    transitions = base
    self.stride = stride
  }

  /// Finds the match that begins at a place. Matches are never empty.
  ///
  /// - Parameters:
  ///   - text: well-formed UTF-8.
  ///   - position: where the match begins, before `end`.
  ///   - end: where the text ends, for lookahead too.
  ///   - classes: the classes of code points.
  /// - Returns: where the match ends; `position` when there is none.
  @inline(__always)
  func matchEnd(_ text: UnsafePointer<UInt8>, from position: Int, to end: Int, _ classes: ClassTable) -> Int {
    var row = stride
    var here = position
    var matched = position
    repeat {
      let byte = text[here]
      let entry: UInt32
      let length: Int
      if byte < 0x80 {
        entry = transitions[row &+ Int(classes.ascii[Int(byte)])]
        length = 1
      } else {
        let (code, count) = decodeScalar(text + here)
        entry = transitions[row &+ Int(classes[code])]
        length = count
      }
      if entry & 1 != 0 { matched = here }
      row = Int(entry >> 1)
      if row == 0 { return matched }
      here &+= length
    } while here < end
    return transitions[row &+ stride &- 1] & 1 != 0 ? end : matched
  }
}
