import Foundation
import TestSupport
import Testing

/// The examples of records in grape(7), read by the program.
@Suite struct ShapeExampleTests {
  @Test func examplesOfShapesAreRead() throws {
    let page = try #require(Repository.contents(Repository.manual + "/grape.7"))
    let section = try #require(
      page.components(separatedBy: ".Sh SHAPES").last?.components(separatedBy: ".Sh ").first)
    let examples = Self.records(in: section)
    #expect(examples.count > 20)
    var groups: Set<String> = []
    for example in examples {
      let folder = try TemporaryFolder()
      try folder.file("input", example)
      let script =
        "grape-tokenize -m \"$FIXTURES/models/smollm-2\" --template '{instruction}|{response}' --keep-text input"
      let outcome = try Shell.run(script, in: folder)
      // The only bad candidate is the null in a list.
      #expect(outcome.status == (example.contains("null") ? 1 : 0), "\(example)\n\(outcome.errors)")
      let lines = outcome.output.split(separator: "\n").map(String.init)
      let texts = lines.map { Self.field("text", of: $0) }
      let isPair = example.contains("No.")
      #expect(texts == (isPair ? ["Why?|Because.", "Why?|No."] : ["Why?|Because."]), "\(example)")
      groups.formUnion(lines.map { Self.field("group", of: $0) })
    }
    #expect(groups.count == 1, "one instruction, one group")
  }

  /// The records of the displays: what begins with a brace or bracket at the beginning of a line, and the
  /// lines after it that are indented.
  private static func records(in section: String) -> [String] {
    var records: [String] = []
    for line in section.split(separator: "\n") {
      let text = line.replacingOccurrences(of: "\\e", with: "\\")
      if text.hasPrefix("{") || text.hasPrefix("[") {
        records.append(text)
      } else if text.hasPrefix(" "), let last = records.popLast() {
        records.append(last + text)
      }
    }
    return records
  }

  /// A string field of the grape member.
  private static func field(_ name: String, of line: String) -> String {
    let member = line.components(separatedBy: "\"grape\":{").last ?? ""
    return member.components(separatedBy: "\"\(name)\":\"").dropFirst().first?.components(separatedBy: "\"")
      .first
      ?? "(none)"
  }
}
