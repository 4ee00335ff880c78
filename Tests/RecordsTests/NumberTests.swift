import Records
import TestSupport
import Testing

@Suite struct NumberTests {
  private func double(_ spelling: String) throws -> Double? { try withJSON(spelling) { $0.double } }

  private func int(_ spelling: String) throws -> Int? { try withJSON(spelling) { $0.int } }

  /// The standard library's conversion is the reference.
  private func expectNearest(_ spelling: String) throws {
    let expected = try #require(Double(spelling))
    let found = try #require(try double(spelling))
    #expect(found.bitPattern == expected.bitPattern, "\(spelling): \(found), not \(expected)")
  }

  @Test(arguments: [
    "0", "-0", "0.0", "-0e5", "1", "-1", "0.1", "0.3", "123456789", "9007199254740991", "9007199254740992",
    "9007199254740993", "9007199254740995", "9223372036854775807", "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616", "9999999999999999999", "99999999999999999999", "1e19", "1e20", "1e22", "1e23",
    "1e-19", "1e-20",
    "1.7976931348623157e308", "1.7976931348623159e308", "1e309", "-1e400", "1e99999999999999999999",
    "2.2250738585072014e-308", "2.2250738585072011e-308", "5e-324", "2.4703282292062327e-324",
    "2.4703282292062328e-324", "1e-400", "1e-99999999999999999999", "0e99999999999999999999",
    "8.5", "0.5", "0.49999999999999994", "1.00000000000000011102230246251565",
    "1.00000000000000011102230246251566",
    "4503599627370496.5", "4503599627370497.5", "4503599627370497.50000000000000000001",
    "0.000000000000000001",
    "1.5E+3", "1.5e-3", "-2.5e0", "12345678901234567890123456789", "0.00000000000000000000000000000012345",
  ])
  func doublesAreNearest(_ spelling: String) throws { try expectNearest(spelling) }

  @Test func shortestSpellingsComeBack() throws {
    var random = SplitMix(seed: 7)
    for _ in 0..<20_000 {
      let value = Double(bitPattern: random.next())
      guard value.isFinite else { continue }
      #expect(try double(value.description)?.bitPattern == value.bitPattern)
      let score = -Double.random(in: 0..<20, using: &random)
      #expect(try double(score.description)?.bitPattern == score.bitPattern)
    }
  }

  @Test func randomDecimalsAreNearest() throws {
    var random = SplitMix(seed: 11)
    for _ in 0..<20_000 {
      let digits = String(random.next() >> UInt64.random(in: 0..<64, using: &random))
      try expectNearest("\(digits)e\(Int.random(in: -40...40, using: &random))")
      try expectNearest("\(Int.random(in: -99...99, using: &random)).\(digits)")
      try expectNearest("0.000\(digits)")
    }
  }

  /// Decimals exactly half way between two doubles, and next to it.
  @Test func halvesGoToEven() throws {
    var random = SplitMix(seed: 13)
    for _ in 0..<5_000 {
      // 54 bits, the last of them set: half way between two doubles of 53 bits.
      let half = UInt64(1) << 53 | random.next() >> 11 | 1
      for near in [half - 1, half, half + 1] { try expectNearest(String(near)) }
      let quarters = UInt64.random(in: 1 << 52..<1 << 53, using: &random)
      try expectNearest("\(quarters).5")
      try expectNearest("\(quarters).25")
    }
  }

  @Test(
    arguments: [
      ("0", 0), ("-0", 0), ("7", 7), ("-7", -7), ("9223372036854775807", .max),
      ("-9223372036854775808", .min),
      ("999999999999999999", 999_999_999_999_999_999), ("-999999999999999999", -999_999_999_999_999_999),
      ("1000000000000000000", 1_000_000_000_000_000_000), ("2e1", 20), ("20.0", 20), ("2000e-2", 20),
      ("0.2E+2", 20),
      ("0e999999999999999999999", 0),
      ("9223372036854775808", nil), ("-9223372036854775809", nil), ("18446744073709551616", nil),
      ("1e30", nil),
      ("0.5", nil), ("15e-1", nil), ("1e-999999999999", nil), ("1e999999999999999999", nil),
      ("1e9999999999999999999", nil), ("\"7\"", nil), ("true", nil),
    ] as [(String, Int?)])
  func integersAreExact(_ spelling: String, _ expected: Int?) throws {
    #expect(try int(spelling) == expected)
  }

  @Test func onlyNumbersHaveValues() throws {
    #expect(try double("\"1\"") == nil)
    #expect(try double("null") == nil)
    #expect(try double("[1]") == nil)
  }
}
