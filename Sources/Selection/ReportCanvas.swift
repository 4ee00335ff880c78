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
    let gutter = 9
    let blank = String(repeating: " ", count: gutter)
    var lines: [String] = []
    for row in (0..<height).reversed() {
      let label = row == height - 1 ? Numerals.percent(Double(tallest) / Double(total)) + " " : ""
      let columns = chart.counts.map { cell(Double($0) / Double(tallest), row: row, of: height) }
      let side = isASCII ? "|" : row == height - 1 ? "┤" : "│"
      lines.append(label.padded(left: gutter) + side + columns.joined())
    }
    let (corner, mark, line) = isASCII ? ("+", "+", "-") : ("└", "┬", "─")
    let axis = (1...chart.counts.count).map { $0 % chart.columnsPerMark == 0 ? mark : line }
    lines.append(blank + corner + axis.joined())
    lines.append(labels(of: chart, gutter: gutter))
    return lines
  }

  /// The part of a column of `height` rows that is in one of them, from the bottom. Whatever is more than nothing shows.
  private func cell(_ part: Double, row: Int, of height: Int) -> String {
    guard part > 0 else { return " " }
    let eighths = max(Int((part * Double(8 * height)).rounded()), 1) - 8 * row
    if isASCII { return eighths >= 6 ? "#" : eighths >= 3 ? ":" : eighths >= 1 ? "." : " " }
    let blocks = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    return blocks[min(max(eighths, 0), 8)]
  }

  /// The numbers below the marks, centred; those without room are left out.
  private func labels(of chart: ColumnChart, gutter: Int) -> String {
    var line = ""
    for (index, mark) in chart.marks.enumerated() {
      let text = Numerals.fixed(mark, chart.decimals)
      let start = gutter + index * chart.columnsPerMark - text.count / 2
      guard start >= line.count + (line.isEmpty ? 0 : 2) else { continue }
      line = line.padded(right: start) + text
    }
    return line
  }
}
