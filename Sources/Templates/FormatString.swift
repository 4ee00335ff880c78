import Records
import Streams

/// A text with places for a record's parts: `Q: {instruction}\nA: {response}`.
///
/// | place | is replaced by |
/// |---|---|
/// | `{response}` | the response; there is exactly one such place |
/// | `{instruction}` | the user's turn, or nothing if there is none |
/// | `{input}` | Alpaca's input; `{instruction}` is then without it |
/// | `{system}` | the system turn, or nothing if there is none |
/// | `{PATH}` | the record's value at any other path: a string, a number or a boolean |
///
/// `\n`, `\t` and `\\` are a line feed, a tab and a backslash; `{{` and `}}` are braces.
struct FormatString: Sendable {
  enum Part: Equatable, Sendable {
    case literal([UInt8])
    case instruction
    case input
    case system
    case response
    case field(Int)
  }

  private let parts: [Part]

  /// The paths of the further values, which are a candidate's `fields` in this order.
  let fields: [JSONPath]

  private let hasInstruction: Bool
  private let hasInput: Bool
  private let hasSystem: Bool

  init(_ format: String) throws(TemplateError) {
    var parser = FormatParser(format)
    try parser.parse()
    parts = parser.parts
    fields = parser.fields
    hasInstruction = parts.contains(.instruction)
    hasInput = parts.contains(.input)
    hasSystem = parts.contains(.system)
  }

  /// Appends the text to `text`; returns where in it the response is.
  ///
  /// - Throws: `RenderError` for a conversation of which a part would be left out, if the
  ///   format has an instruction at all.
  func render(
    _ candidate: borrowing Candidate, into text: inout ByteBuffer
  ) throws(RenderError) -> Range<Int> {
    var turns = candidate.context[...]
    let system = turns.first?.role == .system ? turns.removeFirst() : nil
    if hasInstruction {
      guard turns.isEmpty || turns.count == 1 && turns.first?.role == .user else {
        throw .severalTurns(turns.count)
      }
      guard hasSystem || system == nil else { throw .systemTurn }
    }
    let user = turns.first
    var response = 0..<0
    for part in parts {
      switch part {
      case .literal(let bytes): text.append(bytes)
      case .system: if let system { text.append(candidate.text(system.content)) }
      case .instruction:
        if let user { text.append(candidate.text(hasInput ? user.withoutInput : user.content)) }
      case .input: if let user { text.append(candidate.text(user.input)) }
      case .field(let index): text.append(candidate.text(candidate.fields[index]))
      case .response:
        let start = text.count
        text.append(candidate.text(candidate.response))
        response = start..<text.count
      }
    }
    return response
  }
}

extension Candidate.Message {
  /// The content before Alpaca's input and the line feed that joins them.
  fileprivate var withoutInput: Range<Int> {
    inputStart.map { content.lowerBound..<($0 - 1) } ?? content
  }

  /// Alpaca's input, or nothing.
  fileprivate var input: Range<Int> {
    (inputStart ?? content.upperBound)..<content.upperBound
  }
}
