/// Finds a pattern's matches in texts.
enum TextMatcher {
  case plain(Automaton)
  /// For a pattern that looks further than at one character.
  case contextual(ContextualAutomaton)

  /// A part of a text: a match, or what is between two.
  typealias Part = (range: Range<Int>, isMatch: Bool)

  /// Splits a part of a text into matches and what is between them. Matches may be empty.
  ///
  /// - Parameters:
  ///   - text: well-formed UTF-8.
  ///   - range: the part, beyond which nothing is seen.
  ///   - classes: the classes of code points.
  ///   - parts: receives the parts in order.
  func split(
    _ text: UnsafePointer<UInt8>, _ range: Range<Int>, _ classes: ClassTable, into parts: inout [Part]
  ) {
    switch self {
    case .contextual(let automaton): automaton.split(text, range, classes, into: &parts)
    case .plain(let automaton):
      var position = range.lowerBound
      while position < range.upperBound {
        let match = automaton.matchEnd(text, from: position, to: range.upperBound, classes)
        let end =
          match > position ? match : automaton.gapEnd(text, from: position, to: range.upperBound, classes)
        parts.append((position..<end, match > position))
        position = end
      }
    }
  }
}
