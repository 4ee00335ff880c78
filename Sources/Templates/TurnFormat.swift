import Records
import Streams

/// A text for every turn: what stands before and after the content, by role.
///
/// The turns of the context come one after the other, each between its two affixes; then the assistant's
/// prefix and the response, which ends the text.
struct TurnFormat: Sendable {
  struct Affixes: Sendable {
    let prefix: StaticString
    let suffix: StaticString

    init(_ prefix: StaticString, _ suffix: StaticString) {
      self.prefix = prefix
      self.suffix = suffix
    }
  }

  let system: Affixes
  let user: Affixes
  let assistant: Affixes
  let tool: Affixes

  /// `Question: {instruction}\nAnswer: {response}`, as the GRAPE paper has it. Earlier turns are further
  /// questions and answers with an empty line after each answer; a system turn comes first as a paragraph of
  /// its own; a tool's is headed `Tool: `.
  static let questionAnswer = TurnFormat(
    system: Affixes("", "\n\n"), user: Affixes("Question: ", "\n"), assistant: Affixes("Answer: ", "\n\n"),
    tool: Affixes("Tool: ", "\n"))

  /// The contents one after the other, with nothing added: what a prompt is to end with stands in the prompt.
  static let plain = TurnFormat(
    system: Affixes("", ""), user: Affixes("", ""), assistant: Affixes("", ""), tool: Affixes("", ""))

  private func affixes(_ role: Role) -> Affixes {
    switch role {
    case .system: system
    case .user: user
    case .assistant: assistant
    case .tool: tool
    }
  }

  /// Appends the text to `text`, and to `ranges` where in it the turns are that count as response.
  func render(
    _ candidate: borrowing Candidate, turns: Template.Turns, into text: inout ByteBuffer,
    _ ranges: inout [Range<Int>]
  ) {
    for message in candidate.context {
      let affixes = affixes(message.role)
      text.append(literal: affixes.prefix)
      let start = text.count
      text.append(candidate.text(message.content))
      if turns == .all, message.isScored, text.count > start { ranges.append(start..<text.count) }
      text.append(literal: affixes.suffix)
    }
    text.append(literal: assistant.prefix)
    let start = text.count
    text.append(candidate.text(candidate.response))
    ranges.append(start..<text.count)
  }
}
