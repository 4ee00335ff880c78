import Foundation
import Records
import Templates
import Testing

/// Templates rendered as transformers renders them: the texts are its own.
@Suite struct ChatTemplateTests {
  @Test func featuresRenderAsInTheReference() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/templates/features.jsonl")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    #expect(lines.count > 70)
    for line in lines {
      var parser = JSONParser()
      try Array(line.utf8).withUnsafeBytes { bytes in
        let record = try parser.parse(bytes)
        let source = try #require(record["template"]?.string)
        let variables = try #require(record["variables"])
        let outcome = Result {
          try ChatTemplate(Array(source.utf8), specials: [:], name: "it").render(variables: variables)
        }
        switch outcome {
        case .success(let text):
          let expected = record["text"]?.string ?? "an error: \(record["error"]?.string ?? "")"
          let actual = String(decoding: text, as: UTF8.self)
          #expect(
            Array(actual.utf8) == Array(expected.utf8),
            "\(source)\n- \(expected)\n+ \(actual)")
        case .failure(let error):
          #expect(
            record["error"] != nil, "\(source)\n- \(record["text"]?.string ?? "")\n+ \(error)")
        }
      }
    }
  }
}
