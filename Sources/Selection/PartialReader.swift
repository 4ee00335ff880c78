import Records

/// Reads partial summaries, one after the other, into one summary.
///
/// What a summary claims is checked for its form, not for its truth; counts that no input could have wrap around.
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
      case .version(let version): "a partial summary of version \(version); this is for version 1"
      case .paths(let paths, let expected):
        "a summary of \(paths.joined(separator: ", ")), not of \(expected.joined(separator: ", "))"
      case .malformed(let part): "a partial summary with a malformed \(part)"
      case .incomplete: "a partial summary is cut short"
      }
    }
  }

  private var summary: SelectionSummary
  /// Where the sources of the summary being read are in `summary`.
  private var places: [Int] = []
  /// What the summary being read still owes.
  private var missingGroups = 0
  private var missingPairs = 0

  /// Makes a reader of summaries that were made with the given paths.
  package init(paths: SelectionSummary.Paths, sampleSize: Int = 1 << 15) {
    summary = SelectionSummary(paths: paths, sampleSize: sampleSize)
  }

  /// Reads the next line.
  package mutating func read(_ line: JSONValue) throws(Failure) {
    if let version = line["grape-stats"] {
      guard version.int == SelectionSummary.partialVersion else { throw .version(version.int ?? 0) }
      try checkEnd()
      try readHead(line)
    } else if let groups = line["groups"] {
      missingGroups -= groups.count
      for group in groups.elements { try readGroup(group) }
    } else if let pairs = line["sample"] {
      missingPairs -= pairs.count
      for pair in pairs.elements { try readPair(pair) }
    } else {
      throw .notPartial
    }
    guard missingGroups >= 0, missingPairs >= 0 else { throw .notPartial }
  }

  /// What has been read.
  ///
  /// - Throws: `Failure.incomplete` when the last summary was not whole.
  package consuming func finish() throws(Failure) -> SelectionSummary {
    try checkEnd()
    return summary
  }

  private func checkEnd() throws(Failure) {
    guard missingGroups == 0, missingPairs == 0 else { throw .incomplete }
  }

  private mutating func readHead(_ line: JSONValue) throws(Failure) {
    let paths = (line["paths"]?.elements).map { Array($0).map { $0.string ?? "" } } ?? []
    guard paths == summary.paths.names else { throw .paths(paths, expected: summary.paths.names) }
    summary.records &+= try count(line, "records")
    summary.badRecords &+= try count(line, "bad")
    summary.ungrouped &+= try count(line, "ungrouped")
    missingGroups = try count(line, "groups")
    missingPairs = try count(line, "sample")
    let (scores, scoreSum) = try numbers(line, "score")
    summary.scores.merge(scores)
    summary.scoreSum.merge(scoreSum)
    let (lengths, lengthSum) = try numbers(line, "length")
    summary.lengths.merge(lengths)
    summary.lengthSum.merge(lengthSum)
    guard let pairs = line["pairs"], let parts = pairs["sums"] else { throw .malformed("pairs") }
    var sums: [ExactSum] = []
    for part in parts.elements { sums.append(try sum(part, "pairs")) }
    guard let pairSums = PairSums(count: try count(pairs, "count"), sums: sums) else {
      throw .malformed("pairs")
    }
    summary.pairSums.merge(pairSums)
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
      guard let name = source["name"], name.kind == .string, let parts = source["score"] else {
        throw .malformed("sources")
      }
      // The first two are the places for no source and for all others, not sources of that name.
      let place = places.count <= Sources.others ? places.count : summary.sources.place(of: name)
      places.append(place)
      var tally = SourceTally()
      tally.records = try count(source, "records")
      tally.scored = try count(source, "scored")
      tally.measured = try count(source, "measured")
      tally.tokens = try count(source, "tokens")
      tally.score = try sum(parts, "sources")
      summary.sources.tallies[place].merge(tally)
    }
  }

  private func numbers(_ line: JSONValue, _ name: StaticString) throws(Failure) -> (Histogram, ExactSum) {
    guard let numbers = line[name], let counts = numbers["counts"], let parts = numbers["sum"] else {
      throw .malformed(name.description)
    }
    var entries: [(number: Double, count: Int)] = []
    for entry in counts.elements {
      guard let number = entry.element(0)?.double, let count = entry.element(1)?.int else {
        throw .malformed(name.description)
      }
      entries.append((number, count))
    }
    let minimum = numbers["minimum"]?.double ?? .infinity
    let maximum = numbers["maximum"]?.double ?? -.infinity
    guard let histogram = Histogram(entries: entries, minimum: minimum, maximum: maximum) else {
      throw .malformed(name.description)
    }
    return (histogram, try sum(parts, name.description))
  }

  private mutating func readPair(_ pair: JSONValue) throws(Failure) {
    guard let hash = pair.element(0).flatMap({ hash64($0, from: 0) }), let x = pair.element(1)?.double,
      let y = pair.element(2)?.double, x.isFinite, y.isFinite
    else { throw .malformed("sample") }
    summary.sample.add(PairSample.Pair(hash: hash, x: x, y: y))
  }

  private mutating func readGroup(_ group: JSONValue) throws(Failure) {
    let fields = Array(group.elements)
    guard fields.count == 12, let high = hash64(fields[0], from: 0), let low = hash64(fields[0], from: 16),
      let candidates = fields[1].int.flatMap(UInt32.init(exactly:)),
      let scored = fields[2].int.flatMap(UInt32.init(exactly:)),
      let bestLength = fields[5].int.flatMap(Int32.init(exactly:)),
      let longest = fields[6].int.flatMap(Int32.init(exactly:)),
      let shortest = fields[7].int.flatMap(Int32.init(exactly:)),
      let bestSource = fields[8].int, places.indices.contains(bestSource),
      let pickIsLongest = fields[9].bool, let pickIsShortest = fields[10].bool
    else { throw .malformed("group") }
    var tally = GroupTally()
    tally.candidates = candidates
    tally.scored = scored
    tally.best = fields[3].double ?? -.infinity
    tally.second = fields[4].double ?? -.infinity
    tally.bestLength = bestLength
    tally.longest = longest
    tally.shortest = shortest
    tally.bestSource = UInt16(places[bestSource])
    tally.pickIsLongest = pickIsLongest
    tally.pickIsShortest = pickIsShortest
    var sources: [Int] = []
    for source in fields[11].elements {
      guard let source = source.int, places.indices.contains(source) else { throw .malformed("group") }
      sources.append(places[source])
    }
    summary.groups.merge(tally, of: GroupHash(high: high, low: low), sources: sources)
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

  /// The 16 hexadecimal digits at an offset in a string.
  private func hash64(_ value: JSONValue, from offset: Int) -> UInt64? {
    guard value.kind == .string, value.stringContent.count >= offset + 16 else { return nil }
    let digits = String(decoding: value.stringContent[offset..<(offset + 16)], as: UTF8.self)
    return UInt64(digits, radix: 16)
  }
}
