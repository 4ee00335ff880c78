/// Makes the picks of one group from its contenders, which come one by one in order of preference.
///
/// Memory is constant, except with a least margin: that of the last pick decides about all,
/// so they are kept till then.
struct GroupPicks {
  private let header: GroupHeader
  private let rule: PickRule
  /// The most picks.
  private let limit: Int
  /// Contenders taken as picks so far, and the latest of them, whose margin is not known yet.
  private var count = 0
  private var latest: Contender?
  private var held: [Pick] = []

  /// - Parameter header: complete, from all parts of the input.
  init(_ header: GroupHeader, rule: PickRule) {
    self.header = header
    self.rule = rule
    if header.candidates < rule.minimumCandidates {
      limit = 0
    } else if case .fraction(let fraction) = rule.quota {
      limit = fraction.ceiling(of: header.candidates)
    } else {
      limit = header.quota
    }
  }

  /// Takes the next contender; calls `body` with picks that have become certain.
  mutating func add(_ contender: Contender, _ body: (Pick) throws -> Void) throws {
    guard count < limit else { return try close(next: contender.merit.value, body) }
    if let latest { try make(latest, next: contender.merit.value, body) }
    latest = contender
    count += 1
  }

  /// Ends the group.
  mutating func finish(_ body: (Pick) throws -> Void) throws { try close(next: -.infinity, body) }

  /// Makes the last pick, before a contender with the value `next`.
  private mutating func close(next: Double, _ body: (Pick) throws -> Void) throws {
    guard let last = latest else { return }
    latest = nil
    try make(last, next: max(next, header.runnerUp), body)
    if let minimum = rule.minimumMargin, held.last?.standing.margin ?? -.infinity >= minimum {
      try held.forEach(body)
    }
    held.removeAll()
  }

  /// Makes a pick of the contender before one with the value `next`, minus infinity where there is none.
  private mutating func make(_ contender: Contender, next: Double, _ body: (Pick) throws -> Void) throws {
    let margin =
      rule.hasMargins && next > -.infinity
      ? min(decimalDifference(contender.merit.value, next), .greatestFiniteMagnitude) : nil
    let pick = Pick(
      contender: contender, standing: Standing(rank: count, margin: margin, candidates: header.candidates))
    if rule.minimumMargin == nil { try body(pick) } else { held.append(pick) }
  }
}
