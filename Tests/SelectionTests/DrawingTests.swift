import Foundation
import Records
import Selection
import TestSupport
import Testing

/// What a picture draws, read off its axes, against the records that it is drawn from.
@Suite struct DrawingTests {
  typealias Contents = FigureTests.Contents
  typealias Element = (name: String, attributes: [String: String], text: String)

  static func number(_ element: Element, _ key: String) -> Double {
    element.attributes[key].flatMap(Double.init) ?? .nan
  }

  /// The points of a path's data.
  static func points(_ data: String) -> [(x: Double, y: Double)] {
    data.split { !"0123456789.,-".contains($0) }.compactMap {
      let parts = $0.split(separator: ",").compactMap { Double($0) }
      return parts.count == 2 ? (parts[0], parts[1]) : nil
    }
  }

  static func paths(_ contents: Contents, _ style: String) -> [[(x: Double, y: Double)]] {
    contents.all.filter { $0.name == "path" && $0.attributes["class"] == style }.map {
      points($0.attributes["d"] ?? "")
    }
  }

  /// Where a label stands.
  static func place(_ contents: Contents, _ text: String) throws -> (x: Double, y: Double) {
    let element = try #require(contents.all.first { $0.name == "text" && $0.text.hasPrefix(text) })
    return (number(element, "x"), number(element, "y"))
  }

  /// The least of `numbers` that a part of them do not exceed.
  static func quantile(_ numbers: [Double], _ part: Double) -> Double {
    numbers.sorted()[max(Int((part * Double(numbers.count)).rounded(.up)), 1) - 1]
  }

  // MARK: Scores by source

  /// Sources with many records and one with few, whose sharp peak must not flatten the others.
  static func scores() -> [(name: String, scores: [Double?])] {
    var generator = SplitMix(seed: 31)
    func normal() -> Double {
      (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &generator) }
    }
    let wide = (0..<120).map { _ in normal() - 1 }
    let two = (0..<120).map { $0 % 3 == 0 ? 0.2 * normal() - 4 : 0.3 * normal() }
    let few: [Double?] = [-1.8, -1.5, -1.2] + Array(repeating: nil, count: 117)
    return [("wide", wide), ("two", two), ("few", few)]
  }

  /// A density by its definition (B. W. Silverman, "Density Estimation", 1986, 2.4 and 3.31); a bandwidth is
  /// no less than what can be drawn.
  static func density(of numbers: [Double], at place: Double, step: Double) -> Double {
    let n = Double(numbers.count)
    let mean = numbers.reduce(0, +) / n
    let deviation = (numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n).squareRoot()
    let interquartile = quantile(numbers, 0.75) - quantile(numbers, 0.25)
    let scale = interquartile > 0 ? min(deviation, interquartile / 1.34) : deviation
    let bandwidth = max(0.9 * scale / pow(n, 0.2), step)
    return numbers.reduce(0) { sum, number in
      let z = (place - number) / bandwidth
      return sum + exp(-z * z / 2) / (bandwidth * (2 * Double.pi).squareRoot() * n)
    }
  }

  @Test func curvesAreTheDensitiesOfTheScores() throws {
    let sources = Self.scores()
    let report = Report(
      try FigureTests.summary(sources: sources.map(\.name), groups: 120) { sources[$1].scores[$0] })
    let contents = Contents(report.svg)
    let value = try FigureTests.axis(
      FigureTests.marks(contents, "x") { [axis = try Self.place(contents, "score")] in
        $0 < 620 && $1 < axis.y && $1 > axis.y - 30
      })
    var rows = Dictionary(uniqueKeysWithValues: sources.map { ($0.name, $0.scores.compactMap { $0 }) })
    rows["all records"] = rows.values.flatMap { $0 }
    rows["the picks"] = (0..<120).compactMap { group in sources.compactMap { $0.scores[group] }.max() }
    let all = try #require(rows["all records"])
    let (least, most) = (try #require(all.min()), try #require(all.max()))
    let step = 1.08 * (most - least) / 160
    let grid = (0...160).map { least - 0.04 * (most - least) + Double($0) * step }
    let curves = rows.mapValues { numbers in grid.map { Self.density(of: numbers, at: $0, step: step) } }
    let tallest = try #require(curves.filter { $0.key != "few" }.values.compactMap { $0.max() }.max())
    #expect(try #require(curves["few"]?.max()) > 1.5 * tallest)

    var drawn: [String: Set<Int>] = [:]
    for style in ["area all", "area pick", "area one"] {
      for path in Self.paths(contents, style) {
        let base = try #require(path.first?.y)
        let name = try #require(
          contents.all.first {
            $0.name == "text" && $0.attributes["text-anchor"] == "end"
              && abs(Self.number($0, "y") + 5 - base) < 0.2
              && rows[$0.text] != nil
          }?.text)
        let curve = try #require(curves[name])
        for point in path.dropFirst().dropLast() {
          let index = Int(((value(point.x) - grid[0]) / step).rounded())
          try #require(curve.indices.contains(index))
          drawn[name, default: []].insert(index)
          let rise = min(curve[index] / tallest, 1) * 33
          #expect(abs(base - point.y - rise) < 0.5, "\(name) at \(grid[index])")
        }
      }
    }
    for (name, curve) in curves {
      for index in curve.indices where !(drawn[name]?.contains(index) ?? false) {
        #expect(curve[index] / tallest * 33 < 1, "\(name) at \(grid[index])")
      }
    }
  }

  @Test func boxesAndWhiskersAreWhereTheAxesSay() throws {
    let records = SummaryTests.records(400, groups: 90, sources: 3, complete: true, seed: 22)
    let contents = Contents(Report(try SummaryTests.summary(records)).svg)
    let axis = try Self.place(contents, "share of")
    let score = try FigureTests.axis(
      FigureTests.marks(contents, "x") { $0 < 620 && $1 < axis.y && $1 > axis.y - 30 })
    let rate = try FigureTests.axis(
      FigureTests.marks(contents, "x") { $0 > 680 && $1 < axis.y && $1 > axis.y - 30 })
    let obvious = ObviousReport(records)
    // The first box is the key's.
    let boxes = ["box all", "box pick", "box one"].flatMap { Self.paths(contents, $0) }.dropFirst()
    var names = contents.all.filter { $0.name == "text" && $0.attributes["class"] == "name" }.map(\.text)
    let picks = obvious.groups.values.compactMap { $0.compactMap(\.score).max() }
    let numbers =
      [obvious.scores, picks]
      + names.map { name in
        records.filter { $0.source == name }.compactMap(\.score)
      }
    try #require(boxes.count == numbers.count && names.count == 3)
    for (box, numbers) in zip(boxes, numbers) {
      #expect(abs(score(box[0].x) - Self.quantile(numbers, 0.25)) < 0.01)
      #expect(abs(score(box[1].x) - Self.quantile(numbers, 0.75)) < 0.01)
    }
    let whiskers = Self.paths(contents, "whisker")
    try #require(whiskers.count == names.count)
    for whisker in whiskers {
      // Wilson's interval: all rates p from which the one found is off by no more than 1.96 of p's errors.
      let source = try #require(obvious.sources[names.removeFirst()])
      let (n, found) = (Double(source.groups), Double(source.wins) / Double(source.groups))
      for end in whisker {
        let p = rate(end.x) / 100
        #expect(abs(abs(found - p) - 1.96 * (p * (1 - p) / n).squareRoot()) < 0.003)
      }
      #expect(rate(whisker[0].x) / 100 < found && found < rate(whisker[1].x) / 100)
    }
  }

  @Test func theMedianMarginIsMarked() throws {
    let records = SummaryTests.records(300, groups: 70, sources: 3, complete: true, seed: 23)
    let contents = Contents(Report(try SummaryTests.summary(records)).svg)
    let axis = try Self.place(contents, "score of the pick less")
    let margin = try FigureTests.axis(
      FigureTests.marks(contents, "x") { $0 > 500 && $1 < axis.y && $1 > axis.y - 30 })
    // The first marker is the key's.
    let markers = Self.paths(contents, "marker")
    try #require(markers.count == 2)
    #expect(abs(margin(markers[1][0].x) - Self.quantile(ObviousReport(records).margins, 0.5)) < 0.01)
  }

  // MARK: Score against length

  /// Heaps of records far from each other, of lengths whose unit is no more than a thousandth of a pixel.
  static let heaps: [(length: Int, score: Double, count: Int)] = [
    (100_000, -3, 1), (140_000, -1, 2), (200_000, -2.5, 5), (300_000, -0.2, 12), (450_000, -1.7, 30),
    (700_000, -0.9, 80), (1_000_000, -2.2, 200),
  ]

  @Test func hexagonsHoldTheRecordsAroundThem() throws {
    var summary = SelectionSummary(paths: try SelectionSummary.Paths())
    var texts: [String] = []
    for heap in Self.heaps {
      for _ in 0..<heap.count {
        texts.append(
          #"{"grape": {"group": "g\#(texts.count / 2)", "score": \#(heap.score), "count": \#(heap.length)}}"#)
      }
    }
    try parse(texts) { try summary.add($0) }
    let contents = Contents(Report(summary).svg)
    let axis = try Self.place(contents, "response length")
    func inPanel(_ x: Double, _ y: Double) -> Bool { x < 480 && y > axis.y - 280 && y < axis.y - 5 }
    let score = try FigureTests.axis(FigureTests.marks(contents, "y") { $0 < 95 && inPanel($0, $1) })
    let labels = contents.all.filter {
      $0.name == "text" && $0.attributes["class"] == "tick" && $0.attributes["text-anchor"] == "middle"
        && abs(Self.number($0, "y") - (axis.y - 19)) < 1 && Self.number($0, "x") < 480
    }
    let length = try FigureTests.axis(
      labels.compactMap { label in
        Double(label.text.replacingOccurrences(of: ",", with: "")).map { (Self.number(label, "x"), log($0)) }
      })

    var left = Self.heaps
    for level in 1...7 {
      for path in contents.all.filter({ $0.name == "path" && $0.attributes["class"] == "cell d\(level)" }) {
        for cell in (path.attributes["d"] ?? "").split(separator: "M") {
          let top = try #require(Self.points(String(cell.prefix { $0 != "l" })).first)
          let centre = (x: top.x, y: top.y + 6.5)
          guard inPanel(centre.x, centre.y) else { continue }
          let place = try #require(
            left.firstIndex { heap in
              let x = (log(Double(heap.length)) - length(centre.x)) / (length(1) - length(0))
              let y = (heap.score - score(centre.y)) / (score(1) - score(0))
              return x * x + y * y <= 6.6 * 6.6
            })
          let heap = left.remove(at: place)
          // Seven equal steps of the logarithm, the last one for the most.
          #expect(level == min(Int(7 * log(Double(heap.count)) / log(200)), 6) + 1, "\(heap)")
        }
      }
    }
    #expect(left.isEmpty)
    // The lengths fill the panel.
    #expect(abs(length(106) - log(100_000)) < 0.05)
    #expect(abs(length(464) - log(1_000_000)) < 0.05)

    let records = Self.heaps.flatMap { heap in (0..<heap.count).map { _ in (heap.length, heap.score) } }
    let trend = try #require(Self.paths(contents, "trend").first)
    try #require(trend.count == 12)
    for (part, point) in trend.enumerated() {
      let slice = records[(part * 330 / 12)..<((part + 1) * 330 / 12)]
      let middle = slice.map(\.0).sorted()[slice.count / 2]
      #expect(abs(length(point.x) - log(Double(middle))) < 0.01)
      #expect(abs(score(point.y) - slice.map(\.1).sorted()[slice.count / 2]) < 0.02)
    }
  }

  /// One response of a length far from all others does not push them together.
  @Test func aLengthFarFromAllOthersIsLeftOut() throws {
    func ticks(_ longest: Int) throws -> [String] {
      let summary = try FigureTests.summary(sources: ["a"], groups: 400) { group, _ in
        -Double(group * 37 % 401) / 100
      } length: { group, _ in
        group == 399 ? longest : 20 + group
      }
      let contents = Contents(Report(summary).svg)
      let axis = try Self.place(contents, "response length")
      return contents.all.filter {
        $0.attributes["class"] == "tick" && abs(Self.number($0, "y") - (axis.y - 19)) < 1
      }.map(\.text)
    }
    #expect(try ticks(2_000_000_000) == ["20", "50", "100", "200"])
    #expect(try ticks(1_500) == ["20", "50", "100", "200", "500", "1,000"])
  }
}
