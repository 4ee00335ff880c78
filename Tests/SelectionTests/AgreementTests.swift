import Records
import Selection
import TestSupport
import Testing

/// The edges of `--compare` and of correlations.
@Suite struct AgreementTests {
  typealias Record = SummaryTests.Record

  static func record(_ group: String?, _ score: Double, _ other: Double?, source: String? = nil) -> Record {
    var record = Record(group: group, score: score, count: 1, source: source)
    record.other = other
    return record
  }

  /// Reads the report of records as JSON.
  static func report(_ records: [Record], _ body: (JSONValue) throws -> Void) throws {
    var parser = JSONParser()
    try Array(try SummaryTests.json(records).utf8).withUnsafeBytes { try body(parser.parse($0)) }
  }

  /// The numbers at some paths of the report of records, nil for those that are not there.
  static func numbers(_ records: [Record], _ paths: String...) throws -> [Double?] {
    var numbers: [Double?] = []
    try report(records) { report in
      for path in paths { numbers.append(try JSONPath(path)(report)?.double) }
    }
    return numbers
  }

  @Test(arguments: [64, 65])
  func aGroupOfSixtyFourIsNoSample(_ count: Int) throws {
    var generator = SplitMix(seed: 6)
    let records = (0..<count).map { _ in
      Self.record(
        "g", Double.random(in: 0..<1, using: &generator), Double.random(in: 0..<1, using: &generator))
    }
    let tau = try #require(ObviousReport(records).agreement.taus.first)
    let found = try Self.numbers(records, "compare.sampledGroups", "compare.kendallTau.mean")
    #expect(found[0] == (count > 64 ? 1 : 0))
    #expect((abs(try #require(found[1]) - tau) < 1e-12) == (count == 64))
  }

  /// Those with the most picks by A come first, then by B, then by name; one source is told as well.
  @Test func sourcesOfPicksAreInOrder() throws {
    func pair(_ group: String, byA: String, byB: String) -> [Record] {
      [Self.record(group, 2, 1, source: byA), Self.record(group, 1, 2, source: byB)]
    }
    let records =
      pair("1", byA: "a", byB: "c") + pair("2", byA: "b", byB: "z") + pair("3", byA: "d", byB: "z")
      + pair("4", byA: "d", byB: "b")
    func rows(_ records: [Record]) throws -> [String] {
      var rows: [String] = []
      try Self.report(records) { report in
        rows = try #require(try JSONPath("compare.sources")(report)).elements.map {
          "\($0["source"]?.string ?? "") \($0["picksA"]?.int ?? -1) \($0["picksB"]?.int ?? -1)"
        }
      }
      return rows
    }
    #expect(try rows(records) == ["d 2 0", "b 1 1", "a 1 0", "z 0 2", "c 0 1"])
    #expect(try rows(pair("1", byA: "a", byB: "a")) == ["a 1 1"])
    let unnamed = [Self.record("1", 2, 1), Self.record("1", 1, 2)]
    #expect(try rows(unnamed) == [])
  }

  @Test func lossesThatNoDoubleHoldsAreTheGreatest() throws {
    let records = [Self.record("g", 1.7e308, -1.7e308), Self.record("g", -1.7e308, 1.7e308)]
    let losses = try Self.numbers(
      records, "compare.meanLossA", "compare.meanLossB", "compare.disputes[0].lossA",
      "compare.disputes[0].lossB")
    #expect(losses.allSatisfy { $0 == .greatestFiniteMagnitude })
  }

  // MARK: Correlation

  @Test(arguments: [0.1, -0.3, 1.0 / 3, -1.7, 1e-9, 123456.789, 1e200])
  func whatHasNoSpreadHasNoCorrelation(_ score: Double) throws {
    for count in [1, 2, 3, 7, 10, 49, 1000] {
      let records = (0..<count).map { Record(group: "g", score: score, count: 1 + $0 * 7 % 11) }
      let correlations = try Self.numbers(records, "correlation.pearson", "correlation.spearman")
      #expect(correlations == [nil, nil])
    }
  }

  @Test(arguments: [0.1, -0.3, 1.0 / 3, -7.1])
  func correlationsAreOneAtMost(_ slope: Double) throws {
    for count in 2..<60 {
      let records = (0..<count).map {
        Record(group: "g", score: slope * Double(1 + $0 * $0), count: 1 + $0 * $0)
      }
      let pearson = try #require(try Self.numbers(records, "correlation.pearson")[0])
      #expect(abs(pearson) <= 1 && abs(pearson - (slope < 0 ? -1 : 1)) < 1e-9)
    }
  }
}
