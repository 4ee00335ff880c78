/// What one pass over the tallies of all groups gives.
struct GroupFigures {
  var sizes = Histogram()
  var sizeSum = ExactSum()
  var margins = Histogram()
  var marginSum = ExactSum()
  var pickScores = Histogram()
  var pickScore = ExactSum()
  var pickLengths = Histogram()
  var pickLength = ExactSum()
  var choices = Report.Choices()
  var rules: [Report.Rule] = []
  var groupsOfSource: [Int]
  var winsOfSource: [Int]
  var picksOfSource: [Int]
  var pickScoresOfSource: [Histogram]

  /// - Complexity: O(groups).
  init(_ summary: borrowing SelectionSummary) {
    groupsOfSource = [Int](repeating: 0, count: summary.sources.names.count)
    winsOfSource = groupsOfSource
    picksOfSource = groupsOfSource
    pickScoresOfSource = groupsOfSource.map { _ in SourceTally.emptyHistogram }
    var chance = ExactSum()
    var pickTokens = 0
    var longest = RuleCount()
    var shortest = RuleCount()
    var normalized = [RuleCount](repeating: RuleCount(), count: 3)
    for (place, entry) in summary.groups.entries.enumerated() {
      let tally = entry.tally
      sizes.add(Double(tally.candidates))
      sizeSum.add(Double(tally.candidates))
      guard tally.scored > 0, tally.best.isFinite else { continue }
      pickScores.add(tally.best)
      pickScore.add(tally.best)
      picksOfSource[Int(tally.bestSource)] += 1
      pickScoresOfSource[Int(tally.bestSource)].add(tally.best)
      if tally.bestLength >= 0 {
        pickLengths.add(Double(tally.bestLength))
        pickLength.add(Double(tally.bestLength))
      }
      guard tally.scored > 1 else { continue }
      winsOfSource[Int(tally.bestSource)] += 1
      for source in summary.groups.sources(at: place) { groupsOfSource[source] += 1 }
      let margin = min(decimalDifference(tally.best, tally.second), .greatestFiniteMagnitude)
      if margin.isFinite {
        margins.add(margin)
        marginSum.add(margin)
      }
      choices.groups += 1
      chance.add(1 / Double(tally.scored))
      if !summary.groups.rulePicks.isEmpty {
        let picks = summary.groups.rulePicks[place]
        for (index, pick) in [picks.mean, picks.sum, picks.first].enumerated() where pick.isComplete {
          normalized[index].add(pick.isPick, length: pick.length)
        }
      }
      guard tally.bestLength >= 0 else { continue }
      choices.measured += 1
      choices.longest += tally.pickIsLongest ? 1 : 0
      choices.shortest += tally.pickIsShortest ? 1 : 0
      longest.add(tally.pickIsLongest, length: tally.longest)
      shortest.add(tally.pickIsShortest, length: tally.shortest)
      pickTokens &+= Int(tally.bestLength)
    }
    if choices.groups > 0 { choices.random = chance.value / Double(choices.groups) }
    if choices.measured > 0 { choices.pickTokens = Double(pickTokens) / Double(choices.measured) }
    rules = [
      longest.rule(.longest), shortest.rule(.shortest), normalized[0].rule(.mean), normalized[1].rule(.sum),
      normalized[2].rule(.first(summary.paths.firstTokens)),
    ].compactMap { $0 }
  }

  /// Counts of the groups that a rule can be compared in.
  private struct RuleCount {
    var groups = 0
    var agreeing = 0
    var tokens = 0
    var isMeasured = true

    mutating func add(_ agrees: Bool, length: Int32) {
      groups += 1
      agreeing += agrees ? 1 : 0
      tokens &+= Int(max(length, 0))
      isMeasured = isMeasured && length >= 0
    }

    func rule(_ kind: Report.Rule.Kind) -> Report.Rule? {
      guard groups > 0 else { return nil }
      return Report.Rule(
        kind: kind, groups: groups, agreeing: agreeing,
        meanTokens: isMeasured ? Double(tokens) / Double(groups) : nil)
    }
  }
}
