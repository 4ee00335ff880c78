/// A record's responses and candidates, by the names that data sets give them.
extension JSONValue {
  /// What this record holds if it is of the given shape; otherwise nil.
  ///
  /// - Throws: `ShapeError` for numbered members that may be something else than candidates.
  func content(in shape: Shape) throws(ShapeError) -> RecordMapping.Content? {
    switch shape {
    case .preference: return (pair ?? pairOfResponses).map { .candidates($0) }
    case .messages: return list("messages").map { .response(.conversation($0, name: "messages")) }
    case .conversations:
      for name in ["conversations", "conversation"] as [StaticString] {
        if let turns = list(name) {
          return .response(ResponseParts(conversation: turns, name: name.description))
        }
      }
      guard let turns = list("data"), AlternatingTurns(turns) != nil else { return nil }
      return .response(.alternation(turns, name: "data"))
    case .prompt:
      let prompt = plainPrompt ?? (present("instruction") == nil ? question : nil)
      return exchange(prompt, singleResponse ?? text("generation") ?? text("answer"))
    case .instruction: return exchange(instruction, singleResponse ?? text("generation"))
    case .problem: return exchange(problem, text("generated_solution") ?? text("solution"))
    case .inputs: return task.map { .response($0) }
    case .completions: return candidates("completions")
    case .answers: return candidates("answers")
    case .generations: return candidates("generations")
    case .responses: return candidates("responses")
    case .numbered:
      return try NumberedCandidates.list(of: self, includingAnswers: true).map { .candidates($0) }
    }
  }

  private func exchange(_ prompt: Prompt?, _ response: JSONValue?) -> RecordMapping.Content? {
    guard let prompt, let response else { return nil }
    return .response(.exchange(prompt, response: response, name: "response"))
  }

  private func candidates(_ name: StaticString) -> RecordMapping.Content? {
    candidateList(name).map { .candidates($0) }
  }

  // MARK: Candidates

  /// The list of candidates in the member called `name`.
  private func candidateList(_ name: StaticString) -> CandidateList? {
    guard let list = list(name), list.elements.contains(where: { CandidateList.response(of: $0) != nil })
    else { return nil }
    return CandidateList(self, list: list, name: name.description)
  }

  /// The first list of candidates under the names for it.
  var candidateList: CandidateList? {
    candidateList("completions") ?? candidateList("answers") ?? candidateList("generations")
      ?? candidateList("responses")
  }

  /// The two candidates of a preference.
  var pair: CandidateList? {
    guard let chosen = present("chosen"), let rejected = present("rejected") else { return nil }
    // Names of other members are labels, not texts.
    if let text = names(chosen), let other = names(rejected), !text.isSame(as: other) { return nil }
    return CandidateList(self, chosen: chosen, rejected: rejected)
  }

  /// The member that a string names.
  private func names(_ label: JSONValue) -> JSONValue? {
    label.kind == .string ? member(label.stringContent) : nil
  }

  /// The two candidates of a preference under their longer names.
  var pairOfResponses: CandidateList? {
    guard let chosen = present("chosen_response"), let rejected = present("rejected_response") else {
      return nil
    }
    return CandidateList(
      self,
      members: [
        CandidateList.Element(name: "chosen_response", value: chosen),
        CandidateList.Element(name: "rejected_response", value: rejected),
      ])
  }

  // MARK: Members

  /// Whether the last of a list of messages is an assistant's.
  var endsWithAssistantTurn: Bool {
    var last: JSONValue?
    for message in elements { last = message }
    return last.flatMap(Role.init(of:)) == .assistant
  }

  /// The member called `name` unless it is null: data sets with one schema for all
  /// records fill up with nulls.
  @inline(__always)
  func present(_ name: StaticString) -> JSONValue? {
    guard let value = self[name], value.kind != .null else { return nil }
    return value
  }

  /// The member called `name` if it is a string.
  @inline(__always)
  func text(_ name: StaticString) -> JSONValue? {
    guard let value = self[name], value.kind == .string else { return nil }
    return value
  }

  /// The member called `name` if it is an array with an element.
  @inline(__always)
  func list(_ name: StaticString) -> JSONValue? {
    guard let value = self[name], value.kind == .array, value.count > 0 else { return nil }
    return value
  }

  /// The names of an object's members, for messages.
  var memberNames: [String] { members.compactMap { $0.key.string } }
}
