import Records

/// Reads partial summaries, one after the other, into one summary.
///
/// What a summary claims is checked for its form, not for its truth; counts that no
/// input could have wrap around.
package struct PartialReader: ~Copyable {
  /// A line that no partial summary of these paths has there.
  package enum Failure: Error, Equatable, CustomStringConvertible {
    case notPartial
    case version(Int)
    case paths([String], expected: [String])
    case malformed(String)
    case incomplete

    package var description: String {
      switch self {
      case .notPartial: "not a partial summary of grape-stats"
      case .version(let version):
        "a partial summary of version \(version); this is for version \(SelectionSummary.partialVersion)"
      case .paths(let paths, let expected):
        "a summary of \(paths.joined(separator: ", ")), not of \(expected.joined(separator: ", "))"
      case .malformed(let part): "a partial summary with a malformed \(part)"
      case .incomplete: "a partial summary is cut short"
      }
    }
  }

  private typealias List = SelectionSummary.PartialList

  private var summary: SelectionSummary
  /// Where the sources of the summary being read are in `summary`.
  private var places: [Int] = []
  /// The elements of each list that the summary being read still owes.
  private var missing = [Int](repeating: 0, count: List.allCases.count)

  /// Makes a reader of summaries that were made with the given paths.
  package init(paths: SelectionSummary.Paths, sampleSize: Int = 1 << 15) {
    summary = SelectionSummary(paths: paths, sampleSize: sampleSize, keepsExamples: true)
  }

  /// Reads the next line.
  package mutating func read(_ line: JSONValue) throws(Failure) {
    if let version = line["grape-stats"] {
      guard version.int == SelectionSummary.partialVersion else { throw .version(version.int ?? 0) }
      try checkEnd()
      return try readHead(line)
    }
    for (place, list) in List.allCases.enumerated() {
      guard let elements = line[key: list.rawValue] else { continue }
      missing[place] -= elements.count
      guard missing[place] >= 0 else { throw .notPartial }
      for element in elements.elements {
        switch list {
        case .sample: summary.sample.add(try pair(element, "sample"))
        case .groups: try readGroup(element)
        case .compared: try readComparedGroup(element)
        case .comparedSample:
          let pair = try pair(element, "comparedSample")
          summary.comparison?.sample.add(pair)
        case .examples: try readExample(element)
        }
      }
      return
    }
    throw .notPartial
  }

  /// What has been read.
  ///
  /// - Throws: `Failure.incomplete` when the last summary was not whole.
  package consuming func finish() throws(Failure) -> SelectionSummary {
    try checkEnd()
    return summary
  }

  private func checkEnd() throws(Failure) {
    guard missing.allSatisfy({ $0 == 0 }) else { throw .incomplete }
  }

  // MARK: The first line

  private mutating func readHead(_ line: JSONValue) throws(Failure) {
    let paths = (line["paths"]?.elements).map { Array($0).map { $0.string ?? "" } } ?? []
    guard paths == summary.paths.names else { throw .paths(paths, expected: summary.paths.names) }
    summary.records &+= try count(line, "records")
    summary.badRecords &+= try count(line, "bad")
    summary.ungrouped &+= try count(line, "ungrouped")
    guard let lists = line["lists"] else { throw .malformed("lists") }
    for (place, list) in List.allCases.enumerated() {
      guard let count = lists[key: list.rawValue]?.int, 0...(1 << 53) ~= count else {
        throw .malformed("lists")
      }
      missing[place] = count
    }
    let (scores, scoreSum) = try distribution(line["score"], "score", like: Histogram())
    summary.scores.merge(scores)
    summary.scoreSum.merge(scoreSum)
    let (lengths, lengthSum) = try distribution(line["length"], "length", like: Histogram())
    summary.lengths.merge(lengths)
    summary.lengthSum.merge(lengthSum)
    summary.pairSums.merge(try pairSums(line["pairs"], "pairs"))
    if summary.comparison != nil {
      let sums = try pairSums(line["comparedPairs"], "comparedPairs")
      summary.comparison?.pairSums.merge(sums)
    }
    guard let models = line["models"] else { throw .malformed("models") }
    for names in models.elements {
      guard names.count == 2 else { throw .malformed("models") }
      let identity = Identity(model: names.element(0)?.string, tokenizer: names.element(1)?.string)
      if summary.identities.list.count < SelectionSummary.identityLimit {
        summary.identities.insert(identity)
      }
    }
    try readSources(line)
  }

  private mutating func readSources(_ line: JSONValue) throws(Failure) {
    guard let sources = line["sources"], 2...Sources.limit ~= sources.count else {
      throw .malformed("sources")
    }
    places = []
    for source in sources.elements {
      guard let name = source["name"], name.kind == .string else { throw .malformed("sources") }
      // The first two are the places for no source and for all others, not sources of that name.
      let place = places.count <= Sources.others ? places.count : summary.sources.place(of: name)
      places.append(place)
      var tally = SourceTally()
      tally.records = try count(source, "records")
      tally.measured = try count(source, "measured")
      tally.tokens = try count(source, "tokens")
      (tally.scores, tally.score) = try distribution(source["score"], "sources", like: tally.scores)
      summary.sources.tallies[place].merge(tally)
    }
  }

  private func distribution(
    _ value: JSONValue?, _ name: String, like empty: Histogram
  ) throws(Failure) -> (Histogram, ExactSum) {
    guard let value, let counts = value["counts"], let parts = value["sum"] else { throw .malformed(name) }
    var entries: [(number: Double, count: Int)] = []
    for entry in counts.elements {
      guard let number = entry.element(0)?.double, let count = entry.element(1)?.int else {
        throw .malformed(name)
      }
      entries.append((number, count))
    }
    let histogram = Histogram(
      entries: entries, minimum: value["minimum"]?.double ?? .infinity,
      maximum: value["maximum"]?.double ?? -.infinity, precision: empty.precision,
      exactLimit: empty.exactLimit)
    guard let histogram else { throw .malformed(name) }
    return (histogram, try sum(parts, name))
  }

  private func pairSums(_ value: JSONValue?, _ name: String) throws(Failure) -> PairSums {
    guard let value, let parts = value["sums"] else { throw .malformed(name) }
    var sums: [ExactSum] = []
    for part in parts.elements { sums.append(try sum(part, name)) }
    guard let pairSums = PairSums(count: try count(value, "count"), sums: sums) else {
      throw .malformed(name)
    }
    return pairSums
  }

  private func count(_ value: JSONValue, _ name: StaticString) throws(Failure) -> Int {
    guard let count = value[name]?.int, 0...(1 << 53) ~= count else { throw .malformed(name.description) }
    return count
  }

  private func sum(_ parts: JSONValue, _ name: String) throws(Failure) -> ExactSum {
    guard parts.kind == .array, let sum = ExactSum(parts: parts.elements.compactMap(\.int)) else {
      throw .malformed(name)
    }
    return sum
  }

  // MARK: Elements of lists

  private func pair(_ pair: JSONValue, _ name: String) throws(Failure) -> PairSample.Pair {
    guard let hash = pair.element(0).flatMap({ hash64($0, from: 0) }), let x = finite(pair.element(1)),
      let y = finite(pair.element(2))
    else { throw .malformed(name) }
    return PairSample.Pair(hash: hash, x: x, y: y)
  }

  private mutating func readGroup(_ group: JSONValue) throws(Failure) {
    let fields = Array(group.elements)
    guard fields.count == 13, let hash = groupHash(fields[0]),
      let candidates = fields[1].int.flatMap(UInt32.init(exactly:)),
      let scored = fields[2].int.flatMap(UInt32.init(exactly:)),
      let bestLength = fields[5].int.flatMap(Int32.init(exactly:)),
      let longest = fields[6].int.flatMap(Int32.init(exactly:)),
      let shortest = fields[7].int.flatMap(Int32.init(exactly:)),
      let bestSource = source(fields[8]), let pickIsLongest = fields[9].bool,
      let pickIsShortest = fields[10].bool
    else { throw .malformed("group") }
    var tally = GroupTally()
    tally.candidates = candidates
    tally.scored = scored
    tally.best = fields[3].double ?? -.infinity
    tally.second = fields[4].double ?? -.infinity
    tally.bestLength = bestLength
    tally.longest = longest
    tally.shortest = shortest
    tally.bestSource = bestSource
    tally.pickIsLongest = pickIsLongest
    tally.pickIsShortest = pickIsShortest
    var sources: [Int] = []
    for field in fields[11].elements {
      guard let source = source(field) else { throw .malformed("group") }
      sources.append(Int(source))
    }
    summary.groups.merge(tally, of: hash, sources: sources, rulePicks: try rulePicks(fields[12]))
  }

  /// Nil for an empty list: a summary of records without log-probabilities.
  private func rulePicks(_ list: JSONValue) throws(Failure) -> RulePicks? {
    guard list.count > 0 else { return nil }
    var picks: [RulePick] = []
    for fields in list.elements {
      guard fields.count == 4, let length = fields.element(1)?.int.flatMap(Int32.init(exactly:)),
        let isPick = fields.element(2)?.bool, let isComplete = fields.element(3)?.bool
      else { throw .malformed("group") }
      var pick = RulePick()
      pick.best = fields.element(0)?.double ?? -.infinity
      (pick.length, pick.isPick, pick.isComplete) = (length, isPick, isComplete)
      picks.append(pick)
    }
    guard picks.count == 3 else { throw .malformed("group") }
    var result = RulePicks()
    (result.mean, result.sum, result.first) = (picks[0], picks[1], picks[2])
    return result
  }

  private mutating func readComparedGroup(_ group: JSONValue) throws(Failure) {
    let fields = Array(group.elements)
    guard fields.count == 9, let hash = groupHash(fields[0]), fields[1].kind == .string,
      let candidates = fields[2].int, let picksAgree = fields[3].bool, let sourceA = source(fields[6]),
      let sourceB = source(fields[7])
    else { throw .malformed("compared group") }
    var tally = ScorerComparison.Tally()
    (tally.candidates, tally.picksAgree) = (candidates, picksAgree)
    (tally.sourceA, tally.sourceB) = (sourceA, sourceB)
    guard let aOfA = finite(fields[4].element(0)), let bOfA = finite(fields[4].element(1)),
      let aOfB = finite(fields[5].element(0)), let bOfB = finite(fields[5].element(1))
    else { throw .malformed("compared group") }
    tally.ofPickA = (aOfA, bOfA)
    tally.ofPickB = (aOfB, bOfB)
    var pairs: [ScorerComparison.Pair] = []
    for field in fields[8].elements {
      let pair = try pair(field, "compared group")
      pairs.append(ScorerComparison.Pair(hash: pair.hash, a: pair.x, b: pair.y))
    }
    var key: [UInt8] = []
    fields[1].appendString(to: &key)
    key.withUnsafeBytes { summary.comparison?.merge(tally, of: hash, key: $0, pairs: pairs) }
  }

  private mutating func readExample(_ example: JSONValue) throws(Failure) {
    let fields = Array(example.elements)
    guard fields.count == 7, let isMost = fields[0].bool, let score = finite(fields[1]),
      let source = fields[3].string, let prompt = fields[5].string, let response = fields[6].string
    else { throw .malformed("example") }
    let record = ExampleRecord(
      score: score, group: groupHash(fields[2]), source: source, tokens: fields[4].int, prompt: prompt,
      response: response)
    summary.examples?.merge(record, isMost: isMost)
  }

  // MARK: Values

  private func finite(_ value: JSONValue?) -> Double? { value?.double.flatMap { $0.isFinite ? $0 : nil } }

  /// The place in `summary` of a source given by its place in the first line's list.
  private func source(_ value: JSONValue) -> UInt16? {
    guard let place = value.int, places.indices.contains(place) else { return nil }
    return UInt16(places[place])
  }

  private func groupHash(_ value: JSONValue) -> GroupHash? {
    guard let high = hash64(value, from: 0), let low = hash64(value, from: 16) else { return nil }
    return GroupHash(high: high, low: low)
  }

  /// The 16 hexadecimal digits at an offset in a string.
  private func hash64(_ value: JSONValue, from offset: Int) -> UInt64? {
    guard value.kind == .string, value.stringContent.count >= offset + 16 else { return nil }
    let digits = String(decoding: value.stringContent[offset..<(offset + 16)], as: UTF8.self)
    return UInt64(digits, radix: 16)
  }
}
