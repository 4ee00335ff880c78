import Streams

/// A histogram with its median: of the margins, or of lengths where there are no scores.
struct ColumnPanel {
  private let title: String
  private let axis: String
  private let ordinate: String
  private let distribution: Report.Distribution
  private let chart: ColumnChart
  private let places: Int

  private static let height = 230.0

  /// Nil where all margins are the same.
  init?(margins: Report.Distribution, unit: String) {
    guard let chart = margins.chart else { return nil }
    (title, axis) = ("Margins of the picks", "score of the pick less that of the second" + unit)
    (ordinate, distribution, self.chart) = ("groups (%)", margins, chart)
    places = Numerals.places(forSpread: margins.quantiles.last ?? 0)
  }

  /// Nil where all lengths are the same.
  init?(lengths: Report.Distribution) {
    guard let chart = lengths.chart else { return nil }
    (title, axis, ordinate) = ("Response lengths", "tokens", "records (%)")
    (distribution, self.chart, places) = (lengths, chart, 0)
  }

  func draw(_ svg: inout SVG, left: Double, top: Double) {
    let right = Figure.width - Figure.margin
    let (first, bottom) = (top + 32, top + 32 + ColumnPanel.height)
    let total = Double(max(chart.counts.reduce(chart.below + chart.above, +), 1))
    let tallest = Double(max(chart.counts.max() ?? 1, 1)) / total
    guard let y = PlotScale(0, tallest, from: bottom, to: first + 8, spacing: 45) else { return }
    let width = (right - left) / Double(chart.counts.count)
    svg.text(title, left - 56, top + 16, "head")
    let median = Numerals.short(distribution.median, places)
    svg.line(right - 24, top + 12, right, top + 12, "marker")
    svg.text("median \(median)", right - 30, top + 16, "small", .end)
    for (value, _) in y.marks {
      svg.line(left, y(value), right, y(value), "grid")
      svg.text(Figure.percent(value, y), left - 7, y(value) + 4, "tick", .end)
    }
    for (index, count) in chart.counts.enumerated() where count > 0 {
      let height = bottom - y(Double(count) / total)
      let range = (chart.start + Double(index) * chart.step, chart.start + Double(index + 1) * chart.step)
      let share = Numerals.percent(Double(count) / total)
      let numbers = "\(Numerals.short(range.0, places)) to \(Numerals.short(range.1, places))"
      svg.group("\(numbers): \(grouped(count)) (\(share))") { svg in
        svg.rectangle(
          left + Double(index) * width + 0.5, bottom - height, max(width - 1, 0.5), height, "column")
      }
    }
    svg.line(left, bottom, right, bottom, "rule")
    let place = left + (distribution.median - chart.start) / chart.step * width
    if place >= left, place <= right { svg.line(place, first, place, bottom, "marker") }
    drawMarks(&svg, left: left, width: width, bottom: bottom)
    let middle = (left + right) / 2
    svg.text(TextMetrics.fitted(axis, width: right - left, size: 12), middle, bottom + 37, "axis", .middle)
    svg.text(ordinate, left - 46, (first + bottom) / 2, "axis", .middle, isVertical: true)
    if chart.below + chart.above > 0 {
      let outside = "\(grouped(chart.below + chart.above)) lie outside"
      svg.text(outside, right, bottom + 58, "small", .end)
    }
  }

  /// The numbers below the axis: every mark's, or every second, third... as there is room.
  private func drawMarks(_ svg: inout SVG, left: Double, width: Double, bottom: Double) {
    let labels = chart.marks.map { PlotScale.label($0, chart.decimals) }
    let widest = labels.map { TextMetrics.width($0.unicodeScalars, size: 11) }.max() ?? 0
    let spacing = width * Double(chart.columnsPerMark)
    let interval = max(Int(((widest + 8) / max(spacing, 1)).rounded(.up)), 1)
    for (index, label) in labels.enumerated() {
      let x = left + Double(index) * spacing
      svg.line(x, bottom, x, bottom + 4, "rule")
      if index.isMultiple(of: interval) { svg.text(label, x, bottom + 18, "tick", .middle) }
    }
  }
}
