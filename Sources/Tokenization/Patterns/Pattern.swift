/// The syntax tree of a regular expression over code points.
package indirect enum Pattern: Equatable, Sendable {
  /// One code point of the set.
  case characters(CodePointSet)
  /// All of them in order; the empty sequence matches the empty string.
  case sequence([Pattern])
  /// The first that matches (leftmost-first).
  case alternation([Pattern])
  /// `body` between `minimum` and `maximum` times (nil: any number), as often or, lazily, as seldom as possible.
  case repetition(body: Pattern, minimum: Int, maximum: Int?, lazy: Bool)
  /// Consumes nothing; holds where the next code point is in the set, or, with `atEnd`, at the end of the text.
  case lookahead(CodePointSet, atEnd: Bool)

  /// The empty pattern.
  static let empty = Pattern.sequence([])

  /// The literal text.
  init(literal text: String) {
    self = .sequence(text.unicodeScalars.map { .characters(CodePointSet($0.value)) })
  }

  /// Whether it can match without consuming anything.
  var matchesEmpty: Bool {
    switch self {
    case .characters: false
    case .lookahead: true
    case .sequence(let items): items.allSatisfy(\.matchesEmpty)
    case .alternation(let items): items.contains(where: \.matchesEmpty)
    case .repetition(let body, let minimum, _, _): minimum == 0 || body.matchesEmpty
    }
  }
}
