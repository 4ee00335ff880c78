import Foundation
import Records
import Selection
import Streams
import Testing

@Suite struct PickerTests {
  /// A pick: the record's text and its standing.
  struct Picked: Equatable {
    let text: String
    let standing: Standing
  }

  /// What the picker writes.
  static func pick(
    _ texts: [String], _ rule: PickRule, memory: Int = 1 << 24,
    hash: @escaping (UnsafeRawBufferPointer) -> UInt64 = { xxh64($0) }
  ) throws -> (picks: [Picked], totals: Picker.Totals) {
    var picks: [Picked] = []
    var picker = Picker(rule: rule, keepsMember: true, memory: memory, hash: hash) {
      picks.append(Picked(text: String(decoding: $0.record.raw, as: UTF8.self), standing: $1))
    }
    try parse(texts) { try picker.add($0) }
    try picker.finish()
    return (picks, picker.totals)
  }

  /// The same by sorting every group.
  ///
  /// `quota` is told a group's first record and its size.
  static func obviousPick(
    _ records: [TestRecord], minimumCandidates: Int = 1, minimumMargin: Double? = nil,
    hasMargins: Bool = true,
    quota: (TestRecord, Int) -> Int, value: (TestRecord) -> Double,
    isPreferred: (TestRecord) -> Bool = { _ in false }, tie: (TestRecord) -> Double = { _ in 0 }
  ) -> [Picked] {
    var picked: [(index: Int, pick: Picked)] = []
    for (_, members) in Dictionary(grouping: records.indices, by: { records[$0].group }) {
      guard members.count >= minimumCandidates else { continue }
      let order = members.sorted {
        let (a, b) = (records[$0], records[$1])
        if isPreferred(a) != isPreferred(b) { return isPreferred(a) }
        if value(a) != value(b) { return value(a) > value(b) }
        return tie(a) != tie(b) ? tie(a) > tie(b) : $0 < $1
      }
      var picks: [(Int, Picked)] = []
      for (rank, index) in order.enumerated().prefix(quota(records[members[0]], members.count)) {
        let next = hasMargins && rank + 1 < order.count ? value(records[order[rank + 1]]) : nil
        let standing = Standing(
          rank: rank + 1, margin: next.map { value(records[index]) - $0 }, candidates: members.count)
        picks.append((index, Picked(text: records[index].text, standing: standing)))
      }
      if let minimumMargin, picks.last?.1.standing.margin ?? -1 < minimumMargin { continue }
      picked += picks.map { (index: $0.0, pick: $0.1) }
    }
    return picked.sorted { $0.index < $1.index }.map(\.pick)
  }

  enum Arm: CaseIterable {
    case best, worst, longest, shortest, topThree, topFraction, quotaOfRecord, all, largeGroups, ties,
      preferred
    case window, clear
  }

  static func rule(_ arm: Arm) throws -> PickRule {
    var rule = PickRule(fields: try RecordFields())
    switch arm {
    case .best: break
    case .worst: rule.order = .lowest
    case .longest: rule.order = .longest
    case .shortest: (rule.order, rule.quota) = (.shortest, .top(2))
    case .topThree: rule.quota = .top(3)
    case .topFraction: rule.quota = .fraction(try #require(Fraction("0.3")))
    case .quotaOfRecord: rule.quota = .from(try NamedPath("k"))
    case .all: rule.quota = .all
    case .largeGroups: (rule.quota, rule.minimumCandidates) = (.top(2), 6)
    case .ties: (rule.quota, rule.tieBreaker) = (.top(2), try NamedPath("grape.count"))
    case .preferred:
      rule.quota = .top(2)
      rule.preference = .init(path: try NamedPath("source"), value: "s1")
    case .window: (rule.quota, rule.scores) = (.top(2), -3 ... -1)
    case .clear: (rule.quota, rule.minimumMargin) = (.top(2), 0.5)
    }
    return rule
  }

  static func obviousPick(_ arm: Arm, _ records: [TestRecord]) -> [Picked] {
    switch arm {
    case .best: obviousPick(records, quota: { _, _ in 1 }, value: \.score)
    case .worst: obviousPick(records, quota: { _, _ in 1 }, value: { -$0.score })
    case .longest: obviousPick(records, quota: { _, _ in 1 }, value: { Double($0.count) })
    case .shortest: obviousPick(records, quota: { _, _ in 2 }, value: { -Double($0.count) })
    case .topThree: obviousPick(records, quota: { _, _ in 3 }, value: \.score)
    case .topFraction: obviousPick(records, quota: { (3 * $1 + 9) / 10 }, value: \.score)
    case .quotaOfRecord: obviousPick(records, quota: { record, _ in record.quota }, value: \.score)
    case .all: obviousPick(records, quota: { _, _ in .max }, value: \.score)
    case .largeGroups:
      obviousPick(records, minimumCandidates: 6, quota: { _, _ in 2 }, value: \.score)
    case .ties: obviousPick(records, quota: { _, _ in 2 }, value: \.score, tie: { Double($0.count) })
    case .preferred:
      obviousPick(
        records, hasMargins: false, quota: { _, _ in 2 }, value: \.score, isPreferred: { $0.source == "s1" })
    case .window:
      obviousPick(records.filter { (-3 ... -1).contains($0.score) }, quota: { _, _ in 2 }, value: \.score)
    case .clear: obviousPick(records, minimumMargin: 0.5, quota: { _, _ in 2 }, value: \.score)
    }
  }

  @Test(arguments: Arm.allCases, [(1, 1), (7, 3), (500, 60), (500, 500), (400, 1)])
  func matchesSortingEveryGroup(_ arm: Arm, _ size: (records: Int, groups: Int)) throws {
    for seed in 0..<3 as Range<UInt64> {
      let records = randomRecords(size.records, groups: size.groups, seed: seed)
      let (picks, totals) = try Self.pick(records.map(\.text), Self.rule(arm))
      #expect(picks == Self.obviousPick(arm, records))
      #expect(totals.records == size.records)
      #expect(totals.picks == picks.count)
      #expect(totals.spilledBytes == 0)
    }
  }

  @Test(arguments: Arm.allCases)
  func matchesWhenRecordsAndGroupsOutgrowMemory(_ arm: Arm) throws {
    for seed in 0..<3 as Range<UInt64> {
      let records = randomRecords(3000, groups: 700, padding: 300, seed: seed)
      let (picks, totals) = try Self.pick(records.map(\.text), Self.rule(arm), memory: 1 << 16)
      #expect(picks == Self.obviousPick(arm, records))
      #expect(totals.spilledBytes > 0)
      #expect(totals.spilledTables > 1)
    }
  }

  /// What better records have taken the place of makes room: nothing is spilled as long as the best fit.
  @Test(arguments: [Arm.best, .topThree, .clear])
  func recordsThatAreOutdoneAreForgotten(_ arm: Arm) throws {
    let records = (0..<3000).map {
      TestRecord(group: "g\($0 % 50)", score: Double($0 / 50), padding: 300 + $0 * 7 % 300, number: $0)
    }
    let (picks, totals) = try Self.pick(records.map(\.text), Self.rule(arm), memory: 1 << 19)
    #expect(picks == Self.obviousPick(arm, records))
    #expect(totals.spilledBytes == 0 && totals.spilledTables == 0)
  }

  /// The records of groups that are in runs already stay, whatever comes after them.
  @Test func recordsOfSpilledTablesAreNotForgotten() throws {
    let records = (0..<4600).map {
      $0 < 1620
        ? TestRecord(group: "a\($0)", score: 1, number: $0)
        : TestRecord(group: "b\($0 % 20)", score: Double($0), padding: 300, number: $0)
    }
    let (picks, totals) = try Self.pick(records.map(\.text), Self.rule(.best), memory: 1 << 20)
    #expect(picks == Self.obviousPick(.best, records))
    #expect(totals.spilledBytes == 0 && totals.spilledTables > 0)
  }

  @Test func keysThatCollideStayApart() throws {
    let records = randomRecords(300, groups: 40, padding: 200, seed: 9)
    for memory in [1 << 24, 1 << 14] {
      let (picks, totals) = try Self.pick(records.map(\.text), Self.rule(.topThree), memory: memory) { _ in 7
      }
      #expect(picks == Self.obviousPick(.topThree, records))
      #expect((totals.spilledTables > 1) == (memory == 1 << 14))
    }
  }

  @Test func aRecordLargerThanTheBudgetIsPickedWhole() throws {
    let records = (0..<40).map {
      TestRecord(group: "g\($0 % 7)", score: Double($0), padding: $0 % 3 * 20_000, number: $0)
    }
    let (picks, _) = try Self.pick(records.map(\.text), Self.rule(.best), memory: 1 << 14)
    #expect(picks == Self.obviousPick(.best, records))
  }

  @Test func extremeScoresKeepTheirOrder() throws {
    #expect(
      try Self.pick([-1, 1].map { TestRecord(group: "g", score: $0 * 1.7e308).text }, Self.rule(.best)).picks
        .map(\.standing.margin) == [.greatestFiniteMagnitude])
    let scores = [
      -Double.greatestFiniteMagnitude, -1e300, -0.0, .leastNonzeroMagnitude, 1e-300, 1,
      .greatestFiniteMagnitude,
    ]
    let records = scores.shuffled().enumerated().map {
      TestRecord(group: "g", score: $1, number: $0)
    }
    let (picks, _) = try Self.pick(records.map(\.text), Self.rule(.all))
    let byRank = picks.sorted { $0.standing.rank < $1.standing.rank }.map(\.text)
    #expect(byRank == records.sorted { $0.score > $1.score }.map(\.text))
  }

  /// 0.1 - -0.2 is 0.30000000000000004 in doubles.
  @Test(arguments: [
    (0.1, -0.2, 0.3), (-0.4, -0.7, 0.3), (-1.2345677, -1.2345678, 1e-7), (123.4, 0.1, 123.3),
    (5e-9, 2e-9, 3e-9), (1e300, -1e300, 2e300), (1e-300, 0, 1e-300), (2e15, 0.5, 2e15 - 0.5),
    (1.7e308, -1.7e308, .greatestFiniteMagnitude), (0, 0, 0), (-0.1, -0.1, 0),
    (-2.015031, -2.2523061, 0.2372751),
  ])
  func marginsAreDifferencesOfDecimals(_ first: Double, _ second: Double, _ margin: Double) throws {
    let records = [second, first].map { TestRecord(group: "g", score: $0) }
    #expect(try Self.pick(records.map(\.text), Self.rule(.best)).picks.first?.standing.margin == margin)
    var rule = try Self.rule(.best)
    rule.minimumMargin = margin
    #expect(try Self.pick(records.map(\.text), rule).picks.count == 1)
  }

  @Test func picksAreWrittenWithOrWithoutTheMember() throws {
    let text = #"{"a" : 1, "grape": {"group": "g", "score": 1 } , "b":[ ]}"#
    for keepsMember in [false, true] {
      var picks: [String] = []
      let rule = try Self.rule(.best)
      var picker = Picker(rule: rule, keepsMember: keepsMember, memory: 1 << 20) { record, _ in
        picks.append(String(decoding: record.record.raw, as: UTF8.self))
      }
      try parse([text]) { try picker.add($0) }
      try picker.finish()
      #expect(picks == [keepsMember ? text : #"{"a" : 1 , "b":[ ]}"#])
    }
  }

  // MARK: Random

  @Test func randomPicksDependOnNeitherOrderNorScores() throws {
    let records = randomRecords(400, groups: 50, seed: 3)
    let rule = PickRule(fields: try RecordFields(), order: .random(seed: 1), quota: .top(2))
    func numbers(_ records: [TestRecord], _ rule: PickRule) throws -> Set<String> {
      Set(try Self.pick(records.map(\.text), rule).picks.map { String($0.text.prefix(12)) })
    }
    let picks = try numbers(records, rule)
    #expect(try numbers(records.shuffled(), rule) == picks)
    let rescored = records.map {
      var record = $0
      record.score = -record.score
      return record
    }
    #expect(try numbers(rescored, rule) == picks)
    #expect(try Self.pick(records.map(\.text), rule).picks.allSatisfy { $0.standing.margin == nil })
    let reseeded = PickRule(fields: try RecordFields(), order: .random(seed: 2), quota: .top(2))
    #expect(try numbers(records, reseeded) != picks)
  }

  @Test func randomPicksAreUniform() throws {
    // 3,000 groups of 4: each place should be picked 750 times, give or take 5 standard deviations (24 each).
    let records = (0..<12_000).map { TestRecord(group: "g\($0 / 4)", score: 0, number: $0) }
    let rule = PickRule(fields: try RecordFields(), order: .random(seed: 5))
    var places = [0, 0, 0, 0]
    for pick in try Self.pick(records.map(\.text), rule).picks {
      let number = pick.text.dropFirst(6).prefix { $0 != "," }
      places[(Int(number) ?? 0) % 4] += 1
    }
    #expect(places.reduce(0, +) == 3000)
    for count in places { #expect(abs(count - 750) < 120) }
  }

  @Test func softmaxPicksAreAsProbableAsTheirWeights() throws {
    // 2,000 groups with weights 1, 2, 5 of 8 at temperature 2, of which one and two are drawn.
    let weights = [1.0, 2, 5]
    let records = (0..<6000).map {
      TestRecord(group: "g\($0 / 3)", score: 2 * (log(weights[$0 % 3]) + 700), number: $0)
    }
    var rule = PickRule(fields: try RecordFields(), order: .softmax(temperature: 2, seed: 5))
    for count in 1...2 {
      rule.quota = .top(count)
      let (picks, _) = try Self.pick(records.map(\.text), rule)
      #expect(picks.count == 2000 * count)
      #expect(picks.allSatisfy { $0.standing.margin == nil })
      var places = [0, 0, 0]
      for pick in picks { places[(Int(pick.text.dropFirst(6).prefix { $0 != "," }) ?? 0) % 3] += 1 }
      for place in 0..<3 {
        // Drawn first, or second after one of the others.
        var probability = weights[place] / 8
        if count == 2 {
          for other in 0..<3 where other != place {
            probability += weights[other] / 8 * weights[place] / (8 - weights[other])
          }
        }
        let deviation = (2000 * probability * (1 - probability)).squareRoot()
        #expect(abs(Double(places[place]) - 2000 * probability) < 5 * deviation, "\(places)")
      }
    }
  }

  @Test func softmaxBearsExtremes() throws {
    let records = [-1, 1, 0].map { TestRecord(group: "g", score: $0 * 1.7e308) }
    for temperature in [Double.leastNonzeroMagnitude, 1e-300, 1] {
      let rule = PickRule(fields: try RecordFields(), order: .softmax(temperature: temperature, seed: 0))
      #expect(try Self.pick(records.map(\.text), rule).picks.map(\.text) == [records[1].text])
    }
  }

  // MARK: Groups that follow each other

  @Test(arguments: Arm.allCases)
  func contiguousGroupsGiveTheSamePicks(_ arm: Arm) throws {
    let records = randomRecords(2000, groups: 200, padding: 100, seed: 4).sorted { $0.group < $1.group }
    var rule = try Self.rule(arm)
    rule.isContiguous = true
    for memory in [1 << 24, 1 << 14] {
      let (picks, _) = try Self.pick(records.map(\.text), rule, memory: memory)
      #expect(picks == Self.obviousPick(arm, records))
    }
  }

  @Test func aLargeContiguousGroupSpillsAndIsWhole() throws {
    let records = randomRecords(5000, groups: 2, padding: 100, seed: 5).sorted { $0.group < $1.group }
    var rule = try Self.rule(.all)
    rule.isContiguous = true
    let (picks, totals) = try Self.pick(records.map(\.text), rule, memory: 1 << 16)
    #expect(picks == Self.obviousPick(.all, records))
    #expect(totals.spilledTables > 2)
  }

  @Test func contiguousGroupsAreWrittenWhenTheyEnd() throws {
    var rule = try Self.rule(.best)
    rule.isContiguous = true
    var written = 0
    var picker = Picker(rule: rule, keepsMember: true, memory: 1 << 20) { _, _ in written += 1 }
    var seen: [Int] = []
    let records = ["a", "a", "b", "c", "c"].map { TestRecord(group: $0, score: 1) }
    try parse(records.map(\.text)) {
      try picker.add($0)
      seen.append(written)
    }
    #expect(seen == [0, 0, 1, 2, 2])
    try picker.finish()
    #expect(written == 3)
  }

  @Test func aContiguousGroupThatComesBackIsAnError() throws {
    var rule = try Self.rule(.best)
    rule.isContiguous = true
    let texts = ["a", "b", "a"].map { TestRecord(group: $0, score: 1).text }
    #expect(throws: SelectionConflict.reopened(group: "a")) { try Self.pick(texts, rule) }
  }

  /// Only of some groups that have ended there is room for the hashes in memory.
  @Test(arguments: [nil, 0, 20, 39, 59], [60, 61])
  func aContiguousGroupThatComesBackLateIsAnError(_ returning: Int?, _ groups: Int) throws {
    var rule = try Self.rule(.best)
    rule.isContiguous = true
    let records = (Array(0..<groups) + (returning.map { [$0] } ?? [])).map {
      TestRecord(group: "g\($0)", score: 1, number: $0)
    }
    var picks: [Picked] = []
    var conflict: SelectionConflict?
    do { picks = try Self.pick(records.map(\.text), rule, memory: 1 << 14).picks } catch let error
      as SelectionConflict
    { conflict = error }
    switch returning {
    case nil: #expect(picks == Self.obviousPick(.best, records))
    case 59 where groups == 60: #expect(picks.count == 60, "it has not ended")
    case 59: #expect(conflict == .reopened(group: "g59"))
    default: #expect(conflict == .reopenedLate)
    }
  }

  // MARK: Keys, and records that do not fit

  @Test func keysAreComparedAsValues() throws {
    let texts = [#""é""#, #""\u00e9""#, #""1""#, "1", "1.0", "[1]", "true", #""""#].enumerated().map {
      #"{"g": \#($1), "s": \#($0)}"#
    }
    let rule = PickRule(fields: try RecordFields(group: "g", score: "s"))
    let (picks, _) = try Self.pick(texts, rule)
    #expect(picks.map(\.text) == Array(texts.dropFirst()))
    #expect(picks.map(\.standing.candidates) == [2, 1, 1, 1, 1, 1, 1])
  }

  @Test(arguments: [
    (#"{"grape": {"score": 1}}"#, SelectionError.noGroup(path: "grape.group")),
    (#"{"grape": {"score": 1, "group": null}}"#, .noGroup(path: "grape.group")),
    (#"{"grape": {"group": "a"}}"#, .noNumber(path: "grape.score")),
    (#"{"grape": {"group": "a", "score": null}}"#, .noNumber(path: "grape.score")),
    (#"{"grape": {"group": "a", "score": "1"}}"#, .noNumber(path: "grape.score")),
    (#"{"grape": {"group": "a", "score": 1e999}}"#, .notFinite(path: "grape.score")),
    (#"{"grape": {"group": "a", "score": -1e999}}"#, .notFinite(path: "grape.score")),
  ])
  func aRecordThatCannotBeRankedHasNoPart(_ text: String, _ error: SelectionError) throws {
    var picked = 0
    var picker = Picker(rule: PickRule(fields: try RecordFields()), keepsMember: true, memory: 1 << 20) {
      _, standing in
      picked += standing.candidates
    }
    try parse([text]) { record in
      #expect(throws: error) { try picker.add(record) }
    }
    try parse([TestRecord(group: "a", score: 1).text]) { try picker.add($0) }
    try picker.finish()
    #expect(picked == 1)
  }

  @Test(
    arguments: [
      (#"{}"#, nil), (#"{"grape": {}}"#, nil), (#"{"grape": {"count": 7}}"#, 7),
      (#"{"grape": {"count": 7, "spans": [[0, 3]]}}"#, 7), (#"{"grape": {"spans": [[2, 5], [7, 11]]}}"#, 7),
      (#"{"grape": {"count": -1}}"#, nil), (#"{"grape": {"spans": [[5, 2]]}}"#, nil),
      (#"{"grape": {"count": 1e300}}"#, nil), (#"{"grape": {"spans": 3}}"#, nil),
    ] as [(String, Int?)])
  func lengthIsTheCountOrThatOfTheSpans(_ text: String, _ length: Int?) throws {
    let fields = try RecordFields()
    try parse([text]) { record in #expect(fields.length(of: record) == length) }
  }

  static func identity(_ model: String) -> Identity { Identity(model: model, tokenizer: nil) }

  @Test func scoresOfDifferentModelsInAGroupAreAnError() throws {
    let texts = [
      TestRecord(group: "a", score: 1, model: "m@1"), TestRecord(group: "b", score: 1, model: "m@2"),
      TestRecord(group: "a", score: 1, model: "m@2"),
    ].map(\.text)
    let conflict = SelectionConflict.identities(group: "a", Self.identity("m@1"), Self.identity("m@2"))
    #expect(throws: conflict) { try Self.pick(texts, Self.rule(.best)) }
    #expect(throws: conflict) { try Self.pick(texts, Self.rule(.worst)) }
    let softmax = PickRule(fields: try RecordFields(), order: .softmax(temperature: 1, seed: 0))
    #expect(throws: conflict) { try Self.pick(texts, softmax) }
    // Nothing is compared, or nothing of grape's: no conflict.
    #expect(try Self.pick(texts, Self.rule(.longest)).picks.count == 2)
    #expect(try Self.pick(Array(texts.prefix(2)), Self.rule(.best)).picks.count == 2)
    let foreign = PickRule(fields: try RecordFields(score: "n"))
    #expect(try Self.pick(texts, foreign).picks.count == 2)
    let metric = PickRule(fields: try RecordFields(score: "grape.count"))
    #expect(throws: conflict) { try Self.pick(texts, metric) }
  }

  @Test func conflictsAreFoundAcrossSpilledTables() throws {
    var records = randomRecords(1000, groups: 1000, seed: 1)
    records[0].group = "x"
    records[999].group = "x"
    records[999].model = "m@9"
    let texts = records.map(\.text)
    #expect(throws: SelectionConflict.identities(group: "x", Self.identity("m@0"), Self.identity("m@9"))) {
      try Self.pick(texts, Self.rule(.best), memory: 1 << 15)
    }
  }

  @Test func differentQuotasInAGroupAreAnError() throws {
    let texts = [2, 3].map { TestRecord(group: "a", score: 1, quota: $0).text }
    #expect(throws: SelectionConflict.quotas(group: "a", path: "k", 2, 3)) {
      try Self.pick(texts, Self.rule(.quotaOfRecord))
    }
    try parse([#"{"grape": {"group": "a", "score": 1}, "k": -1}"#, #"{"grape": {"group": "a", "score": 1}}"#])
    {
      record in
      var picker = Picker(rule: try Self.rule(.quotaOfRecord), keepsMember: true, memory: 1 << 20) { _, _ in }
      #expect(throws: SelectionError.noQuota(path: "k")) { try picker.add(record) }
    }
  }
}
