import Streams

extension Report {
  /// The report for people, at most 80 columns wide.
  ///
  /// - Parameter isASCII: draws with ASCII characters only; names are shown as they are.
  package func text(isASCII: Bool) -> String {
    let canvas = ReportCanvas(isASCII: isASCII)
    var sections = [overview]
    if let score { sections.append(scoreSection(score, canvas)) }
    if let tokens { sections.append(tokenSection(tokens, canvas)) }
    if let margin {
      let places = Numerals.places(forSpread: margin.quantiles.last ?? 0)
      sections.append(section("Margin of the pick over the second", margin, places: places, canvas))
    }
    if groupSizes.count > 1 { sections.append(groupSection(canvas)) }
    if !sources.isEmpty { sections.append(sourceSection(canvas)) }
    if choices.groups > 0 { sections.append(choiceSection(canvas)) }
    if let agreement { sections.append(agreement.lines(canvas)) }
    return sections.map { $0.map(\.withoutTrailingBlanks).joined(separator: "\n") + "\n" }
      .joined(separator: "\n")
  }

  // MARK: Overview

  private var overview: [String] {
    var lines = item("Records", records, notes)
    if groups > 0 { lines += item("Groups", groups, [groupNote]) }
    let named = identities.filter { $0.model != nil || $0.tokenizer != nil }
    for identity in (named.isEmpty ? [] : identities.prefix(3)) { lines += Report.lines(of: identity) }
    if identities.count > 3 { lines.append("            and \(grouped(identities.count - 3)) more") }
    if identities.count > 1, score != nil {
      lines.append("            scores of different models do not compare")
    }
    return lines
  }

  private static func lines(of identity: Identity) -> [String] {
    var lines: [String] = []
    if identity.model != nil || identity.tokenizer == nil {
      lines.append("Model       " + (identity.model ?? "none").fitted(68))
    }
    if let tokenizer = identity.tokenizer { lines.append("Tokenizer   " + tokenizer.fitted(68)) }
    return lines
  }

  /// A count with notes about it, on as many lines as they need.
  private func item(_ name: String, _ count: Int, _ notes: [String]) -> [String] {
    var lines = [name.padded(right: 10) + grouped(count).padded(left: 13)]
    for (index, note) in notes.enumerated() {
      let joined = lines[lines.count - 1] + (index == 0 ? "   " : ", ") + note
      if joined.columns <= 80 {
        lines[lines.count - 1] = joined
      } else {
        lines.append(String(repeating: " ", count: 26) + note)
      }
    }
    return lines
  }

  private var notes: [String] {
    guard records + badRecords > 0 else { return [] }
    let without = [
      (records - (score?.count ?? 0), scorePath.fitted(30)), (ungrouped, groupPath.fitted(30)),
    ]
    var notes = without.compactMap { count, path in
      if count == 0 { return nil as String? }
      return count == records ? "none with \(path)" : "\(grouped(count)) without \(path)"
    }
    if badRecords > 0 { notes.append("\(grouped(badRecords)) bad") }
    return notes
  }

  private var groupNote: String {
    guard let size = groupSize, let first = groupSizes.first, let last = groupSizes.last else { return "" }
    if first.candidates == last.candidates {
      return "\(grouped(first.candidates)) candidate\(first.candidates == 1 ? "" : "s") in each"
    }
    let range = "\(grouped(first.candidates)) to \(grouped(last.candidates))"
    return "\(range) candidates in each, \(Numerals.fixed(size.mean, 1)) on average"
  }

  // MARK: Distributions

  private func scoreSection(_ score: Distribution, _ canvas: ReportCanvas) -> [String] {
    let places = Report.places(for: score)
    var facts: [String] = []
    if let pickScores { facts.append("mean of the picks \(Numerals.short(pickScores.mean, places))") }
    if let perplexity { facts.append("perplexity of the mean \(Numerals.short(perplexity, 2))") }
    let title = scorePath == "grape.score" ? "Score" : scorePath.fitted(80)
    return section(title, score, places: places, fact: facts.joined(separator: ", "), canvas)
  }

  private func tokenSection(_ tokens: Distribution, _ canvas: ReportCanvas) -> [String] {
    var fact = ""
    if let pearson, let spearman {
      fact = "correlation with the score: "
      fact += "Pearson \(Numerals.fixed(pearson, 3)), Spearman \(Numerals.fixed(spearman, 3))"
      if sampled < paired { fact += " (of \(grouped(sampled)) records)" }
    }
    return section("Response tokens", tokens, places: 0, fact: fact, canvas)
  }

  private static func places(for distribution: Distribution) -> Int {
    guard let low = distribution.quantiles.first, let high = distribution.quantiles.last else { return 3 }
    return Numerals.places(forSpread: high - low)
  }

  private func section(
    _ title: String, _ distribution: Distribution, places: Int, fact: String = "", _ canvas: ReportCanvas
  ) -> [String] {
    let heads = ["mean", "least", "5%", "25%", "median", "75%", "95%", "most"]
    let numbers =
      [Numerals.short(distribution.mean, max(places, 1)), Numerals.short(distribution.minimum, places)]
      + distribution.quantiles.map { Numerals.short($0, places) }
      + [Numerals.short(distribution.maximum, places)]
    var lines = [title]
    lines.append(heads.map { $0.padded(left: 9) }.joined())
    lines.append(numbers.map { $0.padded(left: 9) }.joined())
    if !fact.isEmpty { lines.append("  " + fact) }
    if let chart = distribution.chart {
      lines += canvas.lines(of: chart)
      var outside: [String] = []
      if chart.below > 0 { outside.append("\(grouped(chart.below)) to the left") }
      if chart.above > 0 { outside.append("\(grouped(chart.above)) to the right") }
      if !outside.isEmpty { lines.append("          outside: " + outside.joined(separator: ", ")) }
    }
    return lines
  }

  // MARK: Groups and sources

  private func groupSection(_ canvas: ReportCanvas) -> [String] {
    guard groupSizes.count > 10, let groupSize else {
      let most = groupSizes.map(\.groups).max() ?? 1
      return ["Candidates in a group"]
        + groupSizes.map { size, groups in
          grouped(size).padded(left: 8) + grouped(groups).padded(left: 13) + "  "
            + canvas.bar(Double(groups) / Double(most), width: 55)
        }
    }
    return section("Candidates in a group", groupSize, places: 0, canvas)
  }

  private func sourceSection(_ canvas: ReportCanvas) -> [String] {
    let (shown, rest) = mainSources(Report.sourcesShown)
    let names = shown.map { $0.name.fitted(26) }
    let width = max(names.map(\.columns).max() ?? 0, 12)
    let most = max(shown.compactMap(\.winRate).max() ?? 0, .leastNonzeroMagnitude)
    var lines = [sourcePath.fitted(width).padded(right: width) + "  records   share"]
    if tokens != nil { lines[0] += " tokens" }
    if score != nil { lines[0] += "     score win rate" }
    for (name, row) in zip(names, shown) {
      var line = columns(
        name.padded(right: width), records: row.records, share: row.share, tokens: row.meanTokens,
        score: row.meanScore)
      if score != nil {
        line += (row.winRate.map(Numerals.percent) ?? "").padded(left: 9) + " "
        line += row.winRate.map { canvas.bar($0 / most, width: 80 - width - 44) } ?? ""
      }
      lines.append(line)
    }
    if !rest.isEmpty {
      let records = rest.reduce(0) { $0 + $1.records }
      let tokens = rest.compactMap { row in row.meanTokens.map { $0 * Double(row.records) } }.reduce(0, +)
      let scores = rest.compactMap { row in row.meanScore.map { $0 * Double(row.scores.count) } }.reduce(0, +)
      let scored = rest.reduce(0) { $0 + $1.scores.count }
      lines.append(
        columns(
          "(\(grouped(rest.count)) others)".padded(right: width), records: records,
          share: rest.reduce(0) { $0 + $1.share },
          tokens: rest.allSatisfy { $0.meanTokens != nil } ? tokens / Double(max(records, 1)) : nil,
          score: scored > 0 ? scores / Double(scored) : nil))
      lines.append("  those with the most records are shown; --json has all")
    }
    return lines
  }

  /// A line of the sources' table up to its win rate.
  private func columns(_ name: String, records: Int, share: Double, tokens: Double?, score: Double?) -> String
  {
    var line = name + grouped(records).padded(left: 9)
    line += Numerals.percent(share).padded(left: 8)
    if self.tokens != nil { line += " " + (tokens.map { Numerals.short($0, 0) } ?? "").padded(left: 6) }
    if let total = self.score {
      let places = min(Report.places(for: total), 3)
      line += (score.map { Numerals.short($0, places) } ?? "").padded(left: 10)
    }
    return line
  }

  private static let sourcesShown = 30

  private func choiceSection(_ canvas: ReportCanvas) -> [String] {
    let groups = grouped(choices.groups) + (choices.groups == 1 ? " group" : " groups")
    var lines = ["How often another choice is the pick (\(groups) of 2 or more)"]
    let measures = rules.contains { $0.meanTokens != nil }
    func row(_ name: String, _ part: Double, tokens: Double?) {
      var line = "  " + name.padded(right: 20) + Numerals.percent(part).padded(left: 7)
      if measures { line += (tokens.map { Numerals.short($0, 1) } ?? "").padded(left: 10) }
      lines.append(line + "  " + canvas.bar(part, width: measures ? 39 : 49))
    }
    if measures { lines.append("  choice".padded(right: 22) + "   same    tokens") }
    row("a random one", choices.random, tokens: nil)
    for rule in rules { row(rule.kind.label, rule.agreement, tokens: rule.meanTokens) }
    for (index, rule) in rules.filter({ $0.groups < choices.groups }).enumerated() {
      let part = "\(grouped(rule.groups)) by \(rule.kind.name)"
      if index == 0 {
        lines.append("  groups that allow it: " + part)
      } else if lines[lines.count - 1].columns + part.columns > 77 {
        lines.append("    " + part)
      } else {
        lines[lines.count - 1] += ", " + part
      }
    }
    if choices.measured > 0, let tokens {
      let (pick, record) = (Numerals.fixed(choices.pickTokens, 1), Numerals.fixed(tokens.mean, 1))
      lines.append("  mean tokens: \(pick) in a pick, \(record) in a record")
    }
    return lines
  }
}
