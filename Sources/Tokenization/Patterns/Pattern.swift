/// The syntax tree of a regular expression over code points.
package indirect enum Pattern: Equatable, Sendable {
  /// One code point of the set.
  case characters(CodePointSet)
  /// All of them in order; the empty sequence matches the empty string.
  case sequence([Pattern])
  /// The first that matches (leftmost-first).
  case alternation([Pattern])
  /// `body` between `minimum` and `maximum` times (nil: any number), as often or,
  /// lazily, as seldom as possible.
  case repetition(body: Pattern, minimum: Int, maximum: Int?, lazy: Bool)
  /// Consumes nothing; holds where the next code point is in the set, or, with `atEnd`,
  /// at the end of the text.
  case lookahead(CodePointSet, atEnd: Bool)
  /// Consumes nothing; holds where the code point before is in the set, or, with `atStart`,
  /// at the start of the text.
  case lookbehind(CodePointSet, atStart: Bool)
  /// Consumes nothing; holds where the pattern matches, or, negated, where it does not.
  case condition(Pattern, negated: Bool)

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
    case .lookahead, .lookbehind, .condition: true
    case .sequence(let items): items.allSatisfy(\.matchesEmpty)
    case .alternation(let items): items.contains(where: \.matchesEmpty)
    case .repetition(let body, let minimum, _, _): minimum == 0 || body.matchesEmpty
    }
  }

  /// Whether it only looks, and so cannot be repeated.
  var isAssertion: Bool {
    switch self {
    case .lookahead, .lookbehind, .condition: true
    default: false
    }
  }

  /// The number of its parts.
  var size: Int {
    switch self {
    case .characters, .lookahead, .lookbehind: 1
    case .sequence(let items), .alternation(let items): items.reduce(1) { $0 + $1.size }
    case .repetition(let body, _, _, _), .condition(let body, _): 1 + body.size
    }
  }

  /// Whether it consists of assertions only.
  var onlyAsserts: Bool {
    switch self {
    case .sequence(let items), .alternation(let items): items.allSatisfy(\.onlyAsserts)
    default: isAssertion
    }
  }

  /// The pattern as a condition on what follows; a lookahead at one character where that decides it.
  func ahead(negated: Bool) -> Pattern {
    guard let (set, atEnd) = decidingNext else { return .condition(self, negated: negated) }
    return .lookahead(negated ? set.inverted : set, atEnd: negated != atEnd)
  }

  /// The code points of which one must follow, and whether the end may, for the pattern to match at all;
  /// nil when that alone does not decide it.
  private var decidingNext: (CodePointSet, atEnd: Bool)? {
    switch self {
    case .characters(let set): return (set, false)
    case .lookahead(let set, let atEnd): return (set, atEnd)
    case .lookbehind, .condition: return nil
    case .alternation(let items):
      var result = (CodePointSet(), atEnd: false)
      for item in items {
        guard let next = item.decidingNext else { return nil }
        result = (result.0.union(next.0), result.1 || next.atEnd)
      }
      return result
    case .sequence(let items):
      guard let first = items.first else { return (.all, true) }
      return items.dropFirst().allSatisfy(\.isOptional) ? first.decidingNext : nil
    case .repetition(let body, let minimum, _, _):
      if minimum == 0 { return (.all, true) }
      return minimum == 1 ? body.decidingNext : nil
    }
  }

  /// Whether it matches everywhere, if only the empty string.
  private var isOptional: Bool {
    switch self {
    case .sequence(let items): items.allSatisfy(\.isOptional)
    case .alternation(let items): items.contains(where: \.isOptional)
    case .repetition(_, let minimum, _, _): minimum == 0
    default: false
    }
  }

  /// The pattern that matches the texts of this one from right to left. nil where a condition is within.
  var reversed: Pattern? {
    func all(_ items: [Pattern]) -> [Pattern]? {
      let result = items.compactMap(\.reversed)
      return result.count == items.count ? result : nil
    }
    switch self {
    case .characters: return self
    case .lookahead(let set, let atEnd): return .lookbehind(set, atStart: atEnd)
    case .lookbehind(let set, let atStart): return .lookahead(set, atEnd: atStart)
    case .condition: return nil
    case .sequence(let items): return all(items).map { .sequence($0.reversed()) }
    case .alternation(let items): return all(items).map { .alternation($0) }
    case .repetition(let body, let minimum, let maximum, let lazy):
      return body.reversed.map { .repetition(body: $0, minimum: minimum, maximum: maximum, lazy: lazy) }
    }
  }
}
