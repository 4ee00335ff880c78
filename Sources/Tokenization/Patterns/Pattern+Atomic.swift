extension Pattern {
  /// The pattern `(?>self)`, which gives back nothing once it has matched, without atomic groups: what it
  /// would give back is excluded by looking ahead. nil where that cannot be said so.
  var atomic: Pattern? {
    if hasOneMatch { return self }
    switch self {
    case .repetition(let body, let minimum, let maximum, let lazy):
      if lazy { return .repetition(body: body, minimum: minimum, maximum: minimum, lazy: false) }
      guard body.hasOneMatch, !body.matchesEmpty else { return nil }
      let notMore = body.ahead(negated: true)
      guard let maximum else { return .sequence([self, notMore]) }
      let most = Pattern.repetition(body: body, minimum: maximum, maximum: maximum, lazy: false)
      guard minimum < maximum else { return most }
      let fewer = Pattern.repetition(body: body, minimum: minimum, maximum: maximum - 1, lazy: false)
      return .alternation([most, .sequence([fewer, notMore])])
    case .sequence(let items):
      guard let last = items.last, items.dropLast().allSatisfy(\.hasOneMatch) else { return nil }
      return last.atomic.map { .sequence(items.dropLast() + [$0]) }
    case .alternation(let items):
      // An alternative is tried only where none before it matches.
      var result: [Pattern] = []
      for (index, item) in items.enumerated() {
        guard let item = item.atomic else { return nil }
        result.append(.sequence(items[..<index].map { $0.ahead(negated: true) } + [item]))
      }
      return .alternation(result)
    default: return nil
    }
  }

  /// Whether it matches at most one text at any place, so that there is nothing to give back.
  private var hasOneMatch: Bool {
    switch self {
    case .characters, .lookahead, .lookbehind, .condition: return true
    case .sequence(let items):
      // A run of a class up to where it ends.
      if items.count == 2, case .repetition(.characters(let set), _, nil, false) = items[0],
        case .lookahead(set.inverted, true) = items[1]
      {
        return true
      }
      return items.allSatisfy(\.hasOneMatch)
    case .alternation: return false
    case .repetition(let body, let minimum, let maximum, _): return minimum == maximum && body.hasOneMatch
    }
  }
}
