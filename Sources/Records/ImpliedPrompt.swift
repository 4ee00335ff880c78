/// The prompt of a pair of texts that both begin with it.
enum ImpliedPrompt {
  /// How many bytes of both strings, as they are spelled, are the prompt.
  ///
  /// In transcripts (see `Transcript`) it ends with the last `Assistant:` that both have in common,
  /// elsewhere with the last white space: answers that begin with the same letters share no prompt for that.
  /// The white space belongs to it.
  ///
  /// - Returns: nil where nothing is shared.
  static func length(_ chosen: JSONValue, _ rejected: JSONValue) -> Int? {
    guard chosen.kind == .string, rejected.kind == .string else { return nil }
    let text = chosen.stringContent
    let shared = zip(text, rejected.stringContent).prefix { $0 == $1 }.count
    let isTranscript = text.starts(with: #"\n\nHuman:"#.utf8)
    var length = 0
    var position = 0
    while position < shared {
      let end = characterEnd(text, position)
      guard end <= shared else { break }
      if isTranscript {
        if text[position...].starts(with: marker), position + marker.count <= shared {
          length = position + marker.count
          while length < shared, text[length] == ASCII.space { length += 1 }
        }
      } else if isSpace(text, position) {
        length = end
      }
      position = end
    }
    return length > 0 ? length : nil
  }

  private static let marker = Array(#"\n\nAssistant:"#.utf8)

  /// Where the byte or the escape at `position` ends.
  private static func characterEnd(_ text: UnsafeRawBufferPointer, _ position: Int) -> Int {
    guard text[position] == ASCII.backslash else { return position + 1 }
    return position + (text[position + 1] == ASCII.lowerU ? 6 : 2)
  }

  private static func isSpace(_ text: UnsafeRawBufferPointer, _ position: Int) -> Bool {
    guard text[position] == ASCII.backslash else { return text[position] == ASCII.space }
    return [ASCII.lowerN, ASCII.lowerT, UInt8(ascii: "r")].contains(text[position + 1])
  }
}
