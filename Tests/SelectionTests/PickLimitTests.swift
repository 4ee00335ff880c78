import Records
import Selection
import Testing

/// Limits on the picks of all groups, against sorting and counting them all.
@Suite struct PickLimitTests {
  typealias Picked = PickerTests.Picked

  static let records = randomRecords(2000, groups: 400, padding: 50, seed: 11)
  /// By text: texts are unique.
  static let byText = Dictionary(uniqueKeysWithValues: records.map { ($0.text, $0) })

  static func picks(_ limit: PickLimit?, memory: Int = 1 << 24) throws -> [Picked] {
    var rule = PickRule(fields: try RecordFields(), quota: .top(2))
    rule.limit = limit
    return try PickerTests.pick(records.map(\.text), rule, memory: memory).picks
  }

  /// All groups' picks, best first.
  static func ranked(byMargin: Bool = false) throws -> [Picked] {
    try picks(nil).map { pick in (pick, try #require(byText[pick.text])) }.sorted { (left, right) in
      if byMargin {
        let margins = (left.0.standing.margin ?? -1, right.0.standing.margin ?? -1)
        if margins.0 != margins.1 { return margins.0 > margins.1 }
      }
      return left.1.score != right.1.score ? left.1.score > right.1.score : left.1.number < right.1.number
    }.map(\.0)
  }

  static func inInputOrder(_ picks: [Picked]) -> [Picked] {
    picks.sorted { byText[$0.text]?.number ?? 0 < byText[$1.text]?.number ?? 0 }
  }

  @Test(arguments: [1, 57, 600, 5000], [1 << 24, 1 << 14])
  func theBestStay(_ count: Int, memory: Int) throws {
    #expect(
      try Self.picks(PickLimit(count: count), memory: memory)
        == Self.inInputOrder(Array(Self.ranked().prefix(count))))
    #expect(
      try Self.picks(PickLimit(count: count, order: .margin), memory: memory)
        == Self.inInputOrder(Array(Self.ranked(byMargin: true).prefix(count))))
  }

  @Test func chanceIsUniformAndBlindToOrder() throws {
    // Groups of one, two and four records: in each pick's chance to stay the group's size must not show.
    let records = (0..<6000).flatMap { group in
      (0..<(1 << (group % 3))).map { TestRecord(group: "g\(group)", score: 0, number: 4 * group + $0) }
    }
    for order in [PickRule.Order.highest, .random(seed: 3)] {
      var rule = PickRule(fields: try RecordFields(), order: order)
      rule.limit = PickLimit(count: 3000, order: .random(seed: 3))
      let picks = try PickerTests.pick(records.map(\.text), rule).picks
      #expect(picks.count == 3000)
      var sizes: [Int: Int] = [:]
      for pick in picks { sizes[pick.standing.candidates, default: 0] += 1 }
      // 1,000 of each, give or take 5 standard deviations (18 each).
      for size in [1, 2, 4] { #expect(abs((sizes[size] ?? 0) - 1000) < 90, "\(sizes)") }
      let others = try PickerTests.pick(records.reversed().map(\.text), rule).picks
      let isSame = Set(others.map(\.text)) == Set(picks.map(\.text))
      if order != .highest { #expect(isSame) }
      rule.limit?.order = .random(seed: 4)
      let isOther = try PickerTests.pick(records.map(\.text), rule).picks != picks
      #expect(isOther)
    }
  }

  @Test func chanceIsBlindToScores() throws {
    let records = (0..<2000).map { TestRecord(group: "g\($0)", score: -Double($0), number: $0) }
    var rule = PickRule(fields: try RecordFields())
    for count in [60, 500] {
      rule.limit = PickLimit(count: count, order: .random(seed: 8))
      let picks = Set(try PickerTests.pick(records.map(\.text), rule).picks.map(\.text))
      #expect(picks.count == count)
      // Half of them from the better half, give or take 5 standard deviations.
      let better = records[..<1000].filter { picks.contains($0.text) }.count
      #expect(abs(Double(better) - Double(count) / 2) < 5 * (Double(count) / 4).squareRoot(), "\(better)")
    }
  }

  // MARK: Shares

  /// The greatest choice under the ceilings, found by trying every total from the top.
  static func obviousShares(_ ranked: [Picked], _ limit: PickLimit) -> [Picked] {
    // The place of each among its source's picks.
    var seen: [String: Int] = [:]
    let places = ranked.map { pick in
      let source = byText[pick.text]?.source ?? ""
      defer { seen[source, default: 0] += 1 }
      return seen[source, default: 0]
    }
    for total in stride(from: min(limit.count, ranked.count), through: 0, by: -1) {
      let ceiling = limit.maximumShare?.floor(of: total) ?? .max
      let floor = min(limit.minimumShare?.ceiling(of: total) ?? 0, ceiling)
      let allowed = ranked.indices.filter { places[$0] < ceiling }
      guard allowed.count >= total else { continue }
      let granted = allowed.filter { places[$0] < floor }.prefix(total)
      let others = allowed.filter { places[$0] >= floor }.prefix(total - granted.count)
      return (granted + others).map { ranked[$0] }
    }
    return []
  }

  @Test(
    arguments: [
      (nil, "0.2"), (nil, "0.15"), (nil, "0.21"), (100, "0.3"), (100, "0.2"), (40, "1"), (1, "0.5"),
    ] as [(Int?, String)])
  func noSourceHasMoreThanItsShare(_ count: Int?, _ share: String) throws {
    let fraction = try #require(Fraction(share))
    let limit = PickLimit(
      count: count ?? .max, sourcePath: try NamedPath("source"), maximumShare: fraction)
    for memory in [1 << 24, 1 << 14] {
      let picks = try Self.picks(limit, memory: memory)
      #expect(picks == Self.inInputOrder(Self.obviousShares(try Self.ranked(), limit)))
      for (_, members) in Dictionary(grouping: picks, by: { Self.byText[$0.text]?.source }) {
        #expect(members.count <= fraction.floor(of: picks.count))
      }
    }
  }

  @Test(
    arguments: [
      (50, "0.1", nil), (50, "0.15", nil), (50, "0.2", nil), (50, "0.9", nil), (7, "0.001", nil),
      (60, "0.1", "0.25"), (60, "0.22", "0.22"), (4000, "0.2", nil), (3, "0.5", "0.5"),
    ] as [(Int, String, String?)])
  func everySourceHasItsLeastShare(_ count: Int, _ least: String, _ most: String?) throws {
    // Sources with scores so different that the best picks are all of one.
    let limit = PickLimit(
      count: count, sourcePath: try NamedPath("source"), minimumShare: Fraction(least),
      maximumShare: most.flatMap { Fraction($0) })
    try #require(limit.minimumShare != nil)
    let picks = try Self.picks(limit)
    #expect(picks == Self.inInputOrder(Self.obviousShares(try Self.ranked(), limit)))
  }

  @Test func limitsCompareScoresOfOneModelOnly() throws {
    let texts = ["m@1", "m@2"].enumerated().map {
      TestRecord(group: "g\($0)", score: 1, model: $1).text
    }
    var rule = PickRule(fields: try RecordFields())
    let conflict = SelectionConflict.identitiesOfGroups(
      PickerTests.identity("m@1"), PickerTests.identity("m@2"))
    for order in [PickLimit.Order.best, .margin] {
      rule.limit = PickLimit(count: 1, order: order)
      #expect(throws: conflict) { try PickerTests.pick(texts, rule) }
    }
    rule.limit = PickLimit(count: 1, order: .random(seed: 0))
    #expect(try PickerTests.pick(texts, rule).picks.count == 1)
  }

  @Test func tooManySourcesAreAnError() throws {
    let texts = (0..<65_536).map { TestRecord(group: "g", score: 1, source: "s\($0)").text }
    var rule = PickRule(fields: try RecordFields(), quota: .all)
    rule.limit = PickLimit(sourcePath: try NamedPath("source"), maximumShare: Fraction("1"))
    #expect(throws: SelectionConflict.sources(path: "source")) { try PickerTests.pick(texts, rule) }
  }
}
