import Records
import Selection
import TestSupport
import Testing

@Suite struct SummaryTests {
  /// A record for the statistics; anything may be missing.
  struct Record {
    var group: String?
    var score: Double?
    var count: Int?
    var source: String?
    var logprobs: [Double]?
    /// What another scorer says.
    var other: Double?

    /// As the record has it: what is added up need not be all of `count` tokens for the rules to use it.
    var logprob: Double? { logprobs?.reduce(0, +) }

    var text: String {
      var grape: [String] = []
      if let group { grape.append(#""group": "\#(group)""#) }
      if let score { grape.append(#""score": \#(score)"#) }
      if let count { grape.append(#""count": \#(count)"#) }
      if let logprobs, let logprob {
        grape.append(#""logprob": \#(logprob)"#)
        if !logprobs.isEmpty { grape.append(#""logprobs": \#(logprobs)"#) }
      }
      if let other { grape.append(#""other": \#(other)"#) }
      let source = source.map { #""source": "\#($0)", "# } ?? ""
      return "{\(source)\"grape\": {\(grape.joined(separator: ", "))}}"
    }
  }

  static func records(
    _ count: Int, groups: Int, sources: Int, complete: Bool = false, seed: UInt64
  ) -> [Record] {
    var generator = SplitMix(seed: seed)
    func sometimes<Value>(_ value: Value) -> Value? {
      complete || Int.random(in: 0..<10, using: &generator) > 0 ? value : nil
    }
    return (0..<count).map { _ in
      let length = Int.random(in: 0..<30, using: &generator)
      let score = -Double(Int.random(in: 0..<40, using: &generator)) / 8 - Double(length) / 64
      let logprobs = (0..<Int.random(in: 0..<6, using: &generator)).map { _ in
        -Double(Int.random(in: 0..<4, using: &generator))
      }
      let other = Double(Int.random(in: 0..<9, using: &generator)) - (score / 4).rounded()
      var record = Record(
        group: sometimes("g\(Int.random(in: 0..<groups, using: &generator))"), score: sometimes(score),
        count: sometimes(length), source: sometimes("s\(Int.random(in: 0..<sources, using: &generator))"))
      record.logprobs = Int.random(in: 0..<40, using: &generator) > 0 ? logprobs : nil
      record.other = sometimes(other)
      return record
    }
  }

  /// What is looked at: the means over the first three tokens, and another scorer.
  static func paths(source: String? = nil) throws -> SelectionSummary.Paths {
    try SelectionSummary.Paths(source: source, compared: ("grape.score", "grape.other"), firstTokens: 3)
  }

  static func summary(
    _ records: some Sequence<Record>, sampleSize: Int = 1 << 15
  ) throws -> SelectionSummary {
    var summary = SelectionSummary(paths: try paths(), sampleSize: sampleSize, keepsExamples: true)
    try parse(records.map(\.text)) { try summary.add($0) }
    return summary
  }

  static func json(_ records: some Sequence<Record>) throws -> String {
    String(decoding: Report(try summary(records)).json, as: UTF8.self)
  }

  static func partial(_ records: some Sequence<Record>, sampleSize: Int = 1 << 15) throws -> [String] {
    var lines: [String] = []
    try summary(records, sampleSize: sampleSize).writePartial {
      lines.append(String(decoding: $0, as: UTF8.self))
    }
    return lines
  }

  static func merge(
    _ lines: [String], source: String? = nil, sampleSize: Int = 1 << 15
  ) throws -> SelectionSummary {
    var reader = PartialReader(paths: try paths(source: source), sampleSize: sampleSize)
    var parser = JSONParser()
    for line in lines {
      try Array(line.utf8).withUnsafeBytes { try reader.read(parser.parse($0)) }
    }
    return try reader.finish()
  }

  // MARK: Against obvious computations

  @Test(arguments: 0..<6 as Range<UInt64>, [(1, 1), (40, 10), (600, 150)])
  func figuresAreThoseOfAnObviousComputation(_ seed: UInt64, _ size: (records: Int, groups: Int)) throws {
    let records = Self.records(size.records, groups: size.groups, sources: 4, seed: seed)
    let expected = ObviousReport(records)
    try Array(try Self.json(records).utf8).withUnsafeBytes { bytes in
      var parser = JSONParser()
      let report = try parser.parse(bytes)
      func number(_ path: String) throws -> Double? { try JSONPath(path)(report)?.double }
      func agrees(_ path: String, _ value: Double?, _ tolerance: Double = 1e-12) throws {
        let found = try number(path)
        #expect((found == nil) == (value == nil), "\(path)")
        guard let found, let value else { return }
        #expect(abs(found - value) <= tolerance * max(abs(value), 1), "\(path)")
      }
      try agrees("records", Double(records.count))
      try agrees("scored", Double(records.filter { $0.score != nil }.count))
      try agrees("ungrouped", Double(records.filter { $0.group == nil }.count))
      try agrees("groups.count", Double(expected.groups.count))
      try agrees("score.mean", expected.meanScore)
      try agrees("score.median", expected.medianScore, 1e-3)
      try agrees("tokens.mean", expected.meanTokens)
      try agrees("margin.count", expected.margins.isEmpty ? nil : Double(expected.margins.count))
      try agrees("margin.mean", mean(expected.margins))
      try agrees("margin.maximum", expected.margins.max())
      try agrees("picks.meanScore", expected.pickScore)
      try agrees("picks.agreeWithRandom", expected.agreesWithRandom)
      try agrees("picks.agreeWithLongest", expected.agreesWithLongest)
      try agrees("picks.agreeWithShortest", expected.agreesWithShortest)
      try agrees("picks.meanTokens", expected.pickTokens)
      try agrees("correlation.pearson", expected.pearson, 1e-9)
      try agrees("correlation.spearman", expected.spearman, 1e-9)
      for rule in try #require(try JSONPath("picks.rules")(report)).elements {
        let name = try #require(rule["rule"]?.string)
        guard let value = ObviousReport.values[name] else { continue }
        let (groups, agreement, tokens) = expected.rule(value)
        #expect(rule["groups"]?.int == groups, "\(name)")
        #expect(abs((rule["agreement"]?.double ?? -1) - (agreement ?? -1)) < 1e-12, "\(name)")
        #expect(abs((rule["meanTokens"]?.double ?? -1) - (tokens ?? -1)) < 1e-9, "\(name)")
      }
      let agreement = expected.agreement
      try agrees("compare.records", Double(agreement.records))
      try agrees("compare.groups", Double(agreement.groups))
      try agrees("compare.agreement", agreement.same)
      try agrees("compare.agreementOfRandom", agreement.random)
      try agrees("compare.kendallTau.mean", mean(agreement.taus))
      try agrees("compare.opposedGroups", Double(agreement.taus.filter { $0 < 0 }.count))
      try agrees("compare.meanLossA", agreement.lossA)
      try agrees("compare.meanLossB", agreement.lossB)
      try agrees("compare.pearson", agreement.pearson, 1e-9)
      try agrees("compare.spearman", agreement.spearman, 1e-9)
      let disputes = Array(try #require(try JSONPath("compare.disputes")(report)).elements)
      let worst = agreement.disputes.keys.sorted { agreement.disputes[$0] ?? 0 < agreement.disputes[$1] ?? 0 }
      #expect(disputes.count == min(worst.count, 10))
      for (dispute, group) in zip(disputes, worst) {
        // Of equal taus another group may be named.
        let tau = try #require(dispute["kendallTau"]?.double)
        #expect(abs(tau - (agreement.disputes[group] ?? 2)) < 1e-12)
        let name = try #require(dispute["group"]?.string)
        #expect(abs(tau - (agreement.disputes[name] ?? 2)) < 1e-12)
      }
      for row in try #require(report["sources"]).elements {
        let name = try #require(row["source"]?.string)
        let source = try #require(expected.sources[name])
        #expect(row["records"]?.int == source.records)
        #expect(row["groups"]?.int == source.groups)
        #expect(row["wins"]?.int == source.wins)
        #expect(row["picks"]?.int == source.picks)
        let meanScore = row["meanScore"]?.double
        #expect((meanScore == nil) == (source.meanScore == nil))
        #expect(abs((meanScore ?? 0) - (source.meanScore ?? 0)) < 1e-12)
      }
      #expect(report["sources"]?.count == expected.sources.count)
    }
  }

  @Test func orderDoesNotMatterWithoutTies() throws {
    var records = Self.records(300, groups: 60, sources: 5, complete: true, seed: 8)
    for index in records.indices {
      records[index].score = -Double(index) / 7
      records[index].other = Double(index * 101 % 307)
      records[index].logprobs = [-Double(index * 53 % 311) / 4, -1]
      records[index].count = index * 37 % 301
    }
    let json = try Self.json(records)
    #expect(try Self.json(records.shuffled()) == json)
    #expect(try Self.json(records.reversed()) == json)
  }

  @Test func aGroupOfManyIsComparedByASampleThatMerges() throws {
    var generator = SplitMix(seed: 3)
    let records = (0..<400).map { index in
      var record = Record(
        group: "g", score: Double.random(in: 0..<1, using: &generator), count: 1, source: "s")
      record.other = (record.score ?? 0) + Double.random(in: 0..<1, using: &generator)
      return record
    }
    let whole = try Self.json(records)
    #expect(whole.contains(#""sampledGroups":1"#))
    #expect(try Self.json(records.reversed()) == whole)
    let merged = try Self.merge(Self.partial(records[..<30]) + Self.partial(records[30...]))
    #expect(String(decoding: Report(merged).json, as: UTF8.self) == whole)
    // A standard error of tau of n pairs is at most sqrt(2 (1 - tau^2) / n) (Kendall 1970): five of them.
    let all = try #require(ObviousReport(records).agreement.taus.first)
    try Array(whole.utf8).withUnsafeBytes { bytes in
      var parser = JSONParser()
      let tau = try #require(try JSONPath("compare.kendallTau.mean")(parser.parse(bytes))?.double)
      #expect(tau != all)
      #expect(abs(tau - all) < 5 * (2.0 / 64).squareRoot())
    }
  }

  @Test func sharesOfRecordsWithoutLogProbabilitiesMerge() throws {
    var records = Self.records(200, groups: 40, sources: 3, complete: true, seed: 12)
    for index in 0..<120 { records[index].logprobs = nil }
    let whole = try Self.json(records)
    for cut in [0, 60, 120, 150] {
      let merged = try Self.merge(Self.partial(records[..<cut]) + Self.partial(records[cut...]))
      #expect(String(decoding: Report(merged).json, as: UTF8.self) == whole)
    }
    #expect(try Self.json(records[..<120]).contains(#""rules":[{"rule":"longest""#))
    #expect(try !Self.json(records[..<120]).contains(#""rule":"sum""#))
  }

  /// A mean over tokens of which one is not known is not known either.
  @Test(arguments: [
    ("[-1, null]", false), ("[null, -1]", false), ("[-1, -1, -1, null]", true), ("[-1]", true),
  ])
  func anUnknownLogProbabilityLeavesItsRuleOut(_ logprobs: String, _ isTold: Bool) throws {
    var summary = SelectionSummary(paths: try Self.paths())
    let texts = [logprobs, "[-2, -2, -2]"].map {
      #"{"grape": {"group": "g", "score": -1, "logprob": -3, "logprobs": \#($0)}}"#
    }
    try parse(texts) { try summary.add($0) }
    let json = String(decoding: Report(summary).json, as: UTF8.self)
    #expect(json.contains(#""rule":"first""#) == isTold)
    #expect(json.contains(#""rule":"sum""#))
  }

  @Test func aScoreThatIsNoNumberIsRefused() throws {
    var summary = SelectionSummary(paths: try Self.paths())
    for (text, error) in [
      (#"{"grape": {"score": null}}"#, SelectionError.noNumber(path: "grape.score")),
      (#"{"grape": {"score": 1e400}}"#, .notFinite(path: "grape.score")),
      (#"{"grape": {"score": 1, "other": "x"}}"#, .noNumber(path: "grape.other")),
    ] {
      try parse([text]) { record in
        #expect(throws: error) { try summary.add(record) }
      }
    }
    #expect(summary.records == 0)
  }

  // MARK: Partial summaries

  @Test(arguments: [2, 5, 70, 300])
  func shardsMergeToTheSameReport(_ sources: Int) throws {
    for seed in 0..<2 as Range<UInt64> {
      var generator = SplitMix(seed: seed)
      let records = Self.records(500, groups: 90, sources: sources, seed: seed)
      let cuts = [0] + (0..<3).map { _ in Int.random(in: 0...500, using: &generator) }.sorted() + [500]
      let shards = try zip(cuts, cuts.dropFirst()).map { try Self.partial(records[$0..<$1]) }
      let whole = try Self.json(records)
      #expect(String(decoding: Report(try Self.merge(shards.flatMap { $0 })).json, as: UTF8.self) == whole)
      // Partial summaries of merged ones merge as well.
      var lines: [String] = []
      try Self.merge(shards[0] + shards[1]).writePartial { lines.append(String(decoding: $0, as: UTF8.self)) }
      let again = try Self.merge(lines + shards[2] + shards[3])
      #expect(String(decoding: Report(again).json, as: UTF8.self) == whole)
    }
  }

  @Test func sourcesPastTheThousandthAreCountedTogether() throws {
    let records = (0..<1500).map {
      Record(group: "g\($0 / 2)", score: -Double($0 % 7), count: 1, source: "s\($0)")
    }
    let json = try Self.json(records)
    #expect(json.contains(#"{"source":"(others)","records":500,"#))
    #expect(json.contains(#"{"source":"s999","records":1,"#))
    #expect(!json.contains(#""s1000""#))
    #expect(String(decoding: Report(try Self.merge(Self.partial(records))).json, as: UTF8.self) == json)
  }

  @Test func samplesMergeToTheSampleOfTheWhole() throws {
    var records = Self.records(1000, groups: 100, sources: 2, complete: true, seed: 2)
    for index in records.indices {
      let place = index * 7 % 1000
      records[index].score = Double(place)
      records[index].other = Double(index * 101 % 1009)
      records[index].logprobs = [-Double(index * 53 % 1009) / 4, -1]
      records[index].count = place < 500 ? place : 1499 - place
    }
    let whole = Report(try Self.summary(records, sampleSize: 50)).json
    #expect(String(decoding: whole, as: UTF8.self).contains(#""sampled":50}"#))
    #expect(Report(try Self.summary(records.reversed(), sampleSize: 50)).json == whole)
    let shards =
      try Self.partial(records[..<370], sampleSize: 50) + Self.partial(records[370...], sampleSize: 50)
    #expect(Report(try Self.merge(shards, sampleSize: 50)).json == whole)
    // A sample of 200 gives a rank correlation within five standard errors of that of all 1,000.
    let all = try #require(ObviousReport(records).spearman)
    let json = Report(try Self.summary(records, sampleSize: 200)).json
    try json.withUnsafeBytes { bytes in
      var parser = JSONParser()
      let sampled = try #require(try JSONPath("correlation.spearman")(parser.parse(bytes))?.double)
      #expect(sampled != all)
      #expect(abs(sampled - all) < 5 / 200.0.squareRoot())
    }
  }

  @Test func whatIsNoWholePartialSummaryIsAnError() throws {
    let lines = try Self.partial(Self.records(50, groups: 9, sources: 3, complete: true, seed: 1))
    try #require(lines.count == 6)
    #expect(throws: PartialReader.Failure.notPartial) { _ = try Self.merge(["{}"]) }
    #expect(throws: PartialReader.Failure.notPartial) { _ = try Self.merge([lines[1]]) }
    #expect(throws: PartialReader.Failure.notPartial) { _ = try Self.merge([lines[0], lines[2], lines[2]]) }
    for index in lines.indices.dropFirst() {
      var rest = lines
      rest.remove(at: index)
      #expect(throws: PartialReader.Failure.incomplete) { _ = try Self.merge(rest) }
    }
    #expect(throws: PartialReader.Failure.incomplete) { _ = try Self.merge([lines[0]] + lines) }
    #expect(throws: PartialReader.Failure.version(4)) { _ = try Self.merge([#"{"grape-stats":4}"#]) }
    #expect(throws: PartialReader.Failure.self) { _ = try Self.merge(lines, source: "model") }
  }

  @Test func damagedPartialSummariesNeverCrash() throws {
    let lines = try Self.partial(Self.records(30, groups: 5, sources: 3, seed: 1))
    var generator = SplitMix(seed: 4)
    let values = ["null", "-1", "1e30", "[]", "{}", "9223372036854775807", #""x""#, "99"]
    for _ in 0..<150 {
      // Replaces a random number of a random line.
      let index = Int.random(in: 0..<lines.count, using: &generator)
      var damaged = Array(lines[index].utf8)
      let digits = damaged.indices.filter { (48...57).contains(damaged[$0]) }
      let at = try #require(digits.randomElement(using: &generator))
      let value = try #require(values.randomElement(using: &generator))
      var end = at
      while end < damaged.count, (48...57).contains(damaged[end]) { end += 1 }
      damaged.replaceSubrange(at..<end, with: Array(value.utf8))
      var copy = lines
      copy[index] = String(decoding: damaged, as: UTF8.self)
      if let summary = try? Self.merge(copy) {
        _ = Report(summary).text(isASCII: true)
        _ = Report(summary).json
      }
    }
  }

  // MARK: Text

  @Test(arguments: [true, false], [0, 1, 5, 400])
  func textFitsEightyColumns(_ isASCII: Bool, _ count: Int) throws {
    for sources in [1, 4, 60] {
      var records = Self.records(count, groups: max(count / 6, 1), sources: sources, seed: 3)
      for index in records.indices {
        records[index].source = records[index].source.map { $0 + "-of-a-long-name-that-goes-on" }
      }
      let text = Report(try Self.summary(records)).text(isASCII: isASCII)
      for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
        #expect(line.unicodeScalars.count <= 80)
        #expect(line.last != " ")
        #expect(!isASCII || line.utf8.allSatisfy { $0 < 0x80 })
      }
      #expect(text.hasSuffix("\n"))
    }
  }

  @Test func extremeNumbersFitToo() throws {
    let extremes = [
      .leastNonzeroMagnitude, -1.7e308, 1.7e308, 1e300, -1e15, 123_456_789.5, 0.000_001, -99_999_999,
    ]
    for low in extremes {
      for high in extremes {
        let records = [low, high, low / 2 + high / 2].enumerated().map {
          Record(group: "g", score: $1, count: $0 * 1_000_000_000, source: "s\($0)")
        }
        let report = Report(try Self.summary(records))
        let lines = report.text(isASCII: true).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 80 })
        // Numbers stay apart.
        for (head, numbers) in zip(lines, lines.dropFirst()) where head.hasPrefix("     mean    least") {
          #expect(numbers.split(separator: " ").count == 8, "\(numbers)")
        }
        _ = report.json
      }
    }
  }

  @Test func controlCharactersInNamesAreNotWritten() throws {
    var summary = SelectionSummary(paths: try SelectionSummary.Paths())
    try parse([#"{"source": "a\u001b[31m\u0085b", "grape": {"score": 1, "model": "m\n\u0007"}}"#]) {
      try summary.add($0)
    }
    let text = Report(summary).text(isASCII: false)
    #expect(text.contains("a?[31m?b"))
    #expect(text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control || $0 == "\n" })
  }
}
