import Records
import Streams

/// Everything that `grape-stats` keeps of its input, in bounded memory: counts, exact sums, histograms, and a
/// tally for each group.
///
/// The summary of two shards is their summaries merged, to the last bit, wherever their groups are split: nothing
/// in it depends on the order of the input, but for ties, which go to the earlier record, and for which sources
/// are told apart when there are more than 1,000.
package struct SelectionSummary: ~Copyable {
  /// Where records have their group, score and source.
  package struct Paths: Sendable {
    package let fields: RecordFields
    package let source: NamedPath

    /// - Throws: `JSONPath.SyntaxError`.
    package init(
      group: String? = nil, score: String? = nil, source: String? = nil
    ) throws(JSONPath.SyntaxError) {
      fields = try RecordFields(group: group, score: score)
      self.source = try NamedPath(source ?? "source")
    }

    var names: [String] { [fields.groupPath.name, fields.scorePath.name, source.name] }
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
  private var keyReader = GroupKeyReader()
  /// Models are listed up to this number.
  static let identityLimit = 100

  /// Makes the summary of nothing.
  ///
  /// - Parameters:
  ///   - paths: where records have what is summarized.
  ///   - sampleSize: the most records to keep for the rank correlation.
  package init(paths: Paths, sampleSize: Int = 1 << 15) {
    self.paths = paths
    sample = PairSample(capacity: sampleSize)
  }

  /// Takes in a record.
  ///
  /// - Throws: `SelectionError` if it has a score that is no finite number; then nothing is counted.
  package mutating func add(_ record: GrapeMember) throws(SelectionError) {
    let score = try paths.fields.score(of: record)
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

    var hash = GroupHash(high: 0, low: 0)
    if let key = paths.fields.groupPath(record).flatMap({ keyReader.key(of: $0) }) {
      hash = GroupHash(high: xxh64(key), low: xxh64(key, seed: 1))
      groups.add(to: hash, score: score, length: length, source: UInt16(source))
    } else {
      ungrouped += 1
    }
    if let score, let length {
      pairSums.add(score, Double(length))
      sample.add(PairSample.Pair(belongingTo: hash.low, x: score, y: Double(length)))
    }
  }
}
