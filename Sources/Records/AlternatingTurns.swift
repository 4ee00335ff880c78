/// A conversation without roles, in which the user and the assistant take turns.
///
/// It is a list of texts, as in LIMA; of objects with an `input` and an `output`, as in Capybara; or of pairs
/// of texts, as `history` has them in records for ChatGLM and LLaMA-Factory.
struct AlternatingTurns {
  /// The user's texts at even places, the assistant's at odd ones.
  private let texts: [JSONValue]

  /// Reads a list; nil if it has another layout, or a text in it is none.
  init?(_ list: JSONValue) {
    guard let first = list.element(0), first.kind != .object || first["input"] != nil else { return nil }
    var texts: [JSONValue] = []
    for element in list.elements {
      guard element.kind == first.kind else { return nil }
      switch element.kind {
      case .string: texts.append(element)
      case .object:
        guard let input = element["input"], let output = element["output"] else { return nil }
        texts += [input, output]
      case .array:
        guard element.count == 2 else { return nil }
        texts += element.elements
      case .null, .false, .true, .number: return nil
      }
    }
    guard texts.allSatisfy({ $0.kind == .string }) else { return nil }
    self.texts = texts
  }

  /// All turns, in order.
  var turns: some Sequence<(role: Role, text: JSONValue)> { turns(texts.count) }

  /// The assistant's last text; nil if there is none.
  var response: JSONValue? { texts.count < 2 ? nil : texts[texts.count / 2 * 2 - 1] }

  /// The turns before the response.
  var context: some Sequence<(role: Role, text: JSONValue)> { turns(texts.count / 2 * 2 - 1) }

  private func turns(_ count: Int) -> some Sequence<(role: Role, text: JSONValue)> {
    texts.prefix(Swift.max(0, count)).enumerated().lazy.map {
      (role: $0.offset % 2 == 0 ? Role.user : Role.assistant, text: $0.element)
    }
  }
}
