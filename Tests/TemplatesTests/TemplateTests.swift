import Records
import Streams
import Templates
import Testing

@Suite struct TemplateTests {
  /// The text of a record under a template, with the response between ⟨ and ⟩.
  private func render(_ record: String, _ template: String, turns: Template.Turns = .last) throws -> String {
    try render(record, Template(template), turns: turns)
  }

  private func render(_ record: String, _ template: Template, turns: Template.Turns = .last) throws -> String
  {
    var parser = JSONParser()
    var candidate = Candidate()
    return try Array(record.utf8).withUnsafeBytes { bytes in
      let value = try parser.parse(bytes)
      guard case .response(let parts) = try RecordMapping().content(of: value) else { return "" }
      try candidate.read(parts, of: value, fields: template.fields)
      var text = ByteBuffer()
      text.append(literal: "left over")
      var responses: [Range<Int>] = []
      try template.render(candidate, of: value, turns: turns, into: &text, &responses)
      var marked = ""
      var position = 0
      for response in responses {
        marked += String(decoding: text[position..<response.lowerBound], as: UTF8.self)
        marked += "⟨\(String(decoding: text[response], as: UTF8.self))⟩"
        position = response.upperBound
      }
      return marked + String(decoding: text[position..<text.count], as: UTF8.self)
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
    #expect(throws: TemplateError.unknown("unheard")) { try Template("unheard") }
  }

  // MARK: Chat templates

  private func chat(_ source: String) throws -> Template {
    Template(
      try ChatTemplate(Array(source.utf8), specials: ["bos_token": "<s>", "eos_token": "</s>"], name: "it"),
      kind: "file")
  }

  @Test func namedChatTemplates() throws {
    #expect(
      try render(system, "chatml")
        == "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n⟨A⟩<|im_end|>\n"
    )
    #expect(
      try render(system, "llama3")
        == "<|start_header_id|>system<|end_header_id|>\n\nS<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nQ<|eot_id|>"
        + "<|start_header_id|>assistant<|end_header_id|>\n\n⟨A⟩<|eot_id|>")
    let specials = ["eos_token": "</s>"]
    #expect(
      try render(system, Template("tulu", specials: specials))
        == "<|system|>\nS\n<|user|>\nQ\n<|assistant|>\n⟨A⟩</s>")
    #expect(
      try render(system, Template("zephyr", specials: specials))
        == "<|system|>\nS</s>\n<|user|>\nQ</s>\n<|assistant|>\n⟨A⟩</s>\n")
    #expect(try render(system, Template("vicuna", specials: specials)) == "S USER: Q ASSISTANT: ⟨A⟩</s>")
    #expect(
      try render(alpaca, "alpaca").hasSuffix(
        "completes the request.\n\n### Instruction:\nAdd.\n\n### Input:\n1 2\n\n### Response:\n⟨3⟩"))
    #expect(
      try render(single, "alpaca").hasSuffix("### Instruction:\nQé\n\n### Response:\n⟨A\nB⟩"))
  }

  @Test func theResponseIsWhatTheTemplateMakesOfIt() throws {
    let record = #"""
      {"messages":[{"role":"user","content":"A"},{"role":"assistant","content":" <think>A</think>\n\n Ab "}]}
      """#
    func text(_ expression: String) throws -> String {
      try render(record, chat("A{% for m in messages %}[{{ \(expression) }}]{% endfor %}A"))
    }
    #expect(try text("m.content") == "A[A][⟨ <think>A</think>\n\n Ab ⟩]A")
    #expect(try text("m.content | trim") == "A[A][⟨<think>A</think>\n\n Ab⟩]A")
    #expect(try text("m.content.split('</think>')[-1].strip()") == "A[A][⟨Ab⟩]A")
    #expect(
      try text("m.content.split('</think>')[-1].strip() | upper | replace('B', '<A>')") == "A[A][⟨A<A>⟩]A")
    #expect(try text("'A' ~ m.content[-3:-1] ~ 'b'") == "A[Ab][A⟨Ab⟩b]A")
    #expect(try text("m.content | tojson") == #"A["A"]["⟨ <think>A</think>\n\n Ab ⟩"]A"#)
    #expect(try text("('--' ~ m.content ~ '--')[1:-1] | trim('-')") == "A[A][⟨ <think>A</think>\n\n Ab ⟩]A")
    #expect(try text("('--' ~ m.content)[1:]") == "A[-A][-⟨ <think>A</think>\n\n Ab ⟩]A")
    #expect(throws: RenderError.missingResponse) { try text("m.role") }
  }

  @Test func turns() throws {
    let source = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
    #expect(
      try render(long, chat(source), turns: .all)
        == "<system>S<user>Q1<assistant>⟨A1⟩<tool>T<user>Q2<assistant>⟨A2⟩")
    #expect(
      try render(long, "qa", turns: .all)
        == "S\n\nQuestion: Q1\nAnswer: ⟨A1⟩\n\nTool: T\nQuestion: Q2\nAnswer: ⟨A2⟩")
    let weighted = long.replacing(#""content":"A1""#, with: #""content":"A1","weight":0"#)
    #expect(
      try render(weighted, "plain", turns: .all) == "SQ1A1TQ2⟨A2⟩")
    let last = long.replacing(#""content":"A2""#, with: #""content":"A2","weight":0.0"#)
    #expect(try render(last, "plain", turns: .all) == "SQ1⟨A1⟩")
  }

  @Test func generationBlocksSayWhatCounts() throws {
    let source =
      "{% for m in messages %}<{{ m.role }}>{% if m.role == 'assistant' %}{% generation %}{{ m.content }}</s>{% endgeneration %}"
      + "{% else %}{{ m.content }}{% endif %}\n{% endfor %}"
    #expect(
      try render(long, chat(source), turns: .all)
        == "<system>S<user>Q1<assistant>⟨A1</s>⟩<tool>T<user>Q2<assistant>⟨A2</s>⟩")
    #expect(
      try render(long, chat(source))
        == "<system>S<user>Q1<assistant>A1</s><tool>T<user>Q2<assistant>⟨A2</s>⟩")
  }

  /// What is collected for something else, such as a variable, is not the rendered text.
  @Test func generationBlocksInCollectedTextsDoNotCount() throws {
    let source =
      "{% set x %}{% generation %}no{% endgeneration %}{% endset %}"
      + "{% for m in messages %}{{ m.content }}{% endfor %}"
    #expect(try render(long, chat(source)) == "SQ1A1TQ2⟨A2⟩")
  }

  /// Then the response has no place of its own.
  @Test func aGenerationBlockOfTwoMessagesInEqualPartsIsTheEarliers() throws {
    let source =
      "{% for m in messages %}{% if loop.last %}{% generation %}"
      + "{{ m.content }}{{ messages[loop.index0 - 1].content }}{% endgeneration %}"
      + "{% else %}{{ m.content }}{% endif %}{% endfor %}"
    #expect(throws: RenderError.missingResponse) { try render(long, chat(source)) }
  }

  @Test(arguments: [
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% set n = namespace(s='x') %}{% for a in range(99) %}{% set n.s = n.s + n.s %}{% endfor %}{{ n.s }}",
    "{{ 'x' * 9999999999 }}", "{{ [0] * 9999999999 }}", "{{ range(999999999) | list }}",
    "{{ ''.center(9999999999) }}", "{{ 9223372036854775807 + 1 }}", "{{ -9223372036854775807 - 2 }}",
    "{{ 2 ** 9999999999999 }}", "{{ 'a' % 1 }}", "{{ messages[9999999999999].content }}",
    "{{ 'x'[::-9223372036854775807] * 0 }}{{ nothing.at.all }}",
    "{% set l = [] %}{% set x = l.append(l) %}{{ l }}", "{{ (-9223372036854775807 - 1) // -1 }}",
    "{% set s = 'x' * 3000000 %}{% for a in range(99999) %}{% if s.upper() %}{% endif %}{% endfor %}",
    "{{ raise_exception('no') }}", "{{ 1.5 | int / 0 }}", "{{ 'x'.replace('', 'y' * 99999999) * 99 }}",
    "{{ 'x' | indent(9999999999999) }}", "{% set a, b = 1 %}", "{{ '%d' % 'x' }}", "{{ {}['x'].y }}",
  ])
  func hostileTemplatesEnd(_ source: String) throws {
    let template = try chat(source)
    #expect(throws: RenderError.self) { try render(single, template) }
  }

  @Test func deepSourcesAreRefused() {
    for (open, close) in [("(", ")"), ("[", "]"), ("-", ""), ("not ", ""), ("{% if 1 %}", "{% endif %}")] {
      let isBlock = open.hasPrefix("{%")
      let core = String(repeating: open, count: 5000) + "1" + String(repeating: close, count: 5000)
      #expect(throws: TemplateError.self) { try chat(isBlock ? core : "{{ " + core + " }}") }
    }
    #expect(throws: TemplateError.self) { try chat("{{ a" + String(repeating: ".b", count: 5000) + " }}") }
  }
}
