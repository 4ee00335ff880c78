/// A record's members by the names that data sets give them.
extension JSONValue {
  /// What this record holds if it is of the given shape; otherwise nil.
  func content(in shape: Shape) -> RecordMapping.Content? {
    switch shape {
    case .preference:
      guard let chosen = present("chosen"), let rejected = present("rejected") else { return nil }
      return .candidates(CandidateList(self, chosen: chosen, rejected: rejected))
    case .messages: return list("messages").map { .response(.conversation($0, name: "messages")) }
    case .conversations:
      for name in ["conversations", "conversation"] as [StaticString] {
        if let turns = list(name) { return .response(.conversation(turns, name: name.description)) }
      }
      return nil
    case .prompt: return present("prompt").flatMap { exchange(Prompt($0, name: "prompt")) }
    case .instruction: return instruction.flatMap(exchange)
    case .completions: return candidates("completions")
    case .answers: return candidates("answers")
    case .generations: return candidates("generations")
    case .responses: return candidates("responses")
    }
  }

  private func exchange(_ prompt: Prompt) -> RecordMapping.Content? {
    singleResponse.map { .response(.exchange(prompt, response: $0, name: "response")) }
  }

  private func candidates(_ name: StaticString) -> RecordMapping.Content? {
    guard let list = list(name), list.elements.contains(where: { CandidateList.response(of: $0) != nil })
    else { return nil }
    return .candidates(CandidateList(self, list: list, name: name.description))
  }

  /// The member with a single response.
  var singleResponse: JSONValue? { present("response") ?? present("completion") ?? present("output") }

  /// The `answer` beside a `question`. Beside candidates it is what they are checked against.
  var answer: JSONValue? { present("question") == nil ? nil : text("answer") }

  /// What a response beside it answers.
  var prompt: Prompt? {
    if let prompt = present("prompt") { return Prompt(prompt, name: "prompt") }
    if let instruction { return instruction }
    if let conversation { return Prompt(conversation.turns, name: conversation.name) }
    if let trajectory = list("trajectory") { return Prompt(trajectory, name: "trajectory") }
    for name in ["question", "query", "input"] as [StaticString] {
      if let text = present(name) { return Prompt(text, name: name.description) }
    }
    return nil
  }

  private var instruction: Prompt? {
    present("instruction").map {
      Prompt($0, name: "instruction", input: present("input") ?? text("context"))
    }
  }

  /// The member with a list of messages.
  var conversation: (turns: JSONValue, name: String)? {
    if let turns = list("messages") { return (turns, "messages") }
    if let turns = list("conversations") { return (turns, "conversations") }
    return list("conversation").map { ($0, "conversation") }
  }

  /// The system message that stands beside a conversation, unless it is empty.
  var systemMessage: JSONValue? {
    let text = text("system") ?? text("system_prompt")
    return text?.isEmptyString ?? true ? nil : text
  }

  /// The member called `name` if it is a string.
  private func text(_ name: StaticString) -> JSONValue? {
    guard let value = self[name], value.kind == .string else { return nil }
    return value
  }

  /// Whether the last of a list of messages is an assistant's.
  var endsWithAssistantTurn: Bool {
    var last: JSONValue?
    for message in elements { last = message }
    return last.flatMap(Role.init(of:)) == .assistant
  }

  /// The member called `name` unless it is null: data sets with one schema for all
  /// records fill up with nulls.
  func present(_ name: StaticString) -> JSONValue? {
    guard let value = self[name], value.kind != .null else { return nil }
    return value
  }

  /// The member called `name` if it is an array with an element.
  func list(_ name: StaticString) -> JSONValue? {
    guard let value = self[name], value.kind == .array, value.count > 0 else { return nil }
    return value
  }

  /// The names of an object's members, for messages.
  var memberNames: [String] { members.compactMap { $0.key.string } }
}
