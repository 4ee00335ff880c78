import Records
import Selection
import TestSupport
import Testing

/// What the report for people says of numbers that are rare, tiny or many.
@Suite struct ReportTextTests {
  typealias Record = SummaryTests.Record

  static func text(_ records: [Record]) throws -> String {
    Report(try SummaryTests.summary(records)).text(isASCII: true)
  }

  static func text(ofScores scores: [Double]) throws -> String {
    try text(scores.map { Record(score: $0) })
  }

  static let ordinary = (0..<1000).map { Double($0 * 7919 % 1000) / 1000 }

  @Test func whatLiesOutsideOfTheColumnsIsCounted() throws {
    let scores = Self.ordinary + [-50, 900, 1000]
    #expect(try Self.text(ofScores: scores).contains("outside: 1 to the left, 2 to the right\n"))
    #expect(try Self.text(ofScores: Self.ordinary + [900]).contains("outside: 1 to the right\n"))
    #expect(try !Self.text(ofScores: Self.ordinary).contains("outside"))
    let json = try SummaryTests.json(scores.map { Record(score: $0) })
    #expect(json.contains(#""below":1,"above":2}"#))
  }

  @Test func aColumnOfFewIsNotEmpty() throws {
    let text = try Self.text(ofScores: [5] + Array(repeating: -1, count: 999))
    let lines = text.split(separator: "\n")
    let axis = try #require(lines.firstIndex { $0.contains("+-") })
    #expect(lines[axis - 1].contains("#") && lines[axis - 1].contains("."))
  }

  @Test func numbersAreRoundedToWhatTheyShow() throws {
    #expect(try Self.text(ofScores: [9.97123e20, 1, 2]).contains(" 1.0e+21"))
    #expect(try Self.text(ofScores: [-9.97123e120, 1, 2]).contains(" -1e+121"))
    let small = try Self.text(ofScores: [-0.0001, 1, 2, 3])
    #expect(small.contains(" 0.000 ") && !small.contains("-0.000"))
  }

  /// The mean score of several sources is that of their records with a score.
  @Test func furtherSourcesAreSummedUp() throws {
    func records(_ source: String, _ count: Int, _ score: Double?) -> [Record] {
      (0..<count).map { _ in Record(score: score, count: 10, source: source) }
    }
    let many = (0..<30).flatMap { records("s\($0)", 9, -7) }
    let few = records("a", 1, -1) + records("a", 2, nil) + records("b", 3, -3)
    let line = try #require(
      try Self.text(many + few).split(separator: "\n").first { $0.hasPrefix("(2 others)") })
    #expect(line.split(separator: " ").dropFirst(2) == ["6", "2.2%", "10", "-2.500"])
  }
}
