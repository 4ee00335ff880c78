/// Draws bars and columns with characters: the eighths of Unicode's block elements, or ASCII.
struct ReportCanvas {
  let isASCII: Bool

  /// A bar whose full length, at `part` 1, is `width` columns.
  ///
  /// Blanks at its end are left out. Whatever is more than nothing shows.
  func bar(_ part: Double, width: Int) -> String {
    let part = min(max(part, 0), 1)
    if isASCII {
      let columns = part > 0 ? max(Int((part * Double(width)).rounded()), 1) : 0
      return String(repeating: "#", count: columns)
    }
    let eighths = part > 0 ? max(Int((part * Double(8 * width)).rounded()), 1) : 0
    let ends = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    return String(repeating: "█", count: eighths / 8) + ends[eighths % 8]
  }

  /// The lines of a column chart with its axes, `height` rows of columns high.
  func lines(of chart: ColumnChart, height: Int = 5) -> [String] {
    let total = chart.counts.reduce(chart.below + chart.above, +)
    guard let tallest = chart.counts.max(), tallest > 0 else { return [] }
    let width = min(max(ColumnChart.maximumColumns / chart.counts.count, 1), 6)
    let gutter = 9
    var lines: [String] = []
    for row in (0..<height).reversed() {
      let label = row == height - 1 ? Numerals.percent(Double(tallest) / Double(total)) + " " : ""
      let cells = chart.counts.map { count in
        let cell = cell(Double(count) / Double(tallest), row: row, of: height)
        return String(repeating: cell, count: width)
      }
      let side = isASCII ? "|" : row == height - 1 ? "┤" : "│"
      lines.append(label.padded(left: gutter) + side + cells.joined())
    }
    let (corner, mark, line) = isASCII ? ("+", "+", "-") : ("└", "┬", "─")
    let spacing = width * chart.columnsPerMark
    let axis = (1...(width * chart.counts.count)).map { $0 % spacing == 0 ? mark : line }
    lines.append(corner.padded(left: gutter + 1) + axis.joined())
    lines.append(labels(of: chart, gutter: gutter, spacing: spacing))
    return lines
  }

  /// The part of a column of `height` rows that is in one of them, from the bottom. Whatever
  /// is more than nothing shows.
  private func cell(_ part: Double, row: Int, of height: Int) -> String {
    guard part > 0 else { return " " }
    let eighths = max(Int((part * Double(8 * height)).rounded()), 1) - 8 * row
    if isASCII { return eighths >= 6 ? "#" : eighths >= 3 ? ":" : eighths >= 1 ? "." : " " }
    let blocks = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    return blocks[min(max(eighths, 0), 8)]
  }

  /// The numbers below the marks, centred: every mark's, or every second, third... as there is room.
  private func labels(of chart: ColumnChart, gutter: Int, spacing: Int) -> String {
    let texts = chart.marks.map { Numerals.short($0, chart.decimals) }
    let widest = texts.map(\.count).max() ?? 0
    let interval = (widest + 2 + spacing - 1) / spacing
    var line = ""
    for index in stride(from: 0, to: texts.count, by: interval) {
      line = line.padded(right: gutter + index * spacing - texts[index].count / 2) + texts[index]
    }
    return line
  }
}
