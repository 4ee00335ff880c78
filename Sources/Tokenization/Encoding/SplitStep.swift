/// A step of the pre-tokenizer, compiled.
enum SplitStep {
  /// Splits each piece at the automaton's matches.
  case split(Automaton, SplitBehavior, inverted: Bool)
  /// The same for a pattern that looks further.
  case contextualSplit(ContextualAutomaton, SplitBehavior, inverted: Bool)
  /// Puts a space before each piece that does not begin with one.
  case prefixSpace

  /// Numbers in the section `steps`.
  static let splitKind: UInt32 = 0
  static let prefixSpaceKind: UInt32 = 1
  static let contextualSplitKind: UInt32 = 8
  static let invertedFlag: UInt32 = 16

  /// Reads the steps of a compiled tokenizer.
  ///
  /// - Parameters:
  ///   - numbers: four for each step: kind, behavior and whether inverted, first transition, and states or, where
  ///     the pattern looks further, numbers.
  ///   - transitions: the automata's tables.
  ///   - runs: the sets of bytes that states stay in.
  ///   - classCount: the number of classes of characters.
  /// - Returns: the steps; nil when some number in them leads outside.
  static func read(
    _ numbers: UnsafeBufferPointer<UInt32>, transitions: UnsafeBufferPointer<UInt32>,
    runs: UnsafeBufferPointer<ByteRun>, classCount: Int
  ) -> [SplitStep]? {
    guard numbers.count.isMultiple(of: 4) else { return nil }
    let stride = classCount + 1
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
        guard let automaton = Automaton(table, stride: stride, runs: runs) else { return nil }
        steps.append(.split(automaton, behavior, inverted: flags & invertedFlag != 0))
      case contextualSplitKind:
        let flags = numbers[index + 1]
        let first = Int(numbers[index + 2])
        let length = Int(numbers[index + 3])
        guard let behavior = SplitBehavior(rawValue: flags & ~invertedFlag), first <= transitions.count,
          length <= transitions.count - first,
          let automaton = ContextualAutomaton(
            UnsafeBufferPointer(rebasing: transitions[first..<first + length]), classCount: classCount)
        else { return nil }
        steps.append(.contextualSplit(automaton, behavior, inverted: flags & invertedFlag != 0))
      case prefixSpaceKind: steps.append(.prefixSpace)
      default: return nil
      }
    }
    return steps
  }
}
