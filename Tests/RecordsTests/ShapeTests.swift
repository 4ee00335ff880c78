import Records
import Testing

@Suite struct ShapeTests {
  // MARK: One response

  @Test(arguments: [
    #"{"messages":[{"role":"user","content":"Q"},{"role":"assistant","content":"A"}]}"#,
    #"{"messages":[{"content":[{"type":"text","text":"Q"}],"role":"human"},{"role":"model","content":"A","tool_calls":null}]}"#,
    #"{"conversations":[{"from":"human","value":"Q"},{"from":"gpt","value":"A","weight":1}]}"#,
    #"{"conversations":[{"from":"user","value":"Q"},{"from":"chatgpt","value":"A"}],"system":""}"#,
    #"{"prompt":"Q","response":"A"}"#, #"{"prompt":"Q","completion":"A"}"#,
    #"{"response":"A","prompt":"Q"}"#,
    #"{"prompt":[{"role":"user","content":"Q"}],"completion":[{"role":"assistant","content":"A"}]}"#,
    #"{"prompt":"Q","completion":[{"role":"assistant","content":"A"}]}"#,
    #"{"prompt":[{"role":"user","content":"Q"}],"response":"A"}"#,
    #"{"instruction":"Q","output":"A"}"#, #"{"instruction":"Q","input":"","output":"A"}"#,
    #"{"instruction":"Q","input":null,"response":"A","messages":null,"completions":[]}"#,
    #"{"messages":[{"role":"user","content":"Q"}],"response":"A"}"#,
    #"{"input":"Q","response":"A"}"#,
    #"{"\u0070rompt":"\u0051","response":"A","answers":["gold"]}"#,
    #"{"messages":[{"role":"user","content":"Q"},{"role":"assistant","content":"A"},{"role":"user","content":"thanks"}]}"#,
  ])
  func readsOneResponse(_ record: String) throws {
    #expect(try read(record) == [Read(record: record, context: ["user: Q"], response: "A")])
  }

  @Test(arguments: [
    #"{"question":"Q","answer":"A"}"#, #"{"query":"Q","response":"A","type":"x"}"#,
    #"{"system_prompt":"","question":"Q","response":"A"}"#,
    #"{"instruction":"Q","context":"","response":"A"}"#,
    #"{"conversation":[{"role":"user","content":"Q"},{"role":"assistant","content":"A"}]}"#,
    #"{"prompt":"\n\nHuman: Q \n\nAssistant:","response":"A"}"#,
    #"{"system":null,"system_prompt":3,"prompt":"Q","response":"A"}"#,
    #"{"conversations":[{"from":"human","value":"Q","weight":0},{"from":"gpt","value":"A","weight":null},{"from":"gpt","value":"B","weight":0.0}]}"#,
  ])
  func readsOneResponseOfOtherNames(_ record: String) throws {
    #expect(try read(record) == [Read(record: record, context: ["user: Q"], response: "A")])
  }

  @Test(arguments: [
    #"{"system":"S","prompt":"Q","response":"A"}"#, #"{"system_prompt":"S","question":"Q","response":"A"}"#,
    #"{"system":"S","conversations":[{"from":"human","value":"Q"},{"from":"gpt","value":"A"}]}"#,
    #"{"system":"T","messages":[{"role":"system","content":"S"},{"role":"user","content":"Q"},{"role":"assistant","content":"A"}]}"#,
  ])
  func readsTheSystemMessageBesideAConversation(_ record: String) throws {
    #expect(try read(record) == [Read(record: record, context: ["system: S", "user: Q"], response: "A")])
  }

  @Test func readsTranscripts() throws {
    let prompt = #"\n\nHuman: Q1\nmore \n\nAssistant: A1\n\nHuman:Q2\n\nAssistant: "#
    let context = ["user: Q1\nmore", "assistant: A1", "user: Q2"]
    let record = #"{"prompt":"\#(prompt)","response":"A"}"#
    #expect(try read(record) == [Read(record: record, context: context, response: "A")])
    // Not transcripts: one that ends otherwise, and one that begins otherwise.
    for text in [#"\n\nHuman: Q\n\nAssistant: A"#, #"Human: Q\n\nAssistant:"#, #"\n\nHuman: Q"#] {
      let plain = text.replacing(#"\n"#, with: "\n")
      #expect(try read(#"{"prompt":"\#(text)","response":"A"}"#).first?.context == ["user: \(plain)"])
    }
  }

  @Test(
    arguments: [
      // What both begin with, what follows, and the context. Strings as they are spelled.
      (#"\n\nHuman: Q\n\nAssistant: "#, "Yes", "Yesterday", ["user: Q"]),
      (#"\n\nHuman: Q\n\nAssistant:"#, "A", "B", ["user: Q"]),
      (#"\n\nHuman: Q\n\nAssistant: "#, #"A\n\nHuman: R"#, "A", ["user: Q"]),
      ("Q is so. ", "Answers", "Answer", ["user: Q is so. "]), (#"Q?\n"#, "A b", "Ab", ["user: Q?\n"]),
      (#"Q\\n\t"#, #"\u00e9"#, #"\u00e8"#, ["user: Q\\n\t"]), ("é ", "é", "è", ["user: é "]),
    ] as [(String, String, String, [String])])
  func findsThePromptThatAPairShares(
    _ shared: String, _ chosen: String, _ rejected: String, _ context: [String]
  )
    throws
  {
    let pair = try read(#"{"id":1,"chosen":"\#(shared)\#(chosen)","rejected":"\#(shared)\#(rejected)"}"#)
    #expect(
      pair.map(\.record) == [chosen, rejected].map { #"{"id":1,"prompt":"\#(shared)","response":"\#($0)"}"# })
    #expect(pair.map(\.context) == [context, context])
    #expect(pair.map(\.from) == ["chosen", "rejected"])
  }

  @Test func aPairThatSharesNothingHasNoPrompt() {
    #expect(error(#"{"chosen":"Yes","rejected":"Yesterday"}"#) == .noPrompt(members: ["response"]))
  }

  @Test func readsThePromptOfAPairByItsName() throws {
    for prompt in [#""question":"Q""#, #""trajectory":[{"from":"user","value":"Q"}]"#, #""instruction":"Q""#]
    {
      let pair = try read(#"{\#(prompt),"chosen":"The A","rejected":"The B"}"#)
      #expect(pair.map(\.context) == [["user: Q"], ["user: Q"]])
      #expect(pair.map(\.response) == ["The A", "The B"])
    }
  }

  @Test func anAnswerBesideCandidatesIsNone() throws {
    #expect(
      try read(#"{"question":"Q","answer":"gold","responses":["A","B"]}"#).map(\.response) == ["A", "B"])
  }

  @Test func readsWholeConversations() throws {
    let record = #"""
      {"messages":[{"role":"system","content":"S"},{"role":"user","content":"Q1"},{"role":"assistant","content":null},
      {"role":"tool","content":"T"},{"role":"assistant","content":"A1"},{"role":"user","content":"Q2"},
      {"role":"assistant","content":"A2"}]}
      """#
    let expected = ["system: S", "user: Q1", "assistant: ", "tool: T", "assistant: A1", "user: Q2"]
    #expect(try read(record) == [Read(record: record, context: expected, response: "A2")])
    let alone = #"{"messages":[{"role":"assistant","content":"A"}]}"#
    #expect(try read(alone) == [Read(record: alone, context: [], response: "A")])
  }

  @Test func joinsInstructionAndInput() throws {
    let record = #"{"instruction":"Add.","input":"1 2","output":"3"}"#
    #expect(try read(record) == [Read(record: record, context: ["user: Add.\n1 2"], response: "3")])
    var candidate = Candidate()
    try withJSON(record) { value in
      guard case .response(let parts) = try RecordMapping().content(of: value) else {
        Issue.record("not one response")
        return
      }
      try candidate.read(parts, of: value)
    }
    let message = try #require(candidate.context.first)
    let inputStart = try #require(message.inputStart)
    #expect(String(decoding: candidate.text(inputStart..<message.content.upperBound), as: UTF8.self) == "1 2")
  }

  // MARK: Several candidates

  @Test func expandsUltraFeedback() throws {
    let record = #"""
      {"source":"flan", "instruction":"Q","models":["a", "b"],"completions":[{"model":"a","response":"A","rating":"4", "annotations":{"x": 1.0}},{"response":"B","model":"b"}], "n" : 1.50}
      """#
    #expect(
      try read(record) == [
        Read(
          record:
            #"{"source":"flan","instruction":"Q","models":["a", "b"],"response":"A","model":"a","rating":"4","annotations":{"x": 1.0},"n" : 1.50}"#,
          context: ["user: Q"], response: "A", from: "completions[0]"),
        Read(
          record:
            #"{"source":"flan","instruction":"Q","models":["a", "b"],"response":"B","model":"b","n" : 1.50}"#,
          context: ["user: Q"], response: "B", from: "completions[1]"),
      ])
  }

  @Test func expandsNectar() throws {
    let record =
      #"{"prompt":"Q","answers":[{"answer":"A","model":"m","rank":1.0},{"answer":"B","model":"n","rank":2.0}],"turns":1}"#
    #expect(
      try read(record).map(\.record) == [
        #"{"prompt":"Q","response":"A","model":"m","rank":1.0,"turns":1}"#,
        #"{"prompt":"Q","response":"B","model":"n","rank":2.0,"turns":1}"#,
      ])
  }

  @Test func expandsListsOfTexts() throws {
    let generations = try read(#"{"generations":["A","\u0042"],"input":"Q"}"#)
    #expect(
      generations.map(\.record) == [#"{"response":"A","input":"Q"}"#, #"{"response":"\u0042","input":"Q"}"#])
    #expect(generations.map(\.response) == ["A", "B"])
    #expect(generations.map(\.from) == ["generations[0]", "generations[1]"])
    let responses = try read(#"{"messages":[{"role":"user","content":"Q"}],"responses":["A"]}"#)
    #expect(responses.map(\.context) == [["user: Q"]])
    #expect(responses.map(\.record) == [#"{"messages":[{"role":"user","content":"Q"}],"response":"A"}"#])
  }

  @Test func expandsPairs() throws {
    let texts = try read(#"{"id":1,"prompt":"Q","chosen":"A","rejected":"B","score_chosen":8.50}"#)
    #expect(
      texts == [
        Read(
          record: #"{"id":1,"prompt":"Q","response":"A","score_chosen":8.50}"#, context: ["user: Q"],
          response: "A", from: "chosen"),
        Read(
          record: #"{"id":1,"prompt":"Q","response":"B","score_chosen":8.50}"#, context: ["user: Q"],
          response: "B", from: "rejected"),
      ])
    let a = #"[{"role":"user","content":"Q"}, {"role":"assistant","content":"A"}]"#
    let b = #"[{"role":"user","content":"Q"}, {"role":"assistant","content":"B"}]"#
    let conversations = try read(#"{"prompt":"Q","chosen":\#(a),"rejected":\#(b),"messages":\#(a)}"#)
    #expect(
      conversations == [
        Read(
          record: #"{"prompt":"Q","messages":\#(a)}"#, context: ["user: Q"], response: "A", from: "chosen"),
        Read(
          record: #"{"prompt":"Q","messages":\#(b)}"#, context: ["user: Q"], response: "B", from: "rejected"),
      ])
    let turns = try read(
      #"{"prompt":[{"role":"system","content":"S"},{"role":"user","content":"Q"}],"chosen":[{"role":"assistant","content":"A"}],"rejected":[{"role":"assistant","content":"B"}]}"#
    )
    #expect(turns.map(\.context) == [["system: S", "user: Q"], ["system: S", "user: Q"]])
    #expect(turns.map(\.response) == ["A", "B"])
    let besideMessages = try read(#"{"prompt":"Q","chosen":"A","rejected":"B","messages":\#(a)}"#)
    #expect(
      besideMessages.map(\.record) == [#"{"prompt":"Q","response":"A"}"#, #"{"prompt":"Q","response":"B"}"#])
  }

  /// What a candidate says of itself goes before what the record says under the same name.
  @Test func aCandidatesOwnMembersCount() throws {
    let record =
      #"{"instruction":"Q","id":7,"completions":[{"text":"A","id":1,"response":null},{"text":"B"}]}"#
    #expect(
      try read(record).map(\.record) == [
        #"{"instruction":"Q","response":"A","id":1}"#, #"{"instruction":"Q","id":7,"response":"B"}"#,
      ])
  }

  // MARK: Paths and forced shapes

  @Test func readsByPaths() throws {
    let record = #"{"data":{"q":"Q","a":["x",{"text":"A"}]},"prompt":"P","response":"R"}"#
    let mapping = RecordMapping(prompt: try JSONPath("data.q"), response: try JSONPath("data.a[1].text"))
    #expect(try read(record, mapping) == [Read(record: record, context: ["user: Q"], response: "A")])
    let promptOnly = RecordMapping(prompt: try JSONPath("data.q"))
    #expect(try read(record, promptOnly) == [Read(record: record, context: ["user: Q"], response: "R")])
    let responseOnly = RecordMapping(response: try JSONPath("data.a[0]"))
    #expect(try read(record, responseOnly) == [Read(record: record, context: ["user: P"], response: "x")])
  }

  @Test func expandsByPaths() throws {
    let record =
      #"{"question":"Q","choices":[{"message":{"content":"A"},"index":0},{"message":{"content":"B"},"index":1}]}"#
    let mapping = RecordMapping(
      prompt: try JSONPath("question"), response: try JSONPath("message.content"),
      candidates: try JSONPath("choices"))
    #expect(
      try read(record, mapping) == [
        Read(
          record: #"{"question":"Q","response":"A","message":{"content":"A"},"index":0}"#,
          context: ["user: Q"],
          response: "A", from: "choices[0]"),
        Read(
          record: #"{"question":"Q","response":"B","message":{"content":"B"},"index":1}"#,
          context: ["user: Q"],
          response: "B", from: "choices[1]"),
      ])
    let nested = RecordMapping(candidates: try JSONPath("data.samples"))
    #expect(
      try read(#"{"prompt":"Q","data":{"samples":["A"]},"k":1}"#, nested) == [
        Read(
          record: #"{"prompt":"Q","data":{"samples":["A"]},"k":1,"response":"A"}"#, context: ["user: Q"],
          response: "A",
          from: "data.samples[0]")
      ])
  }

  @Test func aForcedShapeIsTheOnlyOne() throws {
    let record =
      #"{"messages":[{"role":"user","content":"Q"},{"role":"assistant","content":"A"}],"prompt":"P","response":"R","answers":["X"],"chosen":"C","rejected":"D"}"#
    func responses(_ shape: Shape) throws -> [String] {
      try read(record, RecordMapping(shape: shape)).map(\.response)
    }
    #expect(try responses(.messages) == ["A"])
    #expect(try responses(.prompt) == ["R"])
    #expect(try responses(.answers) == ["X"])
    #expect(try responses(.preference) == ["C", "D"])
    for shape in [Shape.conversations, .instruction, .completions, .generations, .responses] {
      #expect(throws: ShapeError.self) { try responses(shape) }
    }
  }

  // MARK: Bad records

  @Test(
    arguments: [
      ("[]", .recordIsNoObject), (#""x""#, .recordIsNoObject),
      ("{}", .unrecognised(members: [])), (#"{"id":1,"text":"x"}"#, .unrecognised(members: ["id", "text"])),
      (#"{"response":"A","id":1}"#, .noPrompt(members: ["response", "id"])),
      (#"{"messages":[],"id":1}"#, .unrecognised(members: ["messages", "id"])),
      (#"{"prompt":"Q","response":""}"#, .emptyResponse),
      (#"{"messages":[{"role":"user","content":"Q"},{"role":"assistant","content":null}]}"#, .emptyResponse),
      (#"{"prompt":"Q","response":5}"#, .notText("response")),
      (#"{"prompt":{},"response":"A"}"#, .notText("prompt")),
      (#"{"instruction":"Q","input":3,"output":"A"}"#, .notText("input")),
      (#"{"messages":[{"role":"user","content":"Q"}]}"#, .noAssistantTurn("messages")),
      (
        #"{"messages":[{"role":"user","content":"Q"},{"role":"assistent","content":"A"}]}"#,
        .unknownRole("messages[1]", role: "assistent")
      ),
      (#"{"messages":[{"role":"user"},{"role":"assistant","content":"A"}]}"#, .notMessages("messages[0]")),
      (#"{"messages":["Q",{"role":"assistant","content":"A"}]}"#, .notMessages("messages[0]")),
      (
        #"{"messages":[{"role":"user","content":[{"type":"image","url":"u"}]},{"role":"assistant","content":"A"}]}"#,
        .notText("messages[0].content")
      ),
      (
        #"{"conversations":[{"from":"human","value":7},{"from":"gpt","value":"A"}]}"#,
        .notText("conversations[0].content")
      ),
      (#"{"instruction":"Q","completions":["A",7]}"#, .noResponse),
      (
        #"{"instruction":"Q","completions":[{"response":"A"},{"model":"m"}]}"#,
        .noResponse
      ),
      (#"{"completions":["A"]}"#, .noPrompt(members: ["response"])),
      (#"{"prompt":"Q","chosen":"","rejected":"B"}"#, .emptyResponse),
    ] as [(String, ShapeError)])
  func badRecords(_ record: String, _ expected: ShapeError) {
    #expect(error(record) == expected)
  }

  @Test func pathsThatLeadNowhere() throws {
    let record = #"{"prompt":"Q","response":"A","n":1}"#
    #expect(error(record, RecordMapping(prompt: try JSONPath("q"))) == .missing("q"))
    #expect(error(record, RecordMapping(response: try JSONPath("a.b"))) == .missing("a.b"))
    #expect(error(record, RecordMapping(candidates: try JSONPath("c"))) == .missing("c"))
    #expect(error(record, RecordMapping(candidates: try JSONPath("n"))) == .noCandidates("n"))
    #expect(
      error(record, RecordMapping(shape: .messages))?.description
        == "not in the shape 'messages'; the members are prompt, response, n")
  }

  // MARK: Context keys

  private func key(_ record: String, fields: [JSONPath] = []) throws -> UInt64 {
    var candidate = Candidate()
    return try withJSON(record) { value in
      guard case .response(let parts) = try RecordMapping().content(of: value) else { return 0 }
      try candidate.read(parts, of: value, fields: fields)
      return candidate.contextKey
    }
  }

  @Test func contextKeysDependOnMessagesOnly() throws {
    let same = [
      #"{"prompt":"Qé","response":"A"}"#, #"{"id":9,"prompt" : "Q\u00e9","completion":"other"}"#,
      #"{"messages":[{"role":"user","content":"Qé"},{"role":"assistant","content":"A"}]}"#,
      #"{"conversations":[{"from":"human","value":"Qé"},{"from":"gpt","value":"B"}]}"#,
      #"{"instruction":"Qé","input":"","output":"A"}"#,
    ]
    #expect(Set(try same.map { try key($0) }).count == 1)
    let different = [
      same[0], #"{"prompt":"Qe","response":"A"}"#, #"{"prompt":"Qé ","response":"A"}"#,
      #"{"prompt":"","response":"A"}"#,
      #"{"messages":[{"role":"system","content":"Qé"},{"role":"assistant","content":"A"}]}"#,
      #"{"messages":[{"role":"user","content":"Q"},{"role":"user","content":"é"},{"role":"assistant","content":"A"}]}"#,
      #"{"messages":[{"role":"user","content":"Qé"},{"role":"user","content":""},{"role":"assistant","content":"A"}]}"#,
      #"{"messages":[{"role":"assistant","content":"A"}]}"#,
    ]
    #expect(Set(try different.map { try key($0) }).count == different.count)
  }

  @Test func contextKeysDependOnFurtherFields() throws {
    let paths = [try JSONPath("passage"), try JSONPath("n")]
    func record(_ passage: String, _ n: String) -> String {
      #"{"prompt":"Q","response":"A","passage":"\#(passage)","n":\#(n)}"#
    }
    let keys = try [record("x", "1"), record("y", "1"), record("x", "2"), record("x1", "\"\"")].map {
      try key($0, fields: paths)
    }
    #expect(Set(keys + [try key(record("x", "1"))]).count == 5)
    #expect(throws: ShapeError.missing("n")) {
      try key(#"{"prompt":"Q","response":"A","passage":"x"}"#, fields: paths)
    }
    #expect(throws: ShapeError.notScalar("n")) { try key(record("x", "[]"), fields: paths) }
  }

  /// The key is part of files that people keep: it must not change.
  @Test func contextKeysStay() throws {
    // XXH64 of 01, the length 1 in eight bytes, "Q", by the xxhash package for Python.
    #expect(try key(#"{"prompt":"Q","response":"A"}"#) == 0xC110_0F25_84CE_EE57)
  }
}
