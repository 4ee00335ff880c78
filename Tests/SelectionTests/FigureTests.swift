import Foundation
import Records
import Selection
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
    var error: (any Error)?
    private var path: [String] = []

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes values: [String: String]
    ) {
      elements[name, default: 0] += 1
      for (key, value) in values { attributes.append((name, key, value)) }
      path.append(name)
      if name == "text" || name == "title" { texts.append("") }
    }

    func parser(
      _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
    ) { path.removeLast() }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
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
        try parse([String(decoding: writer.bytes, as: UTF8.self)]) { try summary.add($0) }
      }
    }
    return summary
  }

  enum Kind: CaseIterable { case hostile, two, one, constant, single, unscored, empty, wild, unmeasured }

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

  @Test func namesAreShownAsTheyAreAndLongOnesCut() throws {
    let texts = Contents(Report(try Self.summary(.hostile)).svg).texts
    #expect(texts.contains("]]><!--"))
    #expect(texts.contains("\"'&amp;&#0;"))
    #expect(texts.contains("a\u{fffd}b\u{fffd}[31m"))
    #expect(texts.contains { $0.hasPrefix("WWWW") && $0.hasSuffix("…") && $0.count < 30 })
    #expect(texts.contains("and 2 sources with fewer records"))
  }

  /// No text of a row or an axis lies over another of its kind.
  @Test(arguments: [Kind.hostile, .two, .one, .wild])
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
}
