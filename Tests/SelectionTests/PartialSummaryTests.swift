import Records
import Selection
import TestSupport
import Testing

/// What partial summaries hold, and which ones are refused.
@Suite struct PartialSummaryTests {
  /// A list goes on in a further line past 1,000 elements.
  @Test(arguments: [0, 1, 999, 1000, 1001, 2500])
  func aSummaryReadAndWrittenAgainIsTheSame(_ groups: Int) throws {
    var records = SummaryTests.records(groups, groups: 1, sources: 70, complete: true, seed: 3)
    for index in records.indices { records[index].group = "g\(index)" }
    records += SummaryTests.records(100, groups: 30, sources: 5, seed: 4)
    let lines = try SummaryTests.partial(records)
    var again: [String] = []
    try SummaryTests.merge(lines).writePartial { again.append(String(decoding: $0, as: UTF8.self)) }
    #expect(again == lines)
  }

  @Test func modelsAreListedUpToAHundred() throws {
    func partial(_ models: Range<Int>) throws -> [String] {
      var summary = SelectionSummary(paths: try SummaryTests.paths())
      try parse(models.map { #"{"grape": {"score": 1, "model": "m\#($0)"}}"# }) { try summary.add($0) }
      var lines: [String] = []
      try summary.writePartial { lines.append(String(decoding: $0, as: UTF8.self)) }
      return lines
    }
    func models(_ lines: [String]) throws -> [String] {
      let json = Report(try SummaryTests.merge(lines)).json
      var parser = JSONParser()
      return try json.withUnsafeBytes { bytes in
        try #require(try parser.parse(bytes)["models"]).elements.compactMap { $0["model"]?.string }
      }
    }
    #expect(try models(partial(0..<60) + partial(30..<90)) == (0..<90).map { "m\($0)" })
    #expect(try models(partial(0..<60) + partial(30..<150)) == (0..<100).map { "m\($0)" })
  }

  /// Each replaces a part of a sound summary.
  @Test(arguments: [
    (#""models":[["#, #""models":[["x"],["#, "models"), (#""models":[["#, #""models":[[1,2,3],["#, "models"),
    (#""name":"(none)""#, #""name":7"#, "sources"), (#""measured":"#, #""measured":-1,"x":"#, "measured"),
    (#""sum":["#, #""sum":[1,"#, "score"), (#""counts":[["#, #""counts":[[1],["#, "score"),
    (#""counts":[["#, #""counts":[[1,0],["#, "score"), (#""sample":20"#, #""sample":-20"#, "lists"),
    (#""count":"#, #""count":-"#, "count"), (#""sums":[["#, #""sums":[[],["#, "pairs"),
  ])
  func aSummaryWithAPartThatIsNoneIsRefused(_ old: String, _ new: String, _ part: String) throws {
    var lines = try SummaryTests.partial(
      SummaryTests.records(20, groups: 5, sources: 2, complete: true, seed: 5))
    let start = try #require(lines[0].firstRange(of: old), "\(old)")
    lines[0].replaceSubrange(start, with: new)
    #expect(throws: PartialReader.Failure.malformed(part)) { _ = try SummaryTests.merge(lines) }
  }

  @Test func aSummaryNeedsTheSourcesThatAllHave() throws {
    let records = SummaryTests.records(20, groups: 5, sources: 2, complete: true, seed: 5)
    var lines = try SummaryTests.partial(records)
    let sources = try #require(lines[0].firstRange(of: #""sources":["#))
    let second = try #require(lines[0].firstRange(of: #",{"name":"(others)""#))
    lines[0].replaceSubrange(second.lowerBound..., with: "]}")
    try #require(sources.upperBound < second.lowerBound)
    #expect(throws: PartialReader.Failure.malformed("sources")) { _ = try SummaryTests.merge(lines) }
  }
}
