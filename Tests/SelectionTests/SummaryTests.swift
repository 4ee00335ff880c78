import Records
import Selection
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
    var generator = SplitMix(state: seed)
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
    var generator = SplitMix(state: 3)
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
      var generator = SplitMix(state: seed)
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
    #expect(throws: PartialReader.Failure.version(3)) { _ = try Self.merge([#"{"grape-stats":3}"#]) }
    #expect(throws: PartialReader.Failure.self) { _ = try Self.merge(lines, source: "model") }
  }

  @Test func damagedPartialSummariesNeverCrash() throws {
    let lines = try Self.partial(Self.records(30, groups: 5, sources: 3, seed: 1))
    var generator = SplitMix(state: 4)
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
        for line in report.text(isASCII: true).split(separator: "\n") { #expect(line.count <= 80) }
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

/// The mean of numbers; nil for none.
func mean(_ numbers: [Double]) -> Double? {
  numbers.isEmpty ? nil : numbers.reduce(0, +) / Double(numbers.count)
}

/// The figures of a report, each computed on its own from all the records.
struct ObviousReport {
  typealias Record = SummaryTests.Record

  struct Source {
    var records = 0
    var groups = 0
    var wins = 0
    var picks = 0
    var meanScore: Double?
  }

  let records: [Record]
  let groups: [String: [Record]]
  /// Of each group of two or more records with a score: those records, and the place of the pick among them.
  let contests: [(records: [Record], pick: Int)]

  init(_ records: [Record]) {
    self.records = records
    groups = Dictionary(grouping: records.filter { $0.group != nil }, by: { $0.group ?? "" })
    contests = groups.values.compactMap { members in
      let scored = members.filter { $0.score != nil }
      guard scored.count > 1 else { return nil }
      return (scored, Self.first(of: scored) { $0.score ?? 0 })
    }
  }

  /// The place of the first record with the greatest value.
  static func first(of records: [Record], by value: (Record) -> Double) -> Int {
    let most = records.map(value).max() ?? 0
    return records.firstIndex { value($0) == most } ?? 0
  }

  var scores: [Double] { records.compactMap(\.score) }
  var meanScore: Double? { mean(scores) }
  var medianScore: Double? { scores.isEmpty ? nil : scores.sorted()[(scores.count + 1) / 2 - 1] }
  var meanTokens: Double? { mean(records.compactMap { $0.count.map(Double.init) }) }
  var margins: [Double] {
    contests.map { records, _ in
      let sorted = records.compactMap(\.score).sorted(by: >)
      return sorted[0] - sorted[1]
    }
  }
  var pickScore: Double? { mean(groups.values.compactMap { $0.compactMap(\.score).max() }) }
  var agreesWithRandom: Double? { mean(contests.map { 1 / Double($0.records.count) }) }

  /// The contests whose picks have a length.
  var measured: [(records: [Record], pick: Int)] { contests.filter { $0.records[$0.pick].count != nil } }
  var agreesWithLongest: Double? {
    mean(measured.map { records, pick in Self.first(of: records) { Double($0.count ?? -1) } == pick ? 1 : 0 })
  }
  var agreesWithShortest: Double? {
    mean(
      measured.map { records, pick in Self.first(of: records) { -Double($0.count ?? 1000) } == pick ? 1 : 0 })
  }
  var pickTokens: Double? { mean(measured.map { Double($0.records[$0.pick].count ?? 0) }) }

  var pairs: [(Double, Double)] {
    records.compactMap { record in
      guard let score = record.score, let count = record.count else { return nil }
      return (score, Double(count))
    }
  }
  var pearson: Double? { Self.correlation(pairs.map(\.0), pairs.map(\.1)) }
  var spearman: Double? { Self.correlation(Self.ranks(pairs.map(\.0)), Self.ranks(pairs.map(\.1))) }

  /// A number's rank: one more than the numbers below it, and half of the others equal to it.
  static func ranks(_ numbers: [Double]) -> [Double] {
    numbers.map { number in
      Double(numbers.filter { $0 < number }.count + 1) + Double(numbers.filter { $0 == number }.count - 1) / 2
    }
  }

  static func correlation(_ x: [Double], _ y: [Double]) -> Double? {
    guard let meanX = mean(x), let meanY = mean(y) else { return nil }
    let xx = x.map { ($0 - meanX) * ($0 - meanX) }.reduce(0, +)
    let yy = y.map { ($0 - meanY) * ($0 - meanY) }.reduce(0, +)
    guard xx > 0, yy > 0 else { return nil }
    return zip(x, y).map { ($0 - meanX) * ($1 - meanY) }.reduce(0, +) / (xx * yy).squareRoot()
  }

  // MARK: Other rules

  /// What other rules pick by.
  static let values: [String: @Sendable (Record) -> Double?] = [
    "mean": { record in
      guard let logprob = record.logprob, let count = record.count, count > 0 else { return nil }
      return logprob / Double(count)
    },
    "sum": { $0.logprob },
    "first": { $0.logprobs.flatMap { mean(Array($0.prefix(3))) } },
  ]

  /// In how many groups a rule can be used, how often it picks the same, and how long its picks are.
  func rule(_ value: (Record) -> Double?) -> (groups: Int, agreement: Double?, tokens: Double?) {
    let usable = contests.filter { $0.records.allSatisfy { value($0) != nil } }
    let picks = usable.map { Self.first(of: $0.records) { value($0) ?? 0 } }
    let lengths = zip(usable, picks).map { $0.records[$1].count }
    let tokens = lengths.allSatisfy { $0 != nil } ? mean(lengths.compactMap { $0.map(Double.init) }) : nil
    return (usable.count, mean(zip(usable, picks).map { $0.pick == $1 ? 1 : 0 }), tokens)
  }

  // MARK: Two scorers

  struct ObviousAgreement {
    var records = 0
    var groups = 0
    var same: Double?
    var random: Double?
    var taus: [Double] = []
    var lossA: Double?
    var lossB: Double?
    var pearson: Double?
    var spearman: Double?
    /// The taus of the groups whose picks differ.
    var disputes: [String: Double] = [:]
  }

  var agreement: ObviousAgreement {
    var result = ObviousAgreement()
    let both = records.filter { $0.score != nil && $0.other != nil }
    let (a, b) = (both.map { $0.score ?? 0 }, both.map { $0.other ?? 0 })
    result.records = both.count
    result.pearson = Self.correlation(a, b)
    result.spearman = Self.correlation(Self.ranks(a), Self.ranks(b))
    var (same, random, lossA, lossB): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
    for (name, members) in groups {
      let members = members.filter { $0.score != nil && $0.other != nil }
      guard members.count > 1 else { continue }
      let (a, b) = (members.map { $0.score ?? 0 }, members.map { $0.other ?? 0 })
      let (pickA, pickB) = (
        Self.first(of: members) { $0.score ?? 0 }, Self.first(of: members) { $0.other ?? 0 }
      )
      same.append(pickA == pickB ? 1 : 0)
      random.append(1 / Double(members.count))
      lossA.append(a[pickA] - a[pickB])
      lossB.append(b[pickB] - b[pickA])
      guard let tau = Self.tau(a, b) else { continue }
      result.taus.append(tau)
      if pickA != pickB { result.disputes[name] = tau }
    }
    result.groups = same.count
    (result.same, result.random) = (mean(same), mean(random))
    (result.lossA, result.lossB) = (mean(lossA), mean(lossB))
    return result
  }

  /// Kendall's tau-b as the correlation of the signs of all differences, which it is (Daniels 1944).
  static func tau(_ a: [Double], _ b: [Double]) -> Double? {
    func signs(_ numbers: [Double]) -> [Double] {
      numbers.flatMap { x in numbers.map { x < $0 ? -1.0 : x > $0 ? 1 : 0 } }
    }
    let (x, y) = (signs(a), signs(b))
    let (xx, yy) = (x.reduce(0) { $0 + $1 * $1 }, y.reduce(0) { $0 + $1 * $1 })
    guard xx > 0, yy > 0 else { return nil }
    return zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } / (xx * yy).squareRoot()
  }

  var sources: [String: Source] {
    let names = Set(records.map { $0.source ?? "(none)" })
    guard names != ["(none)"] else { return [:] }
    var sources: [String: Source] = [:]
    for name in names {
      let own = records.filter { ($0.source ?? "(none)") == name }
      var source = Source(records: own.count, meanScore: mean(own.compactMap(\.score)))
      for members in groups.values {
        let scored = members.filter { $0.score != nil }
        guard !scored.isEmpty else { continue }
        let pick = scored[Self.first(of: scored) { $0.score ?? 0 }]
        let isIts = (pick.source ?? "(none)") == name
        if isIts { source.picks += 1 }
        guard scored.count > 1 else { continue }
        if isIts { source.wins += 1 }
        if scored.contains(where: { ($0.source ?? "(none)") == name }) { source.groups += 1 }
      }
      sources[name] = source
    }
    return sources
  }
}
