import Streams

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Score against length: how many records fall into each of many hexagons, and how the median score runs.
///
/// It is drawn from the report's sample, which is uniform and at most 32,768 records.
struct DensityPanel {
  private let figure: Figure
  private let top: Double
  private let y: PlotScale
  private let lengths: (low: Double, high: Double)

  private static let left = 98.0
  private static let headHeight = 32.0
  private static let height = 230.0
  /// From a hexagon's centre to its corners, in pixels.
  private static let radius = 6.5
  private static let levels = 7

  private var first: Double { top + DensityPanel.headHeight }
  private var bottom: Double { first + DensityPanel.height }

  /// Nil where all scores are the same, or no scale has room for them.
  init?(_ figure: Figure, top: Double) {
    let first = top + DensityPanel.headHeight
    let bottom = first + DensityPanel.height
    guard let score = figure.report.score, let scores = PlotScale.range(of: score.histogram),
      let y = PlotScale(scores.low, scores.high, from: bottom - 8, to: first + 8, spacing: 45),
      let tokens = figure.report.tokens
    else { return nil }
    self.figure = figure
    self.top = top
    self.y = y
    let ends = tokens.histogram.quantiles([0, 0.005, 0.995, 1]) ?? [1, 1, 2, 2]
    // Along a logarithm, few lengths are too long; half a token on either side is room for the spread.
    lengths = (max(ends[0] - 0.5, 0.5), ends[3] > 10 * ends[2] ? ends[2] : ends[3] + 0.5)
  }

  func draw(_ svg: inout SVG, right: Double) {
    let x = PlotScale(logarithmic: lengths.low, lengths.high, from: DensityPanel.left + 8, to: right - 8)
    svg.text("Score against length", Figure.margin, top + 16, "head")
    if let pearson = figure.report.pearson, let spearman = figure.report.spearman {
      let text = "Pearson \(PlotScale.label(pearson, 2)), Spearman \(PlotScale.label(spearman, 2))"
      svg.text(text, right, top + 16, "small", .end)
    }
    for (value, label) in y.marks {
      svg.line(DensityPanel.left, y(value), right, y(value), "grid")
      svg.text(label, DensityPanel.left - 7, y(value) + 4, "tick", .end)
    }
    var lastEnd = -Double.infinity
    for (value, label) in x.marks {
      svg.line(x(value), first, x(value), bottom + 4, "grid")
      let half = TextMetrics.width(label.unicodeScalars, size: 11) / 2 + 3
      guard x(value) - half > lastEnd else { continue }
      lastEnd = x(value) + half
      svg.text(label, x(value), bottom + 18, "tick", .middle)
    }
    svg.text(
      "response length (tokens, logarithmic)", (DensityPanel.left + right) / 2, bottom + 37, "axis", .middle)
    let name = TextMetrics.fitted(figure.scoreName + figure.unit, width: DensityPanel.height, size: 12)
    svg.text(name, Figure.margin + 6, (first + bottom) / 2, "axis", .middle, isVertical: true)

    // Lengths are whole numbers: each is spread over its unit, so that no empty columns
    // show between short ones.
    let inside = figure.report.sample.map {
      (length: max($0.y, 1), score: $0.x, spread: Double($0.hash >> 40) / 0x1p24 - 0.5)
    }
    .filter { x.contains($0.length) && y.contains($0.score) }
    let most = drawCells(inside.map { (x($0.length + $0.spread), y($0.score)) }, &svg)
    drawTrend(inside, x, y, &svg)
    drawKey(&svg, y: bottom + 58, most: most)
  }

  /// Draws the hexagons, and returns the number of points in the fullest.
  private func drawCells(_ points: [(x: Double, y: Double)], _ svg: inout SVG) -> Int {
    let radius = DensityPanel.radius
    let (across, down) = (radius * 3.0.squareRoot(), radius * 1.5)
    var counts: [SIMD2<Int>: Int] = [:]
    for point in points {
      // Rows of centres, every other one shifted by half a hexagon: the nearest is in one of two rows.
      let row = Int((point.y / down).rounded(.down))
      var best = (distance: Double.infinity, cell: SIMD2(0, 0))
      for row in row...(row + 1) {
        let shift = row.isMultiple(of: 2) ? 0 : across / 2
        let column = Int(((point.x - shift) / across).rounded())
        let (dx, dy) = (point.x - shift - Double(column) * across, point.y - Double(row) * down)
        if dx * dx + dy * dy < best.distance { best = (dx * dx + dy * dy, SIMD2(column, row)) }
      }
      counts[best.cell, default: 0] += 1
    }
    let most = counts.values.max() ?? 0
    var paths = [String](repeating: "", count: DensityPanel.levels)
    let cells = counts.sorted { ($0.key.y, $0.key.x) < ($1.key.y, $1.key.x) }
    for (cell, count) in cells {
      let shift = cell.y.isMultiple(of: 2) ? 0 : across / 2
      let (x, y) = (shift + Double(cell.x) * across, Double(cell.y) * down)
      paths[DensityPanel.level(of: count, most: most)] += DensityPanel.hexagon(x, y, radius)
    }
    for (level, path) in paths.enumerated() where !path.isEmpty { svg.path(path, DensityPanel.styles[level]) }
    return most
  }

  private static let styles: [StaticString] = [
    "cell d1", "cell d2", "cell d3", "cell d4", "cell d5", "cell d6", "cell d7",
  ]

  /// The shade of a cell, from 0: equal steps of the logarithm.
  private static func level(of count: Int, most: Int) -> Int {
    guard most > 1 else { return levels / 2 }
    return min(Int(log(Double(count)) / log(Double(most)) * Double(levels)), levels - 1)
  }

  private static func hexagon(_ x: Double, _ y: Double, _ radius: Double) -> String {
    let (half, quarter) = (radius * 3.0.squareRoot() / 2, radius / 2)
    let steps = [(half, quarter), (0, radius), (-half, quarter), (-half, -quarter), (0, -radius)]
    return "M\(SVG.point(x, y - radius))l"
      + steps.map { SVG.point($0.0, $0.1) }.joined(separator: " ") + "z"
  }

  /// The median score of records of about one length, where there are enough of them.
  private func drawTrend(
    _ pairs: [(length: Double, score: Double, spread: Double)], _ x: PlotScale, _ y: PlotScale,
    _ svg: inout SVG
  ) {
    let parts = min(pairs.count / 20, 12)
    guard parts >= 2 else { return }
    let sorted = pairs.sorted { ($0.length, $0.score) < ($1.length, $1.score) }
    var points: [String] = []
    for part in 0..<parts {
      let slice = sorted[(part * sorted.count / parts)..<((part + 1) * sorted.count / parts)]
      let length = slice[slice.startIndex + slice.count / 2].length
      let score = slice.map(\.score).sorted()[slice.count / 2]
      points.append(SVG.point(x(length), y(score)))
    }
    let path = "M" + points.joined(separator: "L")
    svg.path(path, "halo")
    svg.path(path, "trend")
  }

  private func drawKey(_ svg: inout SVG, y: Double, most: Int) {
    let left = DensityPanel.left
    for level in DensityPanel.styles.indices {
      let x = left + 6 + Double(level) * 12
      svg.path(DensityPanel.hexagon(x, y - 4, 6), DensityPanel.styles[level])
    }
    let report = figure.report
    let isSample = report.sampled < report.paired
    let range = most == 1 ? "1" : "1 to \(grouped(most))"
    let label =
      range
      + (isSample ? " of \(grouped(report.sampled)) sampled records" : most == 1 ? " record" : " records")
    svg.text(label, left + 92, y, "small")
    let next = left + 92 + TextMetrics.width(label.unicodeScalars, size: 11) + 18
    svg.line(next, y - 4, next + 24, y - 4, "trend")
    svg.text("median score", next + 30, y, "small")
  }
}
