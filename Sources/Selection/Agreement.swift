/// How far two scorers agree: the figures of `--compare`.
///
/// Where it is not said otherwise, over the groups of two or more candidates with both scores.
struct Agreement {
  /// A group in which the scorers disagree.
  struct Dispute {
    let key: String
    let candidates: Int
    let tau: Double
    /// The sources of their picks.
    let sourceA: String
    let sourceB: String
    /// How much worse the other's pick is by the scorer's own measure, zero or more.
    let lossA: Double
    let lossB: Double
  }

  /// A source's part of each scorer's picks.
  struct SourceRow {
    let name: String
    let picksA: Int
    let picksB: Int
  }

  let pathA: String
  let pathB: String
  /// Candidates with both scores, in groups or not.
  let records: Int
  let groups: Int
  /// Groups in which both pick the same record, and the part of them in which a random
  /// pick is expected to agree.
  let agreeing: Int
  let random: Double
  /// Kendall's tau of the groups in which neither scorer has the same score for all.
  let tau: Report.Distribution?
  /// Groups whose tau is below zero.
  let opposed: Int
  /// Groups of more than 64 candidates, whose tau is of 64 of them.
  let sampledGroups: Int
  /// The correlations of the two scores over all candidates, Spearman's of a sample.
  let pearson: Double?
  let spearman: Double?
  let sampled: Int
  /// The mean loss by A of taking B's picks, and by B of taking A's.
  let lossA: Double?
  let lossB: Double?
  let sources: [SourceRow]
  /// The groups that disagree most: least tau first, then the larger ones, then by key.
  let disputes: [Dispute]

  static let disputeLimit = 10

  /// Nil where the summary was not asked to compare.
  ///
  /// - Complexity: O(c^2) for each group of c candidates, of which at most 64 count.
  init?(of comparison: ScorerComparison, in summary: borrowing SelectionSummary) {
    guard let compared = summary.paths.compared else { return nil }
    (pathA, pathB) = (compared.a.name, compared.b.name)
    records = comparison.pairSums.count
    pearson = comparison.pairSums.correlation
    spearman = comparison.sample.rankCorrelation
    sampled = comparison.sample.pairs.count
    let totals = Totals(comparison, sourceCount: summary.sources.names.count)
    groups = totals.groups
    agreeing = totals.agreeing
    opposed = totals.opposed
    sampledGroups = totals.sampledGroups
    random = groups > 0 ? totals.chance.value / Double(groups) : 0
    lossA = groups > 0 ? totals.lossA.value / Double(groups) : nil
    lossB = groups > 0 ? totals.lossB.value / Double(groups) : nil
    tau = Report.Distribution(totals.taus, sum: totals.tauSum)
    sources = Agreement.rows(summary.sources.names, totals)
    disputes = totals.worst.map { tau, place in
      let tally = comparison.groups[place].tally
      return Dispute(
        key: GroupKeyReader.text(of: comparison.key(at: place)), candidates: tally.candidates, tau: tau,
        sourceA: summary.sources.names[Int(tally.sourceA)],
        sourceB: summary.sources.names[Int(tally.sourceB)], lossA: tally.lossA, lossB: tally.lossB)
    }
  }

  /// The sources of picks, those with the most picks by A first, then by B.
  private static func rows(_ names: [String], _ totals: Totals) -> [SourceRow] {
    let rows = names.indices.map {
      SourceRow(name: names[$0], picksA: totals.picksA[$0], picksB: totals.picksB[$0])
    }.filter { $0.picksA + $0.picksB > 0 }
    // Where no record names its source, there is nothing to tell.
    if rows.count == 1, totals.picksA[Sources.none] > 0 { return [] }
    return rows.sorted {
      if $0.picksA != $1.picksA { return $0.picksA > $1.picksA }
      if $0.picksB != $1.picksB { return $0.picksB > $1.picksB }
      return $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
    }
  }
}

/// What one pass over the groups of a comparison gives.
private struct Totals {
  var groups = 0
  var agreeing = 0
  var opposed = 0
  var sampledGroups = 0
  /// The sum of the groups' chances that a random pick agrees.
  var chance = ExactSum()
  var lossA = ExactSum()
  var lossB = ExactSum()
  var taus = Histogram()
  var tauSum = ExactSum()
  /// Picks by source.
  var picksA: [Int]
  var picksB: [Int]
  /// The places of the groups that disagree most, in order.
  var worst: [(tau: Double, place: Int)] = []

  init(_ comparison: ScorerComparison, sourceCount: Int) {
    picksA = [Int](repeating: 0, count: sourceCount)
    picksB = picksA
    for place in comparison.groups.indices {
      let tally = comparison.groups[place].tally
      guard tally.candidates > 1 else { continue }
      groups += 1
      agreeing += tally.picksAgree ? 1 : 0
      chance.add(1 / Double(tally.candidates))
      lossA.add(tally.lossA)
      lossB.add(tally.lossB)
      picksA[Int(tally.sourceA)] += 1
      picksB[Int(tally.sourceB)] += 1
      if tally.candidates > ScorerComparison.pairLimit { sampledGroups += 1 }
      guard let tau = kendallTau(comparison.pairs(at: place).map { ($0.a, $0.b) }) else { continue }
      taus.add(tau)
      tauSum.add(tau)
      if tau < 0 { opposed += 1 }
      if !tally.picksAgree { insert((tau, place), comparison) }
    }
  }

  /// Puts a group among the worst, if it is one of them.
  private mutating func insert(_ new: (tau: Double, place: Int), _ comparison: ScorerComparison) {
    func precedes(_ left: (tau: Double, place: Int), _ right: (tau: Double, place: Int)) -> Bool {
      if left.tau != right.tau { return left.tau < right.tau }
      let (a, b) = (comparison.groups[left.place], comparison.groups[right.place])
      if a.tally.candidates != b.tally.candidates { return a.tally.candidates > b.tally.candidates }
      return (a.hash.high, a.hash.low) < (b.hash.high, b.hash.low)
    }
    if worst.count == Agreement.disputeLimit, let last = worst.last, !precedes(new, last) { return }
    let place = worst.firstIndex { precedes(new, $0) } ?? worst.count
    worst.insert(new, at: place)
    if worst.count > Agreement.disputeLimit { worst.removeLast() }
  }
}

extension ScorerComparison.Tally {
  /// How much worse B's pick is by A, and A's by B.
  fileprivate var lossA: Double { min(ofPickA.a - ofPickB.a, .greatestFiniteMagnitude) }
  fileprivate var lossB: Double { min(ofPickB.b - ofPickA.b, .greatestFiniteMagnitude) }
}
