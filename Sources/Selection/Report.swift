#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The figures of a summary: what `grape-stats` prints, as text or as JSON.
package struct Report {
  /// How numbers are distributed.
  struct Distribution {
    let count: Int
    let mean: Double
    /// The least and greatest number, and between them the quantiles of `Report.fractions`.
    let minimum: Double
    let quantiles: [Double]
    let maximum: Double
    let chart: ColumnChart?

    init?(_ histogram: Histogram, sum: ExactSum) {
      guard histogram.count > 0 else { return nil }
      count = histogram.count
      mean = sum.value / Double(histogram.count)
      minimum = histogram.minimum
      maximum = histogram.maximum
      quantiles = Report.fractions.compactMap { histogram.quantile($0) }
      chart = ColumnChart(of: histogram)
    }
  }

  /// The records of one source.
  struct SourceRow {
    let name: String
    let records: Int
    /// Its part of all records.
    let share: Double
    let meanScore: Double?
    let meanTokens: Double?
    /// Groups whose pick is its.
    let picks: Int
    /// The same among the groups of two or more candidates with a score, and those of them in which it has one.
    let wins: Int
    let groups: Int
    /// Nil where it never had a rival.
    var winRate: Double? { groups > 0 ? Double(wins) / Double(groups) : nil }
  }

  /// How the picks compare with other choices, in the groups of two or more candidates with a score.
  struct Choices {
    var groups = 0
    /// The share of groups in which a random choice is expected to be the pick.
    var random = 0.0
    /// Groups whose candidates have lengths, and of those the ones whose pick is the longest, the shortest.
    var measured = 0
    var longest = 0
    var shortest = 0
    /// The mean length of the picks of those groups.
    var pickTokens = 0.0
  }

  static let fractions = [0.05, 0.25, 0.5, 0.75, 0.95]

  /// Where the group, the score and the source were looked for.
  let groupPath: String
  let scorePath: String
  let sourcePath: String
  let records: Int
  let badRecords: Int
  let ungrouped: Int
  let identities: [Identity]
  let groups: Int
  /// Numbers of candidates, rising, with the groups that have as many.
  let groupSizes: [(candidates: Int, groups: Int)]
  let groupSize: Distribution?
  let score: Distribution?
  /// e to the minus mean score, where the score is a mean log-probability.
  let perplexity: Double?
  let tokens: Distribution?
  let margin: Distribution?
  /// The picks' mean score.
  let pickScore: Double?
  let sources: [SourceRow]
  let choices: Choices
  /// The correlation of score and length.
  let pearson: Double?
  let spearman: Double?
  /// Records that the rank correlation was taken from, out of how many.
  let sampled: Int
  let paired: Int

  /// Works out the figures.
  ///
  /// - Complexity: O(groups + sources).
  package init(_ summary: borrowing SelectionSummary) {
    groupPath = summary.paths.fields.groupPath.name
    scorePath = summary.paths.fields.scorePath.name
    sourcePath = summary.paths.source.name
    records = summary.records
    badRecords = summary.badRecords
    ungrouped = summary.ungrouped
    identities = summary.identities.list
    score = Distribution(summary.scores, sum: summary.scoreSum)
    tokens = Distribution(summary.lengths, sum: summary.lengthSum)
    perplexity = scorePath == "grape.score" ? score.map { exp(-$0.mean) } : nil
    pearson = summary.pairSums.correlation
    spearman = summary.sample.rankCorrelation
    sampled = summary.sample.pairs.count
    paired = summary.pairSums.count

    let figures = GroupFigures(summary)
    groups = summary.groups.count
    groupSizes = figures.sizes.entries.map { (Int($0.number), $0.count) }
    groupSize = Distribution(figures.sizes, sum: figures.sizeSum)
    margin = Distribution(figures.margins, sum: figures.marginSum)
    pickScore = figures.picks > 0 ? figures.pickScore.value / Double(figures.picks) : nil
    choices = figures.choices
    sources = Report.rows(summary, figures)
  }

  /// The sources that have records: the most successful first, then the largest.
  private static func rows(_ summary: borrowing SelectionSummary, _ figures: GroupFigures) -> [SourceRow] {
    let rows = summary.sources.names.indices.compactMap { place -> SourceRow? in
      let tally = summary.sources.tallies[place]
      guard tally.records > 0 else { return nil }
      return SourceRow(
        name: summary.sources.names[place], records: tally.records,
        share: Double(tally.records) / Double(summary.records),
        meanScore: tally.scored > 0 ? tally.score.value / Double(tally.scored) : nil,
        meanTokens: tally.measured > 0 ? Double(tally.tokens) / Double(tally.measured) : nil,
        picks: figures.picksOfSource[place], wins: figures.winsOfSource[place],
        groups: figures.groupsOfSource[place])
    }
    guard rows.count > 1 || summary.sources.tallies[Sources.none].records == 0 else { return [] }
    return rows.sorted {
      let (a, b) = ($0.winRate ?? -1, $1.winRate ?? -1)
      if a != b { return a > b }
      if $0.records != $1.records { return $0.records > $1.records }
      return $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
    }
  }
}

/// What one pass over the tallies of all groups gives.
private struct GroupFigures {
  var sizes = Histogram()
  var sizeSum = ExactSum()
  var margins = Histogram()
  var marginSum = ExactSum()
  var picks = 0
  var pickScore = ExactSum()
  var choices = Report.Choices()
  var groupsOfSource: [Int]
  var winsOfSource: [Int]
  var picksOfSource: [Int]

  init(_ summary: borrowing SelectionSummary) {
    groupsOfSource = [Int](repeating: 0, count: summary.sources.names.count)
    winsOfSource = groupsOfSource
    picksOfSource = groupsOfSource
    var chance = ExactSum()
    var pickTokens = 0
    for (place, entry) in summary.groups.entries.enumerated() {
      let tally = entry.tally
      sizes.add(Double(tally.candidates))
      sizeSum.add(Double(tally.candidates))
      guard tally.scored > 0 else { continue }
      picks += 1
      pickScore.add(tally.best)
      picksOfSource[Int(tally.bestSource)] += 1
      guard tally.scored > 1 else { continue }
      winsOfSource[Int(tally.bestSource)] += 1
      for source in summary.groups.sources(at: place) { groupsOfSource[source] += 1 }
      let margin = min(tally.best - tally.second, .greatestFiniteMagnitude)
      margins.add(margin)
      marginSum.add(margin)
      choices.groups += 1
      chance.add(1 / Double(tally.scored))
      guard tally.bestLength >= 0 else { continue }
      choices.measured += 1
      choices.longest += tally.pickIsLongest ? 1 : 0
      choices.shortest += tally.pickIsShortest ? 1 : 0
      pickTokens += Int(tally.bestLength)
    }
    if choices.groups > 0 { choices.random = chance.value / Double(choices.groups) }
    if choices.measured > 0 { choices.pickTokens = Double(pickTokens) / Double(choices.measured) }
  }
}
