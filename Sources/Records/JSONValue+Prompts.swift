/// A record's prompt, and what else comes before the response, by the names that data sets give them.
extension JSONValue {
  /// What `response` beside it answers.
  ///
  /// A `prompt` that has the instruction beside it in it and ends with the response is a whole text for
  /// training: the instruction is the prompt then.
  func prompt(to response: JSONValue) -> Prompt? {
    guard let whole = present("prompt"), whole.kind == .string, response.kind == .string,
      let instruction, instruction.value.kind == .string,
      whole.stringContent.hasSuffix(response.stringContent),
      whole.stringContent.contains(instruction.value.stringContent)
    else { return prompt }
    return instruction
  }

  /// What a response beside it answers.
  var prompt: Prompt? {
    if let plainPrompt { return plainPrompt }
    if let instruction { return instruction }
    if let conversation { return Prompt(conversation.turns, name: conversation.name) }
    if let trajectory = list("trajectory") { return Prompt(trajectory, name: "trajectory") }
    if let question { return question }
    if let problem { return problem }
    if let inputs { return inputs }
    if let context = list("context"), context.element(0)?.roleName != nil {
      return Prompt(context, name: "context")
    }
    return text("history").map { Prompt($0, name: "history") }
  }

  /// A prompt of that name.
  var plainPrompt: Prompt? { present("prompt").map { Prompt($0, name: "prompt", history: history) } }

  /// A problem to be solved, or a question.
  var problem: Prompt? {
    if let problem = text("problem") { return Prompt(problem, name: "problem", history: history) }
    return question.flatMap { $0.name == "question" ? $0 : nil }
  }

  /// An instruction, with what Alpaca calls its input.
  var instruction: Prompt? {
    present("instruction").map {
      Prompt($0, name: "instruction", input: present("input") ?? text("context"), history: history)
    }
  }

  /// A prompt that goes by one of the names of a question, with the text that it is about.
  var question: Prompt? {
    if let question = present("question") {
      return Prompt(question, name: "question", input: text("context"), history: history)
    }
    for name in ["query", "input"] as [StaticString] {
      if let text = present(name) { return Prompt(text, name: name.description, history: history) }
    }
    return nil
  }

  /// The text of a task's instance, after the task's definition if that is there.
  var inputs: Prompt? {
    guard let inputs = text("inputs") else {
      return text("inputs_pretokenized").map { Prompt($0, name: "inputs_pretokenized") }
    }
    guard let definition = text("definition") else { return Prompt(inputs, name: "inputs") }
    return Prompt(definition, name: "definition", input: inputs)
  }

  /// The member with a list of messages.
  var conversation: (turns: JSONValue, name: String)? {
    if let turns = list("messages") { return (turns, "messages") }
    if let turns = list("conversations") { return (turns, "conversations") }
    return list("conversation").map { ($0, "conversation") }
  }

  /// The exchanges before the prompt, as records for ChatGLM and LLaMA-Factory have them.
  private var history: JSONValue? {
    guard let list = list("history"), list.element(0)?.kind == .array, AlternatingTurns(list) != nil else {
      return nil
    }
    return list
  }

  /// The system message that stands beside a conversation, unless it is empty.
  var systemMessage: JSONValue? {
    let text = text("system") ?? text("system_prompt")
    return text?.isEmptyString ?? true ? nil : text
  }
}

extension JSONValue {
  /// Whether this is a string that spells a list of texts or objects in JSON.
  var isListInString: Bool {
    guard kind == .string else { return false }
    let content = stringContent
    return content.last == ASCII.rightBracket
      && (content.starts(with: #"[\""#.utf8) || content.starts(with: #"[{\""#.utf8))
  }

  /// Whether this list, found in `record`, has a prompt in it and none beside it.
  func isWholeConversation(in record: JSONValue) -> Bool {
    guard let first = element(0), count > 1 || AlternatingTurns(self) != nil, Role(of: first) != .assistant,
      first.roleName != nil || AlternatingTurns(self) != nil
    else { return false }
    guard let prompt = record.prompt?.value else { return true }
    return isSame(as: prompt)
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func hasSuffix(_ suffix: UnsafeRawBufferPointer) -> Bool {
    count >= suffix.count && self.suffix(suffix.count).elementsEqual(suffix)
  }
}
