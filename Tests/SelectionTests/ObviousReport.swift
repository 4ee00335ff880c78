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
