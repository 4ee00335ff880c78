import Records

/// A model's chat template: a program in Jinja that turns a conversation into the text
/// which the model is trained on.
///
/// It sees what transformers' `apply_chat_template` gives it: `messages`, `tools`, `documents`,
/// `add_generation_prompt` (false), and the texts of special tokens such as `bos_token`.
package struct ChatTemplate: @unchecked Sendable {
  // A parsed template is never changed, so threads may share it.
  private let template: JinjaTemplate
  private let specials: [String: JinjaValue]
  /// The template's text.
  let source: [UInt8]
  /// Whether the template sees the instruction and the input of an Alpaca record apart.
  private let splitsInput: Bool

  /// - Parameters:
  ///   - source: the template.
  ///   - specials: the texts of special tokens by the names of the variables, such as `bos_token`.
  ///   - name: what messages call the template.
  ///   - splitsInput: whether a message has, besides its content, an Alpaca record's
  ///     `instruction` and `input`.
  /// - Throws: `TemplateError` when the source is not well-formed, or has what is not supported.
  package init(
    _ source: [UInt8], specials: [String: String], name: String, splitsInput: Bool = false
  ) throws(TemplateError) {
    do {
      template = try JinjaTemplate(source)
    } catch {
      throw .badChatTemplate(name, reason: error.description)
    }
    self.source = source
    self.splitsInput = splitsInput
    self.specials = specials.mapValues { JinjaValue.text($0) }
  }

  /// The text for variables given as an object: what the template makes of any input.
  package func render(variables: JSONValue) throws(RenderError) -> [UInt8] {
    do {
      var values = specials
      for (key, value) in variables.members { values[key.string ?? ""] = try JinjaJSON.value(value) }
      return try template.render(values).text.bytes
    } catch {
      throw .template(error.description)
    }
  }

  /// A rendered conversation.
  struct Conversation {
    let text: [UInt8]
    /// For each message by its place, where the text has what the message says; empty
    /// where it has nothing of it.
    let ranges: [[Range<Int>]]
  }

  /// Renders the conversation of a candidate, its response as the last message.
  ///
  /// What a message says is where its content, its reasoning and the text of its tool calls are in the text:
  /// from the first byte to the last that come from there, whatever the template has made of them. Where the
  /// template marks itself what the assistant says (`{% generation %}`), that counts instead.
  func render(_ candidate: borrowing Candidate, of record: JSONValue) throws(RenderError) -> Conversation {
    do {
      var values = specials
      var messages: [JinjaValue] = []
      for message in candidate.context {
        messages.append(try self.message(message, candidate, messages.count))
      }
      messages.append(try self.message(candidate.responseMessage, candidate, messages.count))
      values["messages"] = .list(messages)
      values["tools"] = try Self.list("tools", of: record)
      values["documents"] = try Self.list("documents", of: record)
      values["add_generation_prompt"] = .boolean(false)
      let rendering = try template.render(values)
      return Conversation(
        text: rendering.text.bytes, ranges: Self.ranges(of: rendering, messageCount: messages.count))
    } catch {
      throw .template(error.description)
    }
  }

  /// A list that the record has beside the conversation; none if it has not.
  private static func list(_ name: StaticString, of record: JSONValue) throws(JinjaError) -> JinjaValue {
    guard let value = record[name], value.kind == .array else { return .none }
    return try JinjaJSON.value(value)
  }

  // MARK: Messages

  /// Members whose text is said by whoever the message is of.
  private static let said: [StaticString] = [
    "content", "value", "reasoning_content", "thinking", "reasoning", "tool_calls",
  ]

  /// A message as the template sees it.
  private func message(
    _ message: Candidate.Message, _ candidate: borrowing Candidate, _ place: Int
  ) throws(JinjaError) -> JinjaValue {
    let result = JinjaDictionary()
    if let json = message.json {
      for (key, value) in json.members where value.kind != .null {
        let isSaid = Self.said.contains(where: key.equals)
        try result.set(
          .text(JinjaJSON.text(key, message: nil)), try JinjaJSON.value(value, message: isSaid ? place : nil))
      }
    }
    // Members that conversations and prompts lack, or spell otherwise.
    if result["role"] == nil { result.set("role", .text(message.role.name)) }
    if result["content"] == nil, message.json?.hasContent ?? true {
      result.set("content", .text(JinjaText(Array(candidate.text(message.content)), message: place)))
    }
    if splitsInput {
      let instruction = message.inputStart.map { message.content.lowerBound..<$0 - 1 } ?? message.content
      result.set("instruction", .text(JinjaText(Array(candidate.text(instruction)), message: place)))
      if let start = message.inputStart {
        let input = candidate.text(start..<message.content.upperBound)
        result.set("input", .text(JinjaText(Array(input), message: place)))
      }
    }
    for name in ["reasoning_content", "thinking", "reasoning"] {
      guard let reasoning = result[name] else { continue }
      if result["thinking"] == nil { result.set("thinking", reasoning) }
      result.set("reasoning_content", reasoning)
      break
    }
    return .dictionary(result)
  }

  // MARK: Ranges

  private static func ranges(of rendering: JinjaTemplate.Rendering, messageCount: Int) -> [[Range<Int>]] {
    var ranges = [[Range<Int>]](repeating: [], count: messageCount)
    for mark in rendering.text.marks {
      let start = ranges[mark.message].first?.lowerBound ?? mark.start
      ranges[mark.message] = [start..<mark.end]
    }
    guard !rendering.generations.isEmpty else { return ranges }
    // A generation block is said by the message that most of its bytes come from.
    var generated = [[Range<Int>]](repeating: [], count: messageCount)
    for block in rendering.generations where !block.isEmpty {
      var counts: [Int: Int] = [:]
      for mark in rendering.text[block].marks { counts[mark.message, default: 0] += mark.end - mark.start }
      let speaker = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
      if let speaker { generated[speaker].append(block) }
    }
    return generated
  }
}

extension JSONValue {
  /// Whether a message has a content at all.
  fileprivate var hasContent: Bool {
    [self["content"], self["value"]].contains { $0 != nil && $0?.kind != .null }
  }
}
