import Records
import Templates
import Testing

@Suite struct TemplateTests {
  /// The text of a record under a template, with the response between ⟨ and ⟩.
  private func render(_ record: String, _ template: String) throws -> String {
    let template = try Template(template)
    var parser = JSONParser()
    var candidate = Candidate()
    return try Array(record.utf8).withUnsafeBytes { bytes in
      let value = try parser.parse(bytes)
      guard case .response(let parts) = try RecordMapping().content(of: value) else { return "" }
      try candidate.read(parts, of: value, fields: template.fields)
      var text = Array("left over".utf8)
      let response = try template.render(candidate, into: &text)
      return [text[..<response.lowerBound], text[response], text[response.upperBound...]]
        .map { String(decoding: $0, as: UTF8.self) }.enumerated()
        .map { $0.offset == 1 ? "⟨\($0.element)⟩" : $0.element }.joined()
    }
  }

  private let single = #"{"instruction":"Qé","response":"A\nB","id":7,"meta":{"topic":"x"}}"#
  private let alpaca = #"{"instruction":"Add.","input":"1 2","output":"3"}"#
  private let system = #"""
    {"messages":[{"role":"system","content":"S"},{"role":"user","content":"Q"},{"role":"assistant","content":"A"}]}
    """#
  private let long = #"""
    {"messages":[{"role":"system","content":"S"},{"role":"user","content":"Q1"},{"role":"assistant","content":"A1"},
    {"role":"tool","content":"T"},{"role":"user","content":"Q2"},{"role":"assistant","content":"A2"}]}
    """#
  private let alone = #"{"messages":[{"role":"assistant","content":"A"}]}"#

  @Test func questionAnswer() throws {
    #expect(try render(single, "qa") == "Question: Qé\nAnswer: ⟨A\nB⟩")
    #expect(try render(alpaca, "qa") == "Question: Add.\n1 2\nAnswer: ⟨3⟩")
    #expect(try render(alone, "qa") == "Answer: ⟨A⟩")
    #expect(
      try render(long, "qa") == "S\n\nQuestion: Q1\nAnswer: A1\n\nTool: T\nQuestion: Q2\nAnswer: ⟨A2⟩")
  }

  @Test func plain() throws {
    #expect(try render(single, "plain") == "Qé⟨A\nB⟩")
    #expect(try render(long, "plain") == "SQ1A1TQ2⟨A2⟩")
    #expect(try render(alone, "plain") == "⟨A⟩")
  }

  @Test func formatStrings() throws {
    #expect(try render(single, #"Q: {instruction}\nA: {response}"#) == "Q: Qé\nA: ⟨A\nB⟩")
    #expect(try render(single, "{response}") == "⟨A\nB⟩")
    #expect(try render(long, "{response}") == "⟨A2⟩")
    #expect(try render(single, #"{{}}\t\\n{instruction}{response}</s>"#) == "{}\t\\nQé⟨A\nB⟩</s>")
    #expect(try render(single, "{id} {meta.topic}: {response}") == "7 x: ⟨A\nB⟩")
    #expect(try render(alpaca, "{instruction}|{response}") == "Add.\n1 2|⟨3⟩")
    #expect(try render(alpaca, "{instruction}|{input}|{response}") == "Add.|1 2|⟨3⟩")
    #expect(try render(single, "{instruction}|{input}|{response}") == "Qé||⟨A\nB⟩")
    #expect(try render(system, "{system}|{instruction}|{response}") == "S|Q|⟨A⟩")
    #expect(try render(single, "{system}|{instruction}|{response}") == "|Qé|⟨A\nB⟩")
    #expect(try render(alone, "{instruction}|{response}") == "|⟨A⟩")
    #expect(try render(single, "日本語 {instruction} → {response}") == "日本語 Qé → ⟨A\nB⟩")
  }

  @Test func aFormatLeavesNothingOut() {
    #expect(throws: RenderError.systemTurn) { try render(system, "{instruction}{response}") }
    #expect(throws: RenderError.severalTurns(4)) { try render(long, "{system}{instruction}{response}") }
    #expect(throws: ShapeError.missing("topic")) { try render(single, "{topic}{response}") }
  }

  @Test(arguments: [
    "{", "}", "{instruction", "instruction}", "{instruction}", "{response}{response}", "{}{response}",
    "{a..b}{response}",
    #"\x{response}"#, #"{response}\"#,
  ])
  func badFormats(_ format: String) {
    #expect(throws: TemplateError.self) { try Template(format) }
  }

  @Test func names() throws {
    #expect(try Template("qa").name == "qa")
    #expect(try Template("plain").name == "plain")
    // XXH64 of the format's bytes, by the xxhash package for Python.
    #expect(try Template("{instruction}{response}").name == "format@8e16fa01")
    #expect(throws: TemplateError.chat) { try Template("chat") }
    #expect(throws: TemplateError.unknown("alpaca")) { try Template("alpaca") }
  }
}
