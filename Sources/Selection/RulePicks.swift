/// What one rule would pick of a group: the earliest of the candidates with the greatest value.
struct RulePick: Equatable {
  /// Minus infinity where no candidate has a value.
  var best = -Double.infinity
  /// The number of tokens of what the rule picks; -1 where it is not known.
  var length: Int32 = -1
  /// Whether that is what the score picks.
  var isPick = false
  /// Whether every candidate with a score has a value: otherwise the two picks do not compare.
  var isComplete = true

  /// Takes in what the rule would pick of a later part of the input.
  ///
  /// - Parameter takesBest: whether the score's pick is in that later part.
  @inline(__always)
  mutating func merge(_ later: RulePick, takesBest: Bool) {
    let takesOwn = later.best > best
    isPick = takesBest == takesOwn && (takesBest ? later.isPick : isPick)
    isComplete = isComplete && later.isComplete
    if takesOwn { (best, length) = (later.best, later.length) }
  }

  /// What the rule picks of a single candidate.
  @inline(__always)
  init(_ value: Double?, length: Int32?) {
    best = value ?? -.infinity
    self.length = length ?? -1
    isPick = value != nil
    isComplete = value != nil
  }

  init() {}
}

/// What each of the length normalizations would pick of a group.
struct RulePicks: Equatable {
  var mean = RulePick()
  var sum = RulePick()
  var first = RulePick()

  init() {}

  init(_ values: Normalizations, length: Int32?) {
    mean = RulePick(values.mean, length: length)
    sum = RulePick(values.sum, length: length)
    first = RulePick(values.first, length: length)
  }

  /// Takes in the picks of a later part of the input, in which the score's pick may be (`takesBest`).
  mutating func merge(_ later: RulePicks, takesBest: Bool) {
    mean.merge(later.mean, takesBest: takesBest)
    sum.merge(later.sum, takesBest: takesBest)
    first.merge(later.first, takesBest: takesBest)
  }
}
