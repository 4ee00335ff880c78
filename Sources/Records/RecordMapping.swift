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
    /// Large, and rare: a response alone is quicker to hand on without room for it.
    indirect case candidates(CandidateList)
  }

  /// What `record` holds.
  ///
  /// Without a shape or paths, the first that fits of: a pair of `chosen` and `rejected`; a conversation that
  /// ends with an assistant turn; a response beside its prompt; a list of candidates; numbered candidates; a
  /// response that is said to be generated; a solution beside its problem, unless there is a conversation; an
  /// answer beside its question; a conversation with an assistant turn anywhere; an answer beside its query; an
  /// input and its target. A member that is null counts as absent.
  package func content(of record: JSONValue) throws(ShapeError) -> Content {
    guard record.kind == .object else { throw .recordIsNoObject }
    if let candidates {
      guard let list = candidates(record) else { throw .missing(candidates.text) }
      guard list.kind == .array, list.count > 0 else { throw .noCandidates(candidates.text) }
      return .candidates(CandidateList(record, list: list, name: candidates.text, responsePath: response))
    }
    if let response {
      guard let value = response(record) else { throw .missing(response.text) }
      if prompt == nil, value.isWholeConversation(in: record) {
        return .response(ResponseParts(conversation: value, name: response.text))
      }
      return .response(try exchange(in: record, response: value, name: response.text))
    }
    if prompt != nil { return try contentBesidePrompt(of: record) }
    guard let shape else { return try detectedContent(of: record) }
    guard let content = try record.content(in: shape) else {
      throw .notInShape(shape, members: record.memberNames)
    }
    return content
  }

  private func detectedContent(of record: JSONValue) throws(ShapeError) -> Content {
    if let pair = record.pair { return .candidates(pair) }
    let conversation = record.conversation
    if let conversation, conversation.turns.endsWithAssistantTurn {
      return .response(.conversation(conversation.turns, name: conversation.name))
    }
    if let response = record.singleResponse {
      return .response(try exchange(in: record, response: response, name: "response"))
    }
    if let list = record.candidateList ?? record.pairOfResponses { return .candidates(list) }
    if let list = try NumberedCandidates.list(of: record) { return .candidates(list) }
    if let (response, name) = record.generatedResponse {
      return .response(try exchange(in: record, response: response, name: name.description))
    }
    if conversation == nil, let solution = try record.solution() { return .response(solution) }
    if let answer = record.answer { return .response(answer) }
    guard let conversation else {
      if let answer = try record.answerToQuery() { return .response(answer) }
      if let task = record.task { return .response(task) }
      throw unrecognised(record)
    }
    return .response(ResponseParts(conversation: conversation.turns, name: conversation.name))
  }

  /// What `record` holds beside the prompt that a path leads to.
  private func contentBesidePrompt(of record: JSONValue) throws(ShapeError) -> Content {
    if let response = record.singleResponse {
      return .response(try exchange(in: record, response: response, name: "response"))
    }
    if let shape {
      switch try record.content(in: shape) {
      case .candidates(let list)?: return .candidates(list.withoutImpliedPrompt)
      case .response(.exchange(_, let response, let name))?:
        return .response(try exchange(in: record, response: response, name: name))
      default: throw .notInShape(shape, members: record.memberNames)
      }
    }
    if let list = record.pair ?? record.candidateList ?? record.pairOfResponses {
      return .candidates(list.withoutImpliedPrompt)
    }
    if let list = try NumberedCandidates.list(of: record) { return .candidates(list) }
    if let (response, name) = record.generatedResponse {
      return .response(try exchange(in: record, response: response, name: name.description))
    }
    throw unrecognised(record)
  }

  private func unrecognised(_ record: JSONValue) -> ShapeError {
    for name in ["messages", "conversations", "conversation"] as [StaticString] {
      if let text = record.text(name), text.isListInString { return .listInString(name.description) }
    }
    return .unrecognised(members: record.memberNames)
  }

  /// The parts of a record that `CandidateList` has made: a `response` beside the prompt, or `messages`.
  package func parts(ofCandidate record: JSONValue) throws(ShapeError) -> ResponseParts {
    if let response = record.present("response") {
      return try exchange(in: record, response: response, name: "response", ofCandidate: true)
    }
    guard let messages = record.list("messages") else { throw .unrecognised(members: record.memberNames) }
    return .conversation(messages, name: "messages")
  }

  /// A response and what it answers: what `prompt` leads to, or is found by its name.
  private func exchange(
    in record: JSONValue, response: JSONValue, name: String, ofCandidate: Bool = false
  ) throws(ShapeError) -> ResponseParts {
    if let prompt {
      guard let value = prompt(record) else { throw .missing(prompt.text) }
      return .exchange(Prompt(value, name: prompt.text), response: response, name: name)
    }
    // All candidates have one prompt, whatever their responses are.
    guard let prompt = ofCandidate ? record.prompt : record.prompt(to: response) else {
      throw .noPrompt(members: record.memberNames)
    }
    return .exchange(prompt, response: response, name: name)
  }
}

/// The parts of a record with one response, and what they are called in messages.
package enum ResponseParts {
  /// A conversation in which the last assistant turn is the response.
  case conversation(JSONValue, name: String)

  /// A conversation of `AlternatingTurns` in which the assistant's last one is the response.
  case alternation(JSONValue, name: String)

  /// A prompt and the response to it, each a string or a list of messages.
  case exchange(Prompt, response: JSONValue, name: String)

  /// A conversation with or without roles.
  init(conversation turns: JSONValue, name: String) {
    self =
      AlternatingTurns(turns) == nil ? .conversation(turns, name: name) : .alternation(turns, name: name)
  }

  /// Who speaks first; nil if that is not known.
  var firstRole: Role? {
    switch self {
    case .conversation(let turns, _): turns.element(0).flatMap(Role.init(of:))
    case .alternation: .user
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

  /// The exchanges before a prompt that is a text: a list of pairs.
  let history: JSONValue?

  init(_ value: JSONValue, name: String, input: JSONValue? = nil, history: JSONValue? = nil) {
    self.value = value
    self.name = name
    self.input = input
    self.history = history
  }
}
