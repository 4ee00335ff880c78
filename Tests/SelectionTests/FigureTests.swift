import Foundation
import Records
import Selection
import TestSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct FigureTests {
  typealias Record = SummaryTests.Record

  /// What an XML parser finds in a document.
  final class Contents: NSObject, XMLParserDelegate {
    var elements: [String: Int] = [:]
    var attributes: [(element: String, name: String, value: String)] = []
    var texts: [String] = []
    /// Every element in order, its text too.
    var all: [(name: String, attributes: [String: String], text: String)] = []
    /// All text, with a line feed between elements.
    var characters = ""
    var error: (any Error)?
    private var path: [String] = []

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes values: [String: String]
    ) {
      characters += "\n"
      elements[name, default: 0] += 1
      all.append((name, values, ""))
      for (key, value) in values { attributes.append((name, key, value)) }
      path.append(name)
      if name == "text" || name == "title" { texts.append("") }
    }

    func parser(
      _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
    ) { path.removeLast() }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
      characters += string
      if !all.isEmpty, path.last == all[all.count - 1].name { all[all.count - 1].text += string }
      if path.last == "text" || path.last == "title" { texts[texts.count - 1] += string }
    }

    func parser(_ parser: XMLParser, parseErrorOccurred error: any Error) { self.error = error }

    init(_ document: String) {
      super.init()
      let parser = XMLParser(data: Data(document.utf8))
      parser.delegate = self
      if !parser.parse(), error == nil { error = CocoaError(.formatting) }
    }
  }

  static let hostileNames = [
    "</text><script>alert(1)</script>", "]]><!--", "\"'&amp;&#0;", "a\u{0}b\u{1b}[31m", "\u{202e}evil",
    "\u{fffe}",
    String(repeating: "W", count: 300), "日本語のとても長い名前のソースモデル二〇二四年版です",
    String(repeating: "e\u{301}", count: 500),
    "", " ", "javascript:alert(1)", "x13", "x14",
  ]

  static func summary(
    sources: [String], groups: Int, score: (Int, Int) -> Double?,
    length: (Int, Int) -> Int? = { 5 + $0 * 7 + $1 }
  ) throws -> SelectionSummary {
    var summary = SelectionSummary(paths: try SelectionSummary.Paths(), keepsExamples: true)
    var writer = JSONWriter()
    for group in 0..<groups {
      for (index, source) in sources.enumerated() {
        writer.bytes.removeAll()
        writer.beginObject()
        writer.name("source")
        writer.string(source)
        writer.name("instruction")
        writer.string("Q" + source)
        writer.name("response")
        writer.string("R" + source)
        writer.name("grape")
        writer.beginObject()
        writer.name("group")
        writer.int(group)
        if let score = score(group, index) {
          writer.name("score")
          writer.double(score)
        }
        if let length = length(group, index) {
          writer.name("count")
          writer.int(length)
        }
        writer.endObject()
        writer.endObject()
        try parse([String(decoding: writer.bytes.raw, as: UTF8.self)]) { try summary.add($0) }
      }
    }
    return summary
  }

  enum Kind: CaseIterable {
    case hostile, two, one, constant, single, unscored, empty, wild, large, unmeasured
  }

  static func summary(_ kind: Kind) throws -> SelectionSummary {
    func score(_ group: Int, _ index: Int) -> Double { -Double((group * 7919 + index * 104729) % 1009) / 500 }
    switch kind {
    case .hostile: return try summary(sources: hostileNames, groups: 30, score: score)
    case .two: return try summary(sources: ["a", "b"], groups: 60, score: score)
    case .one: return try summary(sources: ["a"], groups: 60, score: score)
    case .constant: return try summary(sources: ["a", "b"], groups: 9) { _, _ in -1 }
    case .single: return try summary(sources: ["a"], groups: 1, score: score)
    case .unscored: return try summary(sources: ["a", "b"], groups: 9) { _, _ in nil }
    case .empty: return try summary(sources: [], groups: 0, score: score)
    case .wild:
      return try summary(
        sources: ["a", "b"], groups: 60, score: { [1e300, -1e300, 1e-300, 0, -1.7e308][($0 * 3 + $1) % 5] },
        length: { [0, 1, 2_000_000_000][($0 + $1) % 3] })
    case .large: return try summary(sources: ["a"], groups: 60) { 1.5e8 * score($0, $1) }
    case .unmeasured:
      return try summary(sources: ["a", "b"], groups: 60, score: score, length: { _, _ in nil })
    }
  }

  @Test(arguments: Kind.allCases)
  func picturesAreWellFormedAndSelfContained(_ kind: Kind) throws {
    let svg = Report(try Self.summary(kind)).svg
    let contents = Contents(svg)
    #expect(contents.error == nil)
    #expect(contents.elements["svg"] == 1)
    #expect((contents.elements["title"] ?? 0) >= 1 && contents.elements["desc"] == 1)
    let known: Set = ["svg", "title", "desc", "style", "g", "path", "rect", "circle", "text"]
    #expect(Set(contents.elements.keys).subtracting(known).isEmpty)
    for (_, name, value) in contents.attributes {
      #expect(!name.lowercased().hasPrefix("on") && name != "href" && name != "xlink:href")
      #expect(name == "xmlns" || !value.contains("://"))
      #expect(!value.contains("nan") && !value.contains("inf"))
    }
    #expect(!svg.contains("url(") && !svg.contains("@import") && !svg.contains("@font-face"))
    #expect(svg.contains("prefers-color-scheme:dark"))
    #expect(svg.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\n" })
  }

  @Test(arguments: [
    ([-1.5, -1.5], "all scores are the same."), ([-1.5, (-1.5).nextUp], "the scores hardly differ."),
    ([1.7e308, -1.7e308], "the scores lie too far apart."),
  ])
  func anEmptyPictureSaysWhy(_ scores: [Double], _ reason: String) throws {
    let contents = Contents(Report(try Self.summary(sources: ["a", "b"], groups: 4) { scores[$1] }).svg)
    #expect(contents.texts.contains("Nothing to draw: " + reason))
    let height = contents.attributes.first { $0.element == "svg" && $0.name == "height" }?.value
    #expect(try #require(height.flatMap { Double($0) }) < 150)
  }

  @Test func namesAreShownAsTheyAreAndLongOnesCut() throws {
    let texts = Contents(Report(try Self.summary(.hostile)).svg).texts
    #expect(texts.contains("]]><!--"))
    #expect(texts.contains("\"'&amp;&#0;"))
    #expect(texts.contains("a\u{fffd}b\u{fffd}[31m"))
    #expect(texts.contains { $0.hasPrefix("WWWW") && $0.hasSuffix("…") && $0.count < 30 })
    #expect(texts.contains("and 2 with fewer records"))
  }

  /// No text of a row or an axis lies over another of its kind.
  @Test(arguments: [Kind.hostile, .two, .one, .wild, .large])
  func namesStayInTheirColumn(_ kind: Kind) throws {
    let contents = Contents(Report(try Self.summary(kind)).svg)
    let xs = contents.attributes.filter { $0.element == "text" && $0.name == "x" }.compactMap {
      Double($0.value)
    }
    #expect(!xs.isEmpty && xs.allSatisfy { $0 >= 0 && $0 <= 960 })
    let box = try #require(contents.attributes.first { $0.name == "viewBox" }?.value.split(separator: " "))
    let height = try #require(Double(box[3]))
    let ys = contents.attributes.filter { $0.element == "text" && $0.name == "y" }.compactMap {
      Double($0.value)
    }
    #expect(ys.allSatisfy { $0 > 0 && $0 < height })
    // Digits are 6 pixels wide or more.
    var ticks: [String: [(x: Double, width: Double)]] = [:]
    for (name, attributes, text) in contents.all where name == "text" && attributes["class"] == "tick" {
      guard attributes["text-anchor"] == "middle" else { continue }
      let (x, y) = (try #require(attributes["x"].flatMap(Double.init)), try #require(attributes["y"]))
      ticks[y, default: []].append((x, 6 * Double(text.count)))
    }
    #expect(!ticks.isEmpty || kind == .wild)
    for row in ticks.values {
      let row = row.sorted { $0.x < $1.x }
      #expect(zip(row, row.dropFirst()).allSatisfy { $1.x - $0.x > ($0.width + $1.width) / 2 })
    }
  }

  // MARK: What is drawn

  /// Reads numbers off an axis: the line through the marks' pixels and labels.
  static func axis(_ marks: [(pixel: Double, value: Double)]) throws -> (Double) -> Double {
    let (first, last) = (try #require(marks.first), try #require(marks.last))
    try #require(first.pixel != last.pixel)
    let slope = (last.value - first.value) / (last.pixel - first.pixel)
    return { first.value + ($0 - first.pixel) * slope }
  }

  /// The marks of an axis: small numbers within a part of the picture.
  static func marks(
    _ contents: Contents, _ coordinate: String, where isInside: (Double, Double) -> Bool
  ) -> [(pixel: Double, value: Double)] {
    contents.all.compactMap { name, attributes, text in
      guard name == "text", attributes["class"] == "tick", let x = attributes["x"].flatMap(Double.init),
        let y = attributes["y"].flatMap(Double.init), isInside(x, y),
        let value = Double(text.replacingOccurrences(of: "\u{2212}", with: "-"))
      else { return nil }
      return (coordinate == "x" ? x : y - 4, value)
    }
  }

  @Test func ratesColumnsAndMediansAreWhereTheAxesSay() throws {
    let records = SummaryTests.records(500, groups: 120, sources: 4, complete: true, seed: 21)
    let report = Report(try SummaryTests.summary(records))
    let contents = Contents(report.svg)
    let lines = contents.all.filter { $0.name == "text" && $0.attributes["class"] == "axis" }
    let upper = try #require(
      lines.first { $0.text.hasPrefix("share of") }?.attributes["y"].flatMap(Double.init))
    let lower = try #require(lines.first { $0.text.hasPrefix("score of the pick") }?.attributes["y"])
    let bottom = try #require(Double(lower)) - 37
    var parser = JSONParser()
    try report.json.withUnsafeBytes { bytes in
      let json = try parser.parse(bytes)
      let sources = Array(try #require(json["sources"]).elements)
      func number(_ element: (name: String, attributes: [String: String], text: String), _ key: String)
        -> Double
      {
        element.attributes[key].flatMap(Double.init) ?? .nan
      }

      let rate = try Self.axis(Self.marks(contents, "x") { $0 > 680 && $1 < upper })
      let dots = contents.all.filter { $0.attributes["class"] == "dot" }
      #expect(dots.count == sources.count)
      for (dot, source) in zip(dots, sources) {
        #expect(abs(rate(number(dot, "cx")) - 100 * (source["winRate"]?.double ?? -1)) < 0.1)
      }

      let score = try Self.axis(Self.marks(contents, "x") { $0 < 680 && $1 < upper })
      let medians = contents.all.filter { $0.attributes["class"] == "median" }.dropFirst()
      let expected =
        [json["score"], try JSONPath("picks.score")(json)].map { $0?["median"]?.double }
        + sources.map { $0["scores"]?["median"]?.double }
      #expect(medians.count == expected.count)
      for (median, value) in zip(medians, expected) {
        #expect(abs(score(number(median, "cx")) - (value ?? .nan)) < 0.01)
      }

      let share = try Self.axis(Self.marks(contents, "y") { $0 > 500 && $1 > upper && $1 <= bottom + 4 })
      let counts = try #require(try JSONPath("margin.histogram.counts")(json)).elements.compactMap(\.int)
      let columns = contents.all.filter { $0.attributes["class"] == "column" }
      #expect(columns.count == counts.filter { $0 > 0 }.count)
      for (column, count) in zip(columns, counts.filter { $0 > 0 }) {
        #expect(abs(share(number(column, "y")) - 100 * Double(count) / Double(counts.reduce(0, +))) < 0.1)
      }

      // Every record is in a hexagon, and no hexagon is drawn twice.
      let cells = contents.all.filter {
        ($0.attributes["class"] ?? "").hasPrefix("cell") && number($0, "x").isNaN
      }
      let places = cells.flatMap {
        ($0.attributes["d"] ?? "").split(separator: "M").map { $0.prefix { $0 != "l" } }
      }
      let drawn = places.dropLast(7)
      #expect(Set(drawn).count == drawn.count && drawn.count > 30 && drawn.count <= records.count)
    }
  }

  @Test func pagesHideManySources() throws {
    let names = (0..<40).map { "s\($0)" }
    let contents = Contents(
      try Self.body(Report(try Self.summary(sources: names, groups: 2) { -Double($0 + $1) }).html))
    #expect(contents.error == nil)
    #expect(contents.elements["details"] == 1)
    for name in names { #expect(contents.characters.contains("\n\(name)\n")) }
  }

  @Test func thePictureDoesNotDependOnTheOrder() throws {
    let records = SummaryTests.records(400, groups: 60, sources: 5, complete: true, seed: 3).enumerated().map
    {
      var record = $1
      record.score = -Double($0 * 37 % 401) / 7
      return record
    }
    func svg(_ records: [Record]) throws -> String { Report(try SummaryTests.summary(records)).svg }
    let whole = try svg(records)
    #expect(try svg(records.shuffled()) == whole)
    #expect(try svg(Array(records.dropLast())) != whole)
    let parts = try SummaryTests.partial(records[..<150]) + SummaryTests.partial(records[150...])
    #expect(Report(try SummaryTests.merge(parts)).svg == whole)
  }

  // MARK: Pages

  /// The page is written so that it is XML as well, but for its first lines.
  static func body(_ html: String) throws -> String {
    let start = try #require(html.range(of: "<body>"))
    let end = try #require(html.range(of: "</body>", options: .backwards))
    return String(html[start.lowerBound..<end.upperBound])
  }

  @Test(arguments: Kind.allCases)
  func pagesAreWellFormedAndRunNothing(_ kind: Kind) throws {
    let html = Report(try Self.summary(kind)).html
    let contents = Contents(try Self.body(html))
    #expect(contents.error == nil)
    let dangerous: Set = [
      "script", "iframe", "object", "embed", "img", "link", "a", "form", "base", "foreignObject",
    ]
    #expect(dangerous.isDisjoint(with: contents.elements.keys))
    for (_, name, _) in contents.attributes {
      #expect(!name.lowercased().hasPrefix("on") && !["href", "src", "style"].contains(name))
    }
    #expect(html.contains("default-src 'none'"))
    #expect(contents.elements["svg"] == 1)
    #expect(contents.elements["h1"] == 1)
    let examples = [Kind.unscored, .empty].contains(kind) ? 0 : kind == .single ? 2 : 10
    #expect((contents.elements["article"] ?? 0) == examples)
  }

  @Test func textsOfRecordsStayText() throws {
    var summary = SelectionSummary(paths: try SelectionSummary.Paths(), keepsExamples: true)
    let hostile =
      "</div></article><script>alert(1)</script><img src=x onerror=alert(2)> &lt; \u{202e}x\u{2066}y"
    var writer = JSONWriter()
    writer.beginObject()
    for name in ["instruction", "response", "source"] {
      writer.name(name)
      writer.string(name + hostile)
    }
    writer.name("grape")
    Array(#"{"group":"<b>","score":-1,"model":"<i>&"}"#.utf8).withUnsafeBytes { writer.raw($0) }
    writer.endObject()
    try parse([String(decoding: writer.bytes.raw, as: UTF8.self)]) { try summary.add($0) }
    let html = Report(summary).html
    let contents = Contents(try Self.body(html))
    #expect(contents.error == nil)
    #expect(
      contents.elements["script"] == nil && contents.elements["img"] == nil && contents.elements["i"] == nil)
    let shown =
      "</div></article><script>alert(1)</script><img src=x onerror=alert(2)> &lt; \u{fffd}x\u{fffd}y"
    #expect(contents.characters.contains("instruction" + shown))
    #expect(contents.characters.contains("response" + shown))
  }

  // MARK: Examples

  @Test func numbersThatHardlyDifferHaveTheDigitsThatFit() throws {
    let summary = try Self.summary(sources: ["a", "b"], groups: 4) {
      $1 == 0 ? -1.5 - Double($0) * 1e-9 : -2
    }
    #expect(Report(summary).html.contains(">0.500000<"))
    let close = Report(try Self.summary(sources: ["a"], groups: 4) { group, _ in Double(group) * 1e-9 - 1.5 })
    #expect(close.text(isASCII: true).contains(" -1.50000 "))
    #expect(!close.text(isASCII: true).contains("e+0"))
  }

  @Test(arguments: [40, 6, 3])
  func examplesAreTheBestAndTheWorstOfEveryGroup(_ groups: Int) throws {
    var generator = SplitMix(seed: 9)
    var records: [(group: Int, score: Double, name: String)] = []
    for index in 0..<300 {
      let group = Int.random(in: 0..<groups, using: &generator)
      records.append((group, Double(Int.random(in: -50...0, using: &generator)), "r\(index)"))
    }
    func text(_ record: (group: Int, score: Double, name: String)) -> String {
      #"{"prompt": "p", "response": "\#(record.name).", "grape": {"group": \#(record.group), "score": \#(record.score)}}"#
    }
    func shown(_ html: String) -> [String] {
      html.components(separatedBy: "class=\"response\"").dropFirst().map {
        String($0.drop { $0 != ">" }.dropFirst().prefix { $0 != "." })
      }
    }
    var expected: [String] = []
    for sign in [1.0, -1] {
      var best: [Int: (group: Int, score: Double, name: String)] = [:]
      for record in records where best[record.group].map({ sign * record.score > sign * $0.score }) ?? true {
        best[record.group] = record
      }
      let place = Dictionary(uniqueKeysWithValues: records.enumerated().map { ($1.name, $0) })
      expected += best.values.sorted {
        sign * $0.score != sign * $1.score
          ? sign * $0.score > sign * $1.score : (place[$0.name] ?? 0) < (place[$1.name] ?? 0)
      }.prefix(5).map(\.name)
    }
    func summary(_ records: some Sequence<(group: Int, score: Double, name: String)>) throws
      -> SelectionSummary
    {
      var summary = SelectionSummary(paths: try SelectionSummary.Paths(), keepsExamples: true)
      try parse(records.map(text)) { try summary.add($0) }
      return summary
    }
    #expect(shown(Report(try summary(records)).html) == expected)
    var reader = PartialReader(paths: try SelectionSummary.Paths())
    var parser = JSONParser()
    for part in [records[..<77], records[77..<80], records[80...]] {
      try summary(part).writePartial { try reader.read(parser.parse($0)) }
    }
    #expect(shown(Report(try reader.finish()).html) == expected)
  }

  @Test func recordsWithoutAGroupAreExamplesOfTheirOwn() throws {
    var summary = SelectionSummary(paths: try SelectionSummary.Paths(), keepsExamples: true)
    try parse((0..<7).map { #"{"prompt": "p", "response": "r\#($0)", "grape": {"score": \#($0)}}"# }) {
      try summary.add($0)
    }
    let examples = Report(summary).html.components(separatedBy: "class=\"response\"").dropFirst()
    let order = [6, 5, 4, 3, 2, 0, 1, 2, 3, 4]
    try #require(examples.count == order.count)
    for (example, number) in zip(examples, order) { #expect(example.contains(">r\(number)<")) }
  }

  @Test func longTextsAreCutBetweenCharacters() throws {
    for padding in 0..<4 {
      var summary = SelectionSummary(paths: try SelectionSummary.Paths(), keepsExamples: true)
      let text = String(repeating: "x", count: padding) + String(repeating: "𝔘", count: 1000)
      try parse([#"{"prompt": "p", "response": "\#(text)", "grape": {"score": 1}}"#]) { try summary.add($0) }
      let html = Report(summary).html
      #expect(html.contains("𝔘…"))
      #expect(!html.contains("\u{fffd}"))
    }
  }
}
