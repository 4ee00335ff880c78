import Streams

/// A row for all records, one for the picks and one for each source: how its scores are
/// distributed, and how often it wins.
struct ScorePanel {
  private struct Row {
    let name: String
    let count: Int
    let scores: Histogram
    let style: Style
    let source: Report.SourceRow?
  }

  /// The classes of a row's elements.
  private struct Style {
    let area: StaticString
    let line: StaticString
    let box: StaticString
    static let all = Style(area: "area all", line: "line all", box: "box all")
    static let picks = Style(area: "area pick", line: "line pick", box: "box pick")
    static let source = Style(area: "area one", line: "line one", box: "box one")
  }

  private let figure: Figure
  private let rows: [Row]
  private let scale: PlotScale
  private let hasRates: Bool

  private static let rowHeight = 36.0
  private static let headHeight = 44.0
  private static let footHeight = 62.0
  private static let nameRight = 206.0
  private static let left = 220.0

  /// Nil where all scores are the same.
  init?(_ figure: Figure, _ score: Report.Distribution) {
    let report = figure.report
    var rows = [
      Row(name: "all records", count: score.count, scores: score.histogram, style: .all, source: nil)
    ]
    if let picks = report.pickScores {
      rows.append(
        Row(
          name: "the picks", count: picks.count, scores: picks.histogram, style: .picks, source: nil))
    }
    for source in figure.shown where source.scores.count > 0 && figure.shown.count > 1 {
      rows.append(
        Row(
          name: source.name, count: source.scores.count, scores: source.scores, style: .source,
          source: source))
    }
    hasRates = rows.contains { $0.source?.winRate != nil }
    let range = PlotScale.range(of: score.histogram)
    let right = hasRates ? 596 : Figure.width - Figure.margin - 60
    guard let range, let scale = PlotScale(range.low, range.high, from: ScorePanel.left, to: right) else {
      return nil
    }
    (self.figure, self.rows, self.scale) = (figure, rows, scale)
  }

  var height: Double {
    ScorePanel.headHeight + Double(rows.count) * ScorePanel.rowHeight + ScorePanel.footHeight
      + (figure.hidden > 0 ? 16 : 0)
  }

  func draw(_ svg: inout SVG, top: Double) {
    let first = top + ScorePanel.headHeight
    let bottom = first + Double(rows.count) * ScorePanel.rowHeight
    svg.text(figure.shown.count > 1 ? "Scores by source" : "Scores", Figure.margin, top + 16, "head")
    for (value, label) in scale.marks {
      svg.line(scale(value), first, scale(value), bottom + 4, "grid")
      svg.text(label, scale(value), bottom + 18, "tick", .middle)
    }
    let axis = TextMetrics.fitted(figure.scoreName + figure.unit, width: scale.end - scale.start, size: 12)
    svg.text(axis, (scale.start + scale.end) / 2, bottom + 37, "axis", .middle)
    svg.text("records", scale.end + 54, first - 8, "small", .end)
    drawKey(&svg, y: top + 16)

    let estimates = rows.map { DensityEstimate($0.scores, low: scale.low, high: scale.high) }
    // Areas are equal, but for a few records' sharp peaks, which are cut.
    let peaks = zip(rows, estimates).filter { $0.0.count >= 10 }.compactMap { $0.1?.values.max() }
    let anyPeak = estimates.compactMap { $0?.values.max() }
    let tallest = peaks.max() ?? anyPeak.max() ?? 1
    for (index, row) in rows.enumerated() {
      let base = first + Double(index + 1) * ScorePanel.rowHeight - 4
      if row.source != nil, index > 0, rows[index - 1].source == nil {
        let line = base - ScorePanel.rowHeight + 4
        svg.line(Figure.margin, line, hasRates ? Figure.width - Figure.margin : scale.end + 54, line, "grid")
      }
      svg.group(tooltip(row)) { svg in
        drawScores(row, estimates[index], tallest, base, &svg)
        let name = TextMetrics.fitted(row.name, width: ScorePanel.nameRight - Figure.margin, size: 12)
        svg.text(name, ScorePanel.nameRight, base - 5, row.source == nil ? "strong" : "name", .end)
        svg.text(grouped(row.count), scale.end + 54, base - 5, "small", .end)
      }
    }
    if hasRates { drawRates(&svg, first: first, bottom: bottom, top: top) }
    if figure.hidden > 0 {
      let hidden = "and \(grouped(figure.hidden)) with fewer records"
      svg.text(hidden, ScorePanel.nameRight, bottom + 18, "small", .end)
    }
  }

  private func drawKey(_ svg: inout SVG, y: Double) {
    svg.line(scale.start, y - 4, scale.start + 26, y - 4, "box all")
    svg.dot(scale.start + 13, y - 4, radius: 3.2, "median")
    svg.text("middle half of the scores, and their median", scale.start + 33, y, "small")
  }

  private func tooltip(_ row: Row) -> String {
    var text = "\(row.name): \(grouped(row.count)) records"
    if let quantiles = row.scores.quantiles([0.25, 0.5, 0.75]) {
      let numbers = quantiles.map { Numerals.short($0, 3) }
      text += ", median \(numbers[1]), middle half \(numbers[0]) to \(numbers[2])"
    }
    if let source = row.source, let rate = source.winRate {
      text += "; picked in \(Numerals.percent(rate)) of \(grouped(source.groups)) groups"
    }
    return text
  }

  private func drawScores(
    _ row: Row, _ estimate: DensityEstimate?, _ tallest: Double, _ base: Double, _ svg: inout SVG
  ) {
    if let estimate {
      let height = ScorePanel.rowHeight - 3
      let step = (scale.end - scale.start) / Double(DensityEstimate.points - 1)
      // Runs of points that can be seen; between them the base line is bare.
      var run: [String] = []
      var runs: [[String]] = []
      for (index, value) in estimate.values.enumerated() {
        let rise = min(value / tallest, 1) * height
        if rise >= 0.4 {
          run.append(SVG.point(scale.start + Double(index) * step, base - rise))
        } else if !run.isEmpty {
          runs.append(run)
          run = []
        }
      }
      if !run.isEmpty { runs.append(run) }
      for run in runs where run.count > 1 {
        let (left, right) = (run[0].prefix { $0 != "," }, run[run.count - 1].prefix { $0 != "," })
        let bottom = SVG.number(base)
        let curve = run.joined(separator: " ")
        svg.path("M\(left),\(bottom)L\(curve) \(right),\(bottom)Z", row.style.area)
        svg.path("M\(curve)", row.style.line)
      }
    }
    svg.line(scale.start, base, scale.end, base, "grid")
    guard let quartiles = row.scores.quantiles([0.25, 0.5, 0.75]) else { return }
    let (low, high) = (max(quartiles[0], scale.low), min(quartiles[2], scale.high))
    if low < high { svg.line(scale(low), base, scale(high), base, row.style.box) }
    if scale.contains(quartiles[1]) { svg.dot(scale(quartiles[1]), base, radius: 3.2, "median") }
  }

  private func drawRates(_ svg: inout SVG, first: Double, bottom: Double, top: Double) {
    let highest = rows.compactMap { $0.source?.winInterval?.high }.max() ?? 1
    let limit = min(1, max(highest, 0.05) * 1.02)
    guard let rates = PlotScale(0, limit, from: 690, to: 872, spacing: 45) else { return }
    svg.text("Win rates", 690, top + 16, "head")
    svg.text("95% interval", 932, top + 16, "small", .end)
    for (value, _) in rates.marks {
      svg.line(rates(value), first, rates(value), bottom + 4, "grid")
      svg.text(Figure.percent(value, rates), rates(value), bottom + 18, "tick", .middle)
    }
    svg.text("share of its groups that a source wins (%)", 781, bottom + 37, "axis", .middle)
    let chance = figure.report.choices.random
    let lead = Double(rows.count { $0.source == nil })
    let start = first + lead * ScorePanel.rowHeight
    if rates.contains(chance) {
      svg.line(rates(chance), start - 6, rates(chance), bottom + 4, "chance")
      svg.text("a random pick", rates(chance), start - 12, "small", .middle)
    }
    for (index, row) in rows.enumerated() {
      guard let source = row.source, let rate = source.winRate, let interval = source.winInterval else {
        continue
      }
      let y = first + (Double(index) + 0.5) * ScorePanel.rowHeight
      svg.line(rates(interval.low), y, rates(interval.high), y, "whisker")
      svg.dot(rates(rate), y, radius: 4, "dot")
      svg.text(Numerals.percent(rate), 932, y + 4, "small", .end)
    }
  }
}

extension Figure {
  /// A part of one as a number of percent, with the decimals that the marks need.
  static func percent(_ part: Double, _ scale: PlotScale) -> String {
    let step = scale.marks.count > 1 ? scale.marks[1].value - scale.marks[0].value : 1
    return Numerals.fixed(100 * part, step < 0.0095 ? 1 : 0)
  }
}
