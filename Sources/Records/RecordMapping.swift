/// Where a record's instruction and response are: detected by its shape, or said by paths.
package struct RecordMapping: Sendable {
  /// The only shape to be read; nil to detect it record by record.
  package let shape: Shape?

  /// Where the prompt is: a string or a list of messages.
  package let prompt: JSONPath?

  /// Where the response is; with `candidates`, where it is in a candidate.
  package let response: JSONPath?

  /// Where the list of candidates is.
  package let candidates: JSONPath?

  package init(
    shape: Shape? = nil, prompt: JSONPath? = nil, response: JSONPath? = nil, candidates: JSONPath? = nil
  ) {
    self.shape = shape
    self.prompt = prompt
    self.response = response
    self.candidates = candidates
  }

  /// What a record holds.
  package enum Content {
    case response(ResponseParts)
    case candidates(CandidateList)
  }

  /// What `record` holds.
  ///
  /// Without a shape or paths, the first that fits of: a pair of `chosen` and `rejected`; a conversation that
  /// ends with an assistant turn; a response beside its prompt; a list of candidates; an answer beside its
  /// question; a conversation with an assistant turn anywhere. A member that is null counts as absent.
  package func content(of record: JSONValue) throws(ShapeError) -> Content {
    guard record.kind == .object else { throw .recordIsNoObject }
    if let candidates {
      guard let list = candidates(record) else { throw .missing(candidates.text) }
      guard list.kind == .array, list.count > 0 else { throw .noCandidates(candidates.text) }
      return .candidates(CandidateList(record, list: list, name: candidates.text, responsePath: response))
    }
    if let response {
      guard let value = response(record) else { throw .missing(response.text) }
      return .response(try exchange(in: record, response: value, name: response.text))
    }
    if prompt != nil {
      guard let response = record.singleResponse else { throw .unrecognised(members: record.memberNames) }
      return .response(try exchange(in: record, response: response, name: "response"))
    }
    guard let shape else { return try detectedContent(of: record) }
    guard let content = record.content(in: shape) else {
      throw .notInShape(shape, members: record.memberNames)
    }
    return content
  }

  private func detectedContent(of record: JSONValue) throws(ShapeError) -> Content {
    if let pair = record.content(in: .preference) { return pair }
    let conversation = record.conversation
    if let conversation, conversation.turns.endsWithAssistantTurn {
      return .response(.conversation(conversation.turns, name: conversation.name))
    }
    if let response = record.singleResponse {
      return .response(try exchange(in: record, response: response, name: "response"))
    }
    for shape in [Shape.completions, .answers, .generations, .responses] {
      if let list = record.content(in: shape) { return list }
    }
    if let answer = record.answer {
      return .response(try exchange(in: record, response: answer, name: "answer"))
    }
    guard let conversation else { throw .unrecognised(members: record.memberNames) }
    return .response(.conversation(conversation.turns, name: conversation.name))
  }

  /// The parts of a record that `CandidateList` has made: a `response` beside the prompt, or `messages`.
  package func parts(ofCandidate record: JSONValue) throws(ShapeError) -> ResponseParts {
    if let response = record.present("response") {
      return try exchange(in: record, response: response, name: "response")
    }
    guard let messages = record.list("messages") else { throw .unrecognised(members: record.memberNames) }
    return .conversation(messages, name: "messages")
  }

  /// A response and what it answers: what `prompt` leads to, or is found by its name.
  private func exchange(
    in record: JSONValue, response: JSONValue, name: String
  ) throws(ShapeError) -> ResponseParts {
    if let prompt {
      guard let value = prompt(record) else { throw .missing(prompt.text) }
      return .exchange(Prompt(value, name: prompt.text), response: response, name: name)
    }
    guard let prompt = record.prompt else { throw .noPrompt(members: record.memberNames) }
    return .exchange(prompt, response: response, name: name)
  }
}

/// The parts of a record with one response, and what they are called in messages.
package enum ResponseParts {
  /// A conversation in which the last assistant turn is the response.
  case conversation(JSONValue, name: String)

  /// A prompt and the response to it, each a string or a list of messages.
  case exchange(Prompt, response: JSONValue, name: String)

  /// Who speaks first; nil if that is not known.
  var firstRole: Role? {
    switch self {
    case .conversation(let turns, _): turns.element(0).flatMap(Role.init(of:))
    case .exchange(let prompt, _, _): prompt.value.element(0).flatMap(Role.init(of:))
    }
  }
}

/// What a response answers.
package struct Prompt {
  /// A string or a list of messages.
  let value: JSONValue

  let name: String

  /// What Alpaca's records call `input`: a text that belongs to the instruction.
  let input: JSONValue?

  init(_ value: JSONValue, name: String, input: JSONValue? = nil) {
    self.value = value
    self.name = name
    self.input = input
  }
}
