import Records
import Testing

/// Records as public data sets have them, under names of their own for prompts, responses and candidates.
@Suite struct DataSetTests {
  // MARK: One response

  @Test(arguments: [
    // OpenMathInstruct-1 and -2, NuminaMath, MATH, Magicoder, KodCode
    #"{"question":"Q","generated_solution":"A","expected_answer":"7","predicted_answer":"7","is_correct":true}"#,
    #"{"problem":"Q","generated_solution":"A","expected_answer":"7","problem_source":"math"}"#,
    #"{"problem":"Q","solution":"A","answer":"7","solution_is_valid":"Yes","synthetic":false}"#,
    #"{"problem":"Q","level":"Level 2","type":"Algebra","solution":"A"}"#,
    #"{"lang":"python","raw_index":1,"seed":"def","openai_fingerprint":"f","problem":"Q","solution":"A"}"#,
    #"{"style":"x","question":"Q","solution":"A","test_code":"t","test_info":[]}"#,
    #"{"problem":"Q","solution":"A","generations":null,"attempt":"","cot":null,"completion_count":3}"#,
    // FLAN, P3, Firefly
    #"{"inputs":"Q","targets":"A","_task_name":"t"}"#,
    #"{"inputs":[1,2],"inputs_pretokenized":"Q","targets":[3],"targets_pretokenized":"A"}"#,
    #"{"kind":"NLI","input":"Q","target":"A"}"#,
    // CodeFeedback, distilabel, CAMEL, HelpSteer3
    #"{"query":"Q","answer":"A","resource":"r"}"#, #"{"instruction":"Q","generation":"A","model_name":"m"}"#,
    #"{"question":"Q","generation":"A","answer":"7","solution":"S"}"#,
    #"{"role_1":"r","topic;":"t","message_1":"Q","message_2":"A","message_3":null}"#,
    #"{"context":[{"role":"user","content":"Q"}],"response":"A","feedback":["f"]}"#,
    // LIMA, Capybara
    #"{"conversations":["Q","A"],"source":"s"}"#, #"{"conversation":[{"input":"Q","output":"A"}]}"#,
    #"{"conversations":["Q","A","thanks"]}"#, #"{"messages":["Q","A"]}"#,
    // Names of roles
    #"{"messages":[{"role":"User","content":"Q"},{"role":"ASSISTANT","content":"A"}]}"#,
    #"{"conversations":[{"from":"Human","value":"Q"},{"from":"Chatbot","value":"A"}]}"#,
  ])
  func readsOneResponse(_ record: String) throws {
    #expect(try read(record) == [Read(record: record, context: ["user: Q"], response: "A")])
  }

  @Test(
    arguments: [
      (
        #"{"conversations":["Q","A","R","B"],"system":"S"}"#,
        ["system: S", "user: Q", "assistant: A", "user: R"],
        "B"
      ),
      (
        #"{"conversation":[{"output":"A","input":"Q"},{"input":"R","output":"B"}]}"#,
        ["user: Q", "assistant: A", "user: R"], "B"
      ),
      (
        #"{"conversations":[{"from":"human","value":"Q"},{"from":"function-call","value":"f"},{"from":"function-response","value":"r"},{"from":"gpt","value":"A"}]}"#,
        ["user: Q", "assistant: f", "tool: r"], "A"
      ),
      // Natural instructions
      (#"{"definition":"D","inputs":"Q","targets":"A"}"#, ["user: D\nQ"], "A"),
    ] as [(String, [String], String)])
  func readsAContextOfSeveralParts(_ record: String, _ context: [String], _ response: String) throws {
    #expect(try read(record) == [Read(record: record, context: context, response: response)])
  }

  // MARK: What belongs to the prompt

  @Test(
    arguments: [
      // LIMO: the answer is what the solution comes to.
      (#"{"question":"Q","solution":"A","answer":"7"}"#, ["user: Q"]),
      // sql-create-context
      (#"{"question":"Q","context":"C","answer":"A"}"#, ["user: Q\nC"]),
      (#"{"question":"Q","context":{"c":1},"answer":"A"}"#, ["user: Q"]),
      // python_code_instructions: the prompt is the whole text.
      (#"{"instruction":"Q","input":"","output":"A","prompt":"Do this: Q\nOutput: A"}"#, ["user: Q"]),
      (#"{"instruction":"Q","output":"A","prompt":"Do this: Q"}"#, ["user: Do this: Q"]),
      (#"{"instruction":"Q","output":"A","prompt":"Is it A"}"#, ["user: Is it A"]),
      (#"{"prompt":"Is it A","output":"A"}"#, ["user: Is it A"]),
      // Exchanges before the prompt
      (
        #"{"instruction":"R","input":"","output":"A","history":[["Q","B"],["S","C"]],"system":"T"}"#,
        ["system: T", "user: Q", "assistant: B", "user: S", "assistant: C", "user: R"]
      ),
      (
        #"{"query":"R","response":"A","history":[["Q","B"]]}"#, ["user: Q", "assistant: B", "user: R"]
      ),
      (#"{"prompt":"R","response":"A","history":[]}"#, ["user: R"]),
      (#"{"prompt":"R","response":"A","history":[["Q"]]}"#, ["user: R"]),
      (#"{"prompt":"R","response":"A","history":["Q","B"]}"#, ["user: R"]),
      (#"{"prompt":"R","response":"A","history":"Q"}"#, ["user: R"]),
    ] as [(String, [String])])
  func readsAllThatBelongsToThePrompt(_ record: String, _ context: [String]) throws {
    #expect(try read(record) == [Read(record: record, context: context, response: "A")])
  }

  @Test func allCandidatesHaveOnePrompt() throws {
    let found = try read(#"{"instruction":"Q","prompt":"Q: A","responses":["A","B"]}"#)
    #expect(found.map(\.context) == [["user: Q: A"], ["user: Q: A"]])
  }

  // MARK: Candidates

  @Test(
    arguments: [
      // SafeRLHF: what is said of one of them stays.
      (
        #"{"prompt":"Q","response_0":"A","response_1":"B","response_0_source":"x","is_response_1_safe":false,"better_response_id": 0}"#,
        #"{"prompt":"Q","response":"?","response_0_source":"x","is_response_1_safe":false,"better_response_id": 0}"#,
        ["response_0", "response_1"]
      ),
      // HelpSteer2 and 3, stack-exchange-paired, SHP, AlpacaFarm, distilabel
      (
        #"{"preference_strength":-1,"prompt":"Q","response_1":"A","response_2":"B"}"#,
        #"{"preference_strength":-1,"prompt":"Q","response":"?"}"#, ["response_1", "response_2"]
      ),
      (
        #"{"context":[{"role":"user","content":"Q"}],"response1":"A","response2":"B","overall_preference":-2}"#,
        #"{"context":[{"role":"user","content":"Q"}],"response":"?","overall_preference":-2}"#,
        ["response1", "response2"]
      ),
      (
        #"{"question":"Q","response_j":"A","response_k":"B"}"#, #"{"question":"Q","response":"?"}"#,
        ["response_j", "response_k"]
      ),
      (
        #"{"history":"Q","score_A":2,"human_ref_A":"A","human_ref_B":"B","labels":0}"#,
        #"{"history":"Q","score_A":2,"response":"?","labels":0}"#, ["human_ref_A", "human_ref_B"]
      ),
      (
        #"{"instruction":"Q","input":"","output_1":"A","output_2":"B","preference":1}"#,
        #"{"instruction":"Q","input":"","response":"?","preference":1}"#, ["output_1", "output_2"]
      ),
      (
        #"{"instruction":"Q","chosen_response":"A","chosen_rating":8.0,"rejected_response":"B"}"#,
        #"{"instruction":"Q","response":"?","chosen_rating":8.0}"#, ["chosen_response", "rejected_response"]
      ),
      // The candidates need not be neighbours, nor texts, and the gold answer is none.
      (
        #"{"completion_2":"A","question":"Q","completion_10":[{"role":"assistant","content":"B"}],"answer":"7"}"#,
        #"{"response":"?","question":"Q","answer":"7"}"#, ["completion_2", "completion_10"]
      ),
      (
        #"{"prompt":"Q","response_a":"A","response_b":null,"response_c":3,"response_d":"B"}"#,
        #"{"prompt":"Q","response":"?","response_b":null,"response_c":3}"#, ["response_a", "response_d"]
      ),
    ] as [(String, String, [String])])
  func readsCandidatesInMembersOfTheirOwn(_ record: String, _ each: String, _ names: [String]) throws {
    let candidates = try read(record)
    #expect(candidates.map(\.from) == names)
    #expect(candidates.map(\.context) == [["user: Q"], ["user: Q"]])
    #expect(candidates.map(\.response) == ["A", "B"])
    for candidate in candidates {
      #expect(
        candidate.record.replacing(#"[{"role":"assistant","content":"B"}]"#, with: #""B""#)
          == each.replacing("?", with: candidate.response))
    }
  }

  @Test func readsTheTwoConversationsOfAnArena() throws {
    let a = #"[{"role":"user","content":"Q"}, {"role":"assistant","content":"A"}]"#
    let b = #"[{"role":"user","content":[{"type":"text","text":"Q"}]},{"role":"assistant","content":"B"}]"#
    let record = #"{"model_a":"x","winner":"tie","conversation_a":\#(a),"conversation_b":\#(b),"turn":1}"#
    #expect(
      try read(record) == [
        Read(
          record: #"{"model_a":"x","winner":"tie","messages":\#(a),"turn":1}"#, context: ["user: Q"],
          response: "A", from: "conversation_a"),
        Read(
          record: #"{"model_a":"x","winner":"tie","messages":\#(b),"turn":1}"#, context: ["user: Q"],
          response: "B", from: "conversation_b"),
      ])
  }

  @Test func labelsAreNoCandidates() throws {
    let record =
      #"{"prompt":"Q","response_a":"A","response_b":"B","chosen":"response_b","rejected":"response_a"}"#
    #expect(try read(record).map(\.response) == ["A", "B"])
    let texts = #"{"prompt":"Q","chosen":"prompt","rejected":"B"}"#
    #expect(try read(texts).map(\.response) == ["prompt", "B"])
  }

  /// Compared with each other, the members of the first would be 10^10 pairs, those of the second 10^9 triples.
  @Test(.timeLimit(.minutes(1))) func manyMembersTakeLittleTime() throws {
    let own = (0..<100_000).map { #""o\#($0)":1"# }.joined(separator: ",")
    let others = (0..<100_000).map { #""m\#($0)":2"# }.joined(separator: ",")
    let list = try read(#"{"prompt":"Q","completions":[{"response":"A",\#(own)}],\#(others)}"#)
    #expect(list.map(\.record) == [#"{"prompt":"Q","response":"A",\#(own),\#(others)}"#])
    let candidates = (0..<1_000).map { #""response_\#($0)":"A""# }.joined(separator: ",")
    let few = (0..<1_000).map { #""m\#($0)":2"# }.joined(separator: ",")
    let numbered = try read(#"{"prompt":"Q",\#(candidates),\#(few)}"#)
    #expect(Set(numbered.map(\.record)) == [#"{"prompt":"Q","response":"A",\#(few)}"#])
    #expect(numbered.count == 1_000)
  }

  @Test func referencesCalledLikeResponsesStay() throws {
    let record = #"{"prompt":"Q","answer":"7","model":"x","answers":[{"answer":"A","model":"y"}]}"#
    #expect(
      try read(record).map(\.record) == [#"{"prompt":"Q","answer":"7","response":"A","model":"y"}"#])
  }

  @Test func aConversationCountsBeforeASolution() throws {
    let turns = ["user", "assistant", "user"].map { #"{"role":"\#($0)","content":"\#($0)"}"# }
    let record = #"{"problem":"Q","solution":"S","messages":[\#(turns.joined(separator: ","))]}"#
    #expect(
      try read(record) == [
        Read(record: record, context: ["user: user"], response: "assistant", from: nil)
      ])
  }

  @Test func theLastOfEquallyNamedCandidatesCounts() throws {
    let record = #"{"prompt":"Q","response_1":"X","response_1":"A","response_2":"B"}"#
    #expect(try read(record).map(\.response) == ["A", "B"])
  }

  @Test func readsListsBesideAProblem() throws {
    let record =
      #"{"problem":"Q","solution":"S","answer":"7","generations":["A","B"],"correct":[true,false]}"#
    #expect(
      try read(record)
        == ["A", "B"].enumerated().map { index, response in
          Read(
            record:
              #"{"problem":"Q","solution":"S","answer":"7","response":"\#(response)","correct":[true,false]}"#,
            context: ["user: Q"], response: response, from: "generations[\(index)]")
        })
  }

  // MARK: What is not guessed

  @Test(
    arguments: [
      // A solution beside what models have written: s1K, OpenCodeReasoning-2, R1-Distill-SFT, OpenR1-Math
      (
        #"{"solution":"S","question":"Q","thinking_trajectories":["t"],"attempt":"A"}"#,
        .ambiguousResponse(["solution", "thinking_trajectories", "attempt"])
      ),
      (
        #"{"question":"-","r1_generation":"A","solution":"S"}"#,
        .ambiguousResponse(["solution", "r1_generation"])
      ),
      (
        #"{"problem":"Q","solution":"S","reannotated_messages":[],"Complex_CoT":"t"}"#,
        .ambiguousResponse(["solution", "reannotated_messages", "Complex_CoT"])
      ),
      (#"{"problem":"Q","solution":"S","generations":[]}"#, .ambiguousResponse(["solution", "generations"])),
      (#"{"problem":"Q","solution":"S","solution_1":"A"}"#, .ambiguousResponse(["solution", "solution_1"])),
      (#"{"question":"Q","answer":"7","solution":"S","cot":"t"}"#, .ambiguousResponse(["solution", "cot"])),
      (#"{"query":"Q","answer":"7","solution":"S"}"#, .ambiguousResponse(["answer", "solution"])),
      // Two sets, and turns
      (
        #"{"prompt":"Q","response_1":"A","response_2":"B","output_1":"C","output_2":"D"}"#,
        .ambiguousResponse(["response_1", "output_1"])
      ),
      (
        #"{"prompt":"Q","prompt_2":"R","response_1":"A","response_2":"B"}"#,
        .turnOrCandidate("response_1", beside: "prompt_2")
      ),
      // Arena records of 55k, AgentInstruct
      (
        #"{"prompt":"[\"Q\"]","response_a":"[\"A\"]","response_b":"[\"B\",null]"}"#,
        .listInString("prompt")
      ),
      (#"{"messages":"[{\"role\":\"user\"}]"}"#, .listInString("messages")),
      // References without a response, choices, messages of more than two
      (#"{"problem":"Q","answer":"7"}"#, .unrecognised(members: ["problem", "answer"])),
      (#"{"problem":"Q","expected_answer":"7"}"#, .unrecognised(members: ["problem", "expected_answer"])),
      (#"{"prompt":"Q","answer":"7"}"#, .unrecognised(members: ["prompt", "answer"])),
      (#"{"input":"Q","solution":"S"}"#, .unrecognised(members: ["input", "solution"])),
      (
        #"{"question":"Q","answer0":"A","answer1":"B"}"#,
        .unrecognised(members: ["question", "answer0", "answer1"])
      ),
      (
        #"{"message_1":"Q","message_2":"A","message_3":"R"}"#,
        .unrecognised(members: ["message_1", "message_2", "message_3"])
      ),
      // One of a pair, and members that are none
      (#"{"prompt":"Q","response_1":"A"}"#, .unrecognised(members: ["prompt", "response_1"])),
      (
        #"{"prompt":"Q","response_1":"A","response_2":null}"#,
        .unrecognised(members: ["prompt", "response_1", "response_2"])
      ),
      (
        #"{"prompt":"Q","response_1":1,"response_2":"B"}"#,
        .unrecognised(members: ["prompt", "response_1", "response_2"])
      ),
      (
        #"{"prompt":"Q","response_a":"A","responseb":"B","response_":"C","_1":"D","":"E","9":"F","response_1234":"G"}"#,
        .unrecognised(members: [
          "prompt", "response_a", "responseb", "response_", "_1", "", "9", "response_1234",
        ])
      ),
      (#"{"prompt":"Q","response_1":"","response_2":"B"}"#, .emptyResponse),
      (#"{"response_1":"A","response_2":"B"}"#, .noPrompt(members: ["response"])),
      (#"{"question":{"full_text":"Q"},"response_1":"A","response_2":"B"}"#, .notText("question")),
      (
        #"{"chosen_response":"A","rejected_response":null}"#,
        .unrecognised(members: ["chosen_response", "rejected_response"])
      ),
      (
        #"{"conversation_a":[{"role":"user","content":"Q"}],"conversation_b":[{"role":"user","content":"Q"}]}"#,
        .noAssistantTurn("messages")
      ),
      // Empty and mistyped
      (#"{"problem":"Q","solution":""}"#, .emptyResponse), (#"{"inputs":"Q","targets":""}"#, .emptyResponse),
      (#"{"inputs":["Q"],"targets":["A"]}"#, .unrecognised(members: ["inputs", "targets"])),
      (#"{"problem":"Q","solution":["A"]}"#, .unrecognised(members: ["problem", "solution"])),
      (#"{"context":["c"],"response":"A"}"#, .noPrompt(members: ["context", "response"])),
      (#"{"conversations":["Q"]}"#, .noAssistantTurn("conversations")),
      (#"{"conversations":["Q",null]}"#, .notMessages("conversations[0]")),
      (#"{"conversations":["Q",""]}"#, .emptyResponse),
      (#"{"conversation":[{"input":"Q"}]}"#, .notMessages("conversation[0]")),
      (#"{"conversation":[{"input":"Q","output":1}]}"#, .notMessages("conversation[0]")),
      (#"{"prompt":"Q","response":["A","B"]}"#, .notMessages("response[0]")),
      (#"{"prompt":"Q","answers":[["A","B"]]}"#, .notMessages("messages[0]")),
      (#"{"id":"0","data":["Q","A"]}"#, .unrecognised(members: ["id", "data"])),
    ] as [(String, ShapeError)])
  func refuses(_ record: String, _ expected: ShapeError) {
    #expect(error(record) == expected)
  }

  // MARK: Forced shapes and paths

  @Test(
    arguments: [
      (.problem, #"{"solution":"A","question":"Q","attempt":"B"}"#),
      (.problem, #"{"problem":"Q","solution":"S","generated_solution":"A","messages":[{"role":"user"}]}"#),
      (.prompt, #"{"question":"Q","answer":"A"}"#), (.prompt, #"{"query":"Q","answer":"A","response":null}"#),
      (.prompt, #"{"prompt":"Q","generation":"A"}"#),
      (.instruction, #"{"instruction":"Q","generation":"A"}"#),
      (.inputs, #"{"inputs":"Q","targets":"A","response":"R","prompt":"P"}"#),
      (.conversations, #"{"id":"0","data":["Q","A"]}"#),
    ] as [(Shape, String)])
  func readsAForcedShape(_ shape: Shape, _ record: String) throws {
    let found = try read(record, RecordMapping(shape: shape)).map(\.response)
    #expect(found == ["A"])
  }

  @Test func aForcedShapeIsNoOther() {
    for (shape, record) in [
      (.prompt, #"{"instruction":"I","input":"Q","output":"A"}"#),
      (.problem, #"{"input":"Q","solution":"A"}"#), (.numbered, #"{"prompt":"Q","response":"A"}"#),
      (.conversations, #"{"data":"Q"}"#), (.inputs, #"{"inputs":"Q"}"#),
    ] as [(Shape, String)] {
      guard case .notInShape(shape, _) = error(record, RecordMapping(shape: shape)) else {
        Issue.record("\(shape.rawValue): \(record)")
        continue
      }
    }
  }

  @Test func readsCandidatesBesideAPromptAtAPath() throws {
    let prompt = try JSONPath("question.full_text")
    let beside = #"{"question":{"full_text":"Q"},"#
    let responses: (String, RecordMapping) throws -> [String] = { rest, mapping in
      let found = try read(beside + rest, mapping)
      #expect(found.allSatisfy { $0.context == ["user: Q"] })
      return found.map(\.response)
    }
    let detected = RecordMapping(prompt: prompt)
    #expect(try responses(#""response_0":"A","response_1":"B"}"#, detected) == ["A", "B"])
    #expect(try responses(#""responses":["A","B"]}"#, detected) == ["A", "B"])
    // The words that both begin with are no prompt when there is one.
    #expect(try responses(#""chosen":"The A","rejected":"The B"}"#, detected) == ["The A", "The B"])
    #expect(try responses(#""generation":"A"}"#, detected) == ["A"])
    let numbered = RecordMapping(shape: .numbered, prompt: prompt)
    #expect(try responses(#""answer_0":"A","answer_1":"B"}"#, numbered) == ["A", "B"])
    #expect(error(beside + #""answer_0":"A"}"#, numbered) != nil)
    #expect(error(beside + #""answer_0":"A","answer_1":"B"}"#, detected) != nil)
  }

  @Test(arguments: [
    #"{"chat":[{"role":"user","content":"Q"},{"role":"assistant","content":"A"}]}"#,
    #"{"chat":[{"role":"user","content":"Q"},{"role":"assistant","content":"A"}],"messages":null}"#,
    #"{"chat":["Q","A"]}"#,
  ])
  func aPathMayLeadToAWholeConversation(_ record: String) throws {
    let mapping = RecordMapping(response: try JSONPath("chat"))
    #expect(try read(record, mapping) == [Read(record: record, context: ["user: Q"], response: "A")])
  }

  @Test func aPathToTheConversationIsNoPromptOfItsOwn() throws {
    let record = #"{"messages":[{"role":"user","content":"Q"},{"role":"assistant","content":"A"}]}"#
    let found = try read(record, RecordMapping(response: try JSONPath("messages")))
    #expect(found == [Read(record: record, context: ["user: Q"], response: "A")])
  }
}
