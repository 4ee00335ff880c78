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
    var (groups, agreeing, opposed, sampledGroups) = (0, 0, 0, 0)
    var (chance, sumA, sumB, tauSum) = (ExactSum(), ExactSum(), ExactSum(), ExactSum())
    var taus = Histogram()
    var picksA = [Int](repeating: 0, count: summary.sources.names.count)
    var picksB = picksA
    var worst: [(tau: Double, place: Int)] = []
    for place in comparison.groups.indices {
      let tally = comparison.groups[place].tally
      guard tally.candidates > 1 else { continue }
      groups += 1
      agreeing += tally.picksAgree ? 1 : 0
      chance.add(1 / Double(tally.candidates))
      sumA.add(tally.lossA)
      sumB.add(tally.lossB)
      picksA[Int(tally.sourceA)] += 1
      picksB[Int(tally.sourceB)] += 1
      if tally.candidates > ScorerComparison.pairLimit { sampledGroups += 1 }
      guard let tau = kendallTau(comparison.pairs(at: place).map { ($0.a, $0.b) }) else { continue }
      taus.add(tau)
      tauSum.add(tau)
      if tau < 0 { opposed += 1 }
      guard !tally.picksAgree else { continue }
      Agreement.insert((tau, place), into: &worst, comparison)
    }
    (self.groups, self.agreeing, self.opposed, self.sampledGroups) = (
      groups, agreeing, opposed, sampledGroups
    )
    random = groups > 0 ? chance.value / Double(groups) : 0
    lossA = groups > 0 ? sumA.value / Double(groups) : nil
    lossB = groups > 0 ? sumB.value / Double(groups) : nil
    tau = Report.Distribution(taus, sum: tauSum)
    let names = summary.sources.names
    disputes = worst.map { tau, place in
      let tally = comparison.groups[place].tally
      return Dispute(
        key: GroupKeyReader.text(of: comparison.key(at: place)), candidates: tally.candidates, tau: tau,
        sourceA: names[Int(tally.sourceA)], sourceB: names[Int(tally.sourceB)], lossA: tally.lossA,
        lossB: tally.lossB)
    }
    let rows = names.indices.filter { picksA[$0] + picksB[$0] > 0 }
      .map { SourceRow(name: names[$0], picksA: picksA[$0], picksB: picksB[$0]) }
    sources =
      rows.count == 1 && picksA[Sources.none] > 0
      ? []
      : rows.sorted {
        $0.picksA != $1.picksA
          ? $0.picksA > $1.picksA
          : $0.picksB != $1.picksB
            ? $0.picksB > $1.picksB : $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
      }
  }

  private static func insert(
    _ new: (tau: Double, place: Int), into worst: inout [(tau: Double, place: Int)],
    _ comparison: ScorerComparison
  ) {
    func precedes(_ left: (tau: Double, place: Int), _ right: (tau: Double, place: Int)) -> Bool {
      if left.tau != right.tau { return left.tau < right.tau }
      let (a, b) = (comparison.groups[left.place], comparison.groups[right.place])
      if a.tally.candidates != b.tally.candidates { return a.tally.candidates > b.tally.candidates }
      return (a.hash.high, a.hash.low) < (b.hash.high, b.hash.low)
    }
    if worst.count == disputeLimit, let last = worst.last, !precedes(new, last) { return }
    let place = worst.firstIndex { precedes(new, $0) } ?? worst.count
    worst.insert(new, at: place)
    if worst.count > disputeLimit { worst.removeLast() }
  }
}

extension ScorerComparison.Tally {
  /// How much worse B's pick is by A, and A's by B.
  fileprivate var lossA: Double { min(ofPickA.a - ofPickB.a, .greatestFiniteMagnitude) }
  fileprivate var lossB: Double { min(ofPickB.b - ofPickA.b, .greatestFiniteMagnitude) }
}
