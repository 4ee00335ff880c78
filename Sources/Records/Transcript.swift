/// A prompt that is the transcript of a conversation: turns that begin with `Human:` and `Assistant:` after
/// an empty line, and a last `Assistant:` with nothing behind it, as in Anthropic's HH-RLHF and in Nectar.
struct Transcript {
  /// The whole text, decoded.
  let text: [UInt8]
  /// The turns, without the white space around them.
  private(set) var turns: [(role: Role, text: Range<Int>)] = []

  private static let human = Array("\n\nHuman:".utf8)
  private static let assistant = Array("\n\nAssistant:".utf8)

  /// Reads a string; nil if it is no transcript.
  init?(_ value: JSONValue) {
    // What tells other prompts apart at a glance: two line feeds, escaped.
    let content = value.stringContent
    guard content.first == ASCII.backslash, content.starts(with: #"\n\nHuman:"#.utf8) else { return nil }
    var text: [UInt8] = []
    value.appendString(to: &text)
    self.text = text
    var open: (role: Role, start: Int)?
    var position = 0
    while position < text.count {
      let rest = text[position...]
      let role: Role? =
        rest.starts(with: Self.human) ? .user : rest.starts(with: Self.assistant) ? .assistant : nil
      guard let role else {
        position += 1
        continue
      }
      if let open { turns.append((open.role, trimmed(open.start..<position))) }
      position += role == .user ? Self.human.count : Self.assistant.count
      open = (role, position)
    }
    guard let open, open.role == .assistant, trimmed(open.start..<text.count).isEmpty else { return nil }
  }

  private func trimmed(_ range: Range<Int>) -> Range<Int> {
    func isSpace(_ byte: UInt8) -> Bool {
      byte == ASCII.space || (ASCII.tab...ASCII.carriageReturn).contains(byte)
    }
    guard let first = text[range].firstIndex(where: { !isSpace($0) }),
      let last = text[range].lastIndex(where: { !isSpace($0) })
    else { return range.lowerBound..<range.lowerBound }
    return first..<(last + 1)
  }
}
