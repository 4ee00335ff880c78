/// A record's only response, by the names that data sets give it.
extension JSONValue {
  /// The member with a single response.
  var singleResponse: JSONValue? { present("response") ?? present("completion") ?? present("output") }

  /// The response that a model has generated, under a name that says so.
  var generatedResponse: (value: JSONValue, name: StaticString)? {
    if let text = text("generation") { return (text, "generation") }
    return text("generated_solution").map { ($0, "generated_solution") }
  }

  /// The text of a task's instance and what it asks for, under names that belong together.
  var task: ResponseParts? {
    if let inputs {
      for name in ["targets", "targets_pretokenized"] as [StaticString] {
        if let target = text(name) { return .exchange(inputs, response: target, name: name.description) }
      }
    }
    if let input = text("input"), let target = text("target") {
      return .exchange(Prompt(input, name: "input"), response: target, name: "target")
    }
    // A third message would make it a conversation.
    guard let message = text("message_1"), let reply = text("message_2"), present("message_3") == nil else {
      return nil
    }
    return .exchange(Prompt(message, name: "message_1"), response: reply, name: "message_2")
  }

  /// The `solution` of a problem.
  ///
  /// - Throws: `ShapeError.ambiguousResponse` where it may be what others are checked against.
  func solution() throws(ShapeError) -> ResponseParts? {
    guard let solution = text("solution"), let problem else { return nil }
    try checkIsOnlyResponse("solution")
    return .exchange(problem, response: solution, name: "solution")
  }

  /// The `answer` beside a `question`. Beside candidates it is what they are checked against.
  var answer: ResponseParts? {
    guard let answer = text("answer"), present("question") != nil, let prompt else { return nil }
    return .exchange(prompt, response: answer, name: "answer")
  }

  /// The `answer` beside a `query`.
  ///
  /// - Throws: `ShapeError.ambiguousResponse` as for a solution.
  func answerToQuery() throws(ShapeError) -> ResponseParts? {
    guard let answer = text("answer"), present("query") != nil, let prompt else { return nil }
    try checkIsOnlyResponse("answer")
    return .exchange(prompt, response: answer, name: "answer")
  }

  /// Sees to it that no other member's name says that it is a response.
  private func checkIsOnlyResponse(_ name: StaticString) throws(ShapeError) {
    var names: [String] = []
    for (key, value) in members where !key.equals(name) && value.mayHoldResponse {
      guard let text = key.string, let word = text.lastWord, Self.wordsForResponses.contains(word) else {
        continue
      }
      names.append(text)
    }
    guard names.isEmpty else { throw .ambiguousResponse([name.description] + names) }
  }

  /// Whether this is a text, a list or an object; an empty text is none.
  private var mayHoldResponse: Bool {
    switch kind {
    case .string: !isEmptyString
    case .array, .object: true
    case .null, .false, .true, .number: false
    }
  }

  /// The last words of names for what a model, or a person, has answered.
  private static let wordsForResponses: Set<String> = [
    "answers", "attempt", "attempts", "completion", "completions", "content", "conversation",
    "conversations", "cot", "generation", "generations", "messages", "output", "outputs", "rationale",
    "reasoning", "response", "responses", "solution", "solutions", "thinking", "thought", "thoughts",
    "trajectories", "trajectory",
  ]
}

extension String {
  /// The last word of a name, in small letters; numbers are no words.
  fileprivate var lastWord: String? {
    split { !$0.isLetter && !$0.isNumber }.last { !$0.allSatisfy(\.isNumber) }?.lowercased()
  }
}
