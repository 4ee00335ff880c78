import Records
import Streams

/// What the statistics keep of the records of one source.
struct SourceTally {
  var records = 0
  var score = ExactSum()
  /// How the scores are distributed; quantiles are exact up to 512 of them, then off by at most 0.2 %.
  var scores = SourceTally.emptyHistogram
  /// Records whose length is known, and the sum of their lengths.
  var measured = 0
  var tokens = 0

  var scored: Int { scores.count }

  /// Coarser than that of all records, as there may be a thousand.
  static let emptyHistogram = Histogram(precision: 9, exactLimit: 512)

  mutating func add(score value: Double?, length: Int32?) {
    records += 1
    if let value {
      score.add(value)
      scores.add(value)
    }
    if let length {
      measured += 1
      tokens += Int(length)
    }
  }

  mutating func merge(_ other: SourceTally) {
    records &+= other.records
    score.merge(other.score)
    scores.merge(other.scores)
    measured &+= other.measured
    tokens &+= other.tokens
  }
}

/// The sources that records name, numbered as they were first seen.
///
/// Place 0 is for records that name none, place 1 for those of all sources past the first 1,000: memory is
/// bounded whatever member is taken for the source.
struct Sources {
  static let none = 0
  static let others = 1
  static let limit = 1002

  /// A source's name as text, by its place.
  private(set) var names: [String] = ["(none)", "(others)"]
  var tallies = [SourceTally(), SourceTally()]
  private var spellings: [[UInt8]] = [[], []]
  private var index = HashIndex()
  private var scratch: [UInt8] = []

  /// The place of the source that a record names: a string's text, another value's spelling.
  mutating func place(of value: JSONValue?) -> Int {
    guard let value, value.kind != .null else { return Sources.none }
    guard value.kind == .string else { return place(named: value.raw) }
    guard value.hasEscape else { return place(named: value.stringContent) }
    scratch.removeAll(keepingCapacity: true)
    value.appendString(to: &scratch)
    return scratch.withUnsafeBytes { place(named: $0) }
  }

  /// The place of a name.
  mutating func place(named name: UnsafeRawBufferPointer) -> Int {
    let hash = xxh64(name)
    if let place = index.find(hash, where: { spellings[$0].elementsEqual(name) }) { return place }
    guard names.count < Sources.limit else { return Sources.others }
    index.insert(hash, place: names.count)
    names.append(String(decoding: name, as: UTF8.self))
    spellings.append(Array(name))
    tallies.append(SourceTally())
    return names.count - 1
  }
}
