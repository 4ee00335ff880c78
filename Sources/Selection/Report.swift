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
    /// The numbers themselves, as far as they are known.
    let histogram: Histogram

    init?(_ histogram: Histogram, sum: ExactSum) {
      guard let quantiles = histogram.quantiles(Report.fractions) else { return nil }
      count = histogram.count
      mean = sum.value / Double(histogram.count)
      minimum = histogram.minimum
      maximum = histogram.maximum
      self.quantiles = quantiles
      chart = ColumnChart(of: histogram)
      self.histogram = histogram
    }

    var median: Double { quantiles[Report.fractions.count / 2] }
  }

  /// The records of one source.
  struct SourceRow {
    let name: String
    let records: Int
    /// Its part of all records.
    let share: Double
    let meanScore: Double?
    let meanTokens: Double?
    /// The scores of all of its records, and of those that are picks.
    let scores: Histogram
    let pickScores: Histogram
    /// Groups whose pick is its.
    let picks: Int
    /// The same among the groups of two or more candidates with a score, and those
    /// of them in which it has one.
    let wins: Int
    let groups: Int
    /// Nil where it never had a rival.
    var winRate: Double? { groups > 0 ? Double(wins) / Double(groups) : nil }

    /// Where the win rate of many more such groups would lie, with 95 % confidence.
    ///
    /// Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    var winInterval: (low: Double, high: Double)? {
      guard let rate = winRate else { return nil }
      let n = Double(groups)
      let z = 1.959964
      let centre = rate + z * z / (2 * n)
      let half = z * (rate * (1 - rate) / n + z * z / (4 * n * n)).squareRoot()
      let scale = 1 + z * z / n
      return (max((centre - half) / scale, 0), min((centre + half) / scale, 1))
    }
  }

  /// What another rule than the score would pick, in the groups whose scored candidates all have what it
  /// needs; for lengths, in those whose pick has one.
  struct Rule {
    enum Kind: Equatable {
      case longest, shortest, mean, sum
      /// The mean over the first tokens, so many.
      case first(Int)

      /// As JSON has it.
      var name: String {
        switch self {
        case .longest: "longest"
        case .shortest: "shortest"
        case .mean: "mean"
        case .sum: "sum"
        case .first: "first"
        }
      }

      /// As people read it.
      var label: String {
        switch self {
        case .longest: "the longest"
        case .shortest: "the shortest"
        case .mean: "by mean log-prob."
        case .sum: "by summed log-prob."
        case .first(let tokens): "by first \(tokens) tokens"
        }
      }
    }

    let kind: Kind
    let groups: Int
    /// Groups in which it picks the same record.
    let agreeing: Int
    /// The mean length of what it picks; nil where a length is missing.
    let meanTokens: Double?
    var agreement: Double { Double(agreeing) / Double(groups) }
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
  /// Whether the score is taken for a mean log-probability: at `grape.score`, of records with
  /// log-probabilities. Other scorers put numbers of other units there.
  let scoreIsLogprob: Bool
  /// e to the minus mean score, where the score is a mean log-probability.
  let perplexity: Double?
  let tokens: Distribution?
  let margin: Distribution?
  /// The scores and lengths of the picks.
  let pickScores: Distribution?
  let pickTokens: Distribution?
  let sources: [SourceRow]
  let choices: Choices
  /// Those of the longest, the shortest, and the length normalizations that the input allows.
  let rules: [Rule]
  /// With `--compare`.
  let agreement: Agreement?
  let examples: ExampleShelf?
  /// Score and length of the records that the rank correlation was taken from.
  let sample: [PairSample.Pair]
  /// The correlation of score and length.
  let pearson: Double?
  let spearman: Double?
  /// Records that the rank correlation was taken from, out of how many.
  var sampled: Int { sample.count }
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
    scoreIsLogprob = scorePath == "grape.score" && !summary.groups.rulePicks.isEmpty
    perplexity = scoreIsLogprob ? score.map { exp(-$0.mean) } : nil
    pearson = summary.pairSums.correlation
    spearman = summary.sample.rankCorrelation
    sample = summary.sample.pairs
    paired = summary.pairSums.count

    let figures = GroupFigures(summary)
    groups = summary.groups.count
    groupSizes = figures.sizes.entries.map { (Int($0.number), $0.count) }
    groupSize = Distribution(figures.sizes, sum: figures.sizeSum)
    margin = Distribution(figures.margins, sum: figures.marginSum)
    pickScores = Distribution(figures.pickScores, sum: figures.pickScore)
    pickTokens = Distribution(figures.pickLengths, sum: figures.pickLength)
    choices = figures.choices
    rules = figures.rules
    agreement = summary.comparison.flatMap { Agreement(of: $0, in: summary) }
    examples = summary.examples
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
        scores: tally.scores, pickScores: figures.pickScoresOfSource[place],
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

extension Report {
  /// The sources with the most records, at most `limit`, in the order of `sources`, and those left out.
  func mainSources(_ limit: Int) -> (shown: [SourceRow], rest: [SourceRow]) {
    guard sources.count > limit else { return (sources, []) }
    let order = sources.indices.sorted {
      sources[$0].records != sources[$1].records ? sources[$0].records > sources[$1].records : $0 < $1
    }
    let shown = Set(order.prefix(limit))
    return (
      sources.indices.filter(shown.contains).map { sources[$0] },
      sources.indices.filter { !shown.contains($0) }.map { sources[$0] }
    )
  }
}
