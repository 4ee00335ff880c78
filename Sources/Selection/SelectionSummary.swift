import Records
import Streams

/// Everything that `grape-stats` keeps of its input, in bounded memory: counts, exact sums, histograms, and a
/// tally for each group.
///
/// The summary of two shards is their summaries merged, to the last bit, wherever their groups are split:
/// nothing in it depends on the order of the input, but for ties, which go to the earlier record, and for
/// which sources are told apart when there are more than 1,000.
package struct SelectionSummary: ~Copyable {
  /// Where records have their group, score and source, and what else to look at.
  package struct Paths: Sendable {
    package let fields: RecordFields
    package let source: NamedPath
    /// The scores to compare, if any.
    package let compared: (a: NamedPath, b: NamedPath)?
    /// How many tokens the mean over the first tokens is of.
    package let firstTokens: Int

    package static let defaultFirstTokens = 32

    /// - Throws: `JSONPath.SyntaxError`.
    package init(
      group: String? = nil, score: String? = nil, source: String? = nil,
      compared: (a: String, b: String)? = nil, firstTokens: Int = Paths.defaultFirstTokens
    ) throws(JSONPath.SyntaxError) {
      fields = try RecordFields(group: group, score: score)
      self.source = try NamedPath(source ?? "source")
      if let compared {
        self.compared = (try NamedPath(compared.a), try NamedPath(compared.b))
      } else {
        self.compared = nil
      }
      self.firstTokens = firstTokens
    }

    /// What a partial summary must have been made with.
    var names: [String] {
      [fields.groupPath.name, fields.scorePath.name, source.name, "first \(firstTokens)"]
        + (compared.map { ["compare \($0.a.name) \($0.b.name)"] } ?? [])
    }
  }

  package let paths: Paths
  /// Records that were read, and lines that could not be.
  package internal(set) var records = 0
  package var badRecords = 0
  var ungrouped = 0

  var scores = Histogram()
  var lengths = Histogram()
  var scoreSum = ExactSum()
  var lengthSum = ExactSum()

  /// Over the records that have both a score and a length.
  var pairSums = PairSums()
  var sample: PairSample

  var sources = Sources()
  var groups = GroupTallies()
  var identities = Identities()
  var comparison: ScorerComparison?
  /// Nil where nobody will read them.
  var examples: ExampleShelf?
  private var keyReader = GroupKeyReader()
  /// Models are listed up to this number.
  static let identityLimit = 100

  /// Makes the summary of nothing.
  ///
  /// - Parameters:
  ///   - paths: where records have what is summarized.
  ///   - sampleSize: the most records to keep for the rank correlation and the density.
  ///   - keepsExamples: whether to keep the most and the least fitting records' texts.
  package init(paths: Paths, sampleSize: Int = 1 << 15, keepsExamples: Bool = false) {
    self.paths = paths
    sample = PairSample(capacity: sampleSize)
    comparison = paths.compared.map { _ in ScorerComparison(sampleSize: sampleSize) }
    examples = keepsExamples ? ExampleShelf() : nil
  }

  /// Takes in a record.
  ///
  /// - Throws: `SelectionError` if it has a score that is no finite number; then nothing is counted.
  package mutating func add(_ record: GrapeMember) throws(SelectionError) {
    let score = try paths.fields.score(of: record)
    let (a, b) = try comparedScores(of: record)
    let length = paths.fields.length(of: record).map { Int32(clamping: $0) }
    let source = sources.place(of: paths.source(record))
    records += 1
    if identities.list.count < SelectionSummary.identityLimit { _ = identities.number(of: record) }
    if let score {
      scores.add(score)
      scoreSum.add(score)
    }
    if let length {
      lengths.add(Double(length))
      lengthSum.add(Double(length))
    }
    sources.tallies[source].add(score: score, length: length)

    let key = paths.fields.groupPath(record).flatMap { keyReader.key(of: $0) }
    var hash = GroupHash(high: 0, low: 0)
    if let key {
      hash = GroupHash(key)
      groups.add(
        to: hash, score: score, length: length, source: UInt16(source),
        normalizations: Normalizations(of: record, length: length, firstTokens: paths.firstTokens))
    } else {
      ungrouped += 1
    }
    if let score, let length {
      pairSums.add(score, Double(length))
      sample.add(PairSample.Pair(belongingTo: hash.high, x: score, y: Double(length)))
    }
    if let a, let b { comparison?.add(key, hash, a: a, b: b, source: UInt16(source)) }
    if let score {
      examples?.add(
        record.record, score: score, group: key == nil ? nil : hash, source: sources.names[source],
        tokens: length.map(Int.init))
    }
  }

  /// The two scores to compare, nil where the record has none.
  private func comparedScores(of record: GrapeMember) throws(SelectionError) -> (a: Double?, b: Double?) {
    guard let compared = paths.compared else { return (nil, nil) }
    return (try compared.a.number(in: record), try compared.b.number(in: record))
  }
}
