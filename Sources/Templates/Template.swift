import Records
import Streams

/// How a conversation and the response to it become one text.
package struct Template: Sendable {
  /// Which of the assistant's turns count as response. Turns with `"weight": 0` never do.
  package enum Turns: String, CaseIterable, Sendable {
    case last
    case all
  }

  private enum Form: Sendable {
    case turns(TurnFormat)
    case format(FormatString)
    /// A chat template, and the one for records with tools if that is another.
    case chat(ChatTemplate, withTools: ChatTemplate?)
  }

  private let form: Form

  /// The name that `grape.tokenizer` records: a named template's own; for a format string or a template from
  /// a file `format@`, `chat@` or `file@` and the first eight hexadecimal digits of its hash.
  package let name: String

  /// The values that the text needs beside the conversation and the response, for `Candidate.read`.
  package let fields: [JSONPath]

  /// Whether the text is all that the model reads, beginning token included. Trainers take the text of a
  /// model's chat template as it is; what the tokenizer adds to other texts is not added to it.
  package let isComplete: Bool

  /// The template called `argument`: a named one or, if it has a brace, the format string that it is.
  ///
  /// - Parameter specials: the texts of the model's special tokens, which some templates print.
  package init(_ argument: String, specials: [String: String] = [:]) throws(TemplateError) {
    isComplete = false
    switch argument {
    case "qa": (form, name, fields) = (.turns(.questionAnswer), argument, [])
    case "plain": (form, name, fields) = (.turns(.plain), argument, [])
    default:
      if let source = NamedTemplates.all[argument] {
        let template = try ChatTemplate(
          Array(source.utf8), specials: specials, name: argument, splitsInput: true)
        (form, name, fields) = (.chat(template, withTools: nil), argument, [])
        return
      }
      guard argument.unicodeScalars.contains("{") else { throw .unknown(argument) }
      let format = try FormatString(argument)
      (form, name, fields) = (.format(format), "format@" + Self.digest(Array(argument.utf8)), format.fields)
    }
  }

  /// A model's chat template, or one from a file.
  ///
  /// - Parameters:
  ///   - chat: the template.
  ///   - withTools: the one for records with tools, if that is another.
  ///   - kind: `chat` or `file`, for its name.
  package init(_ chat: ChatTemplate, withTools: ChatTemplate? = nil, kind: String) {
    isComplete = true
    (form, name, fields) = (.chat(chat, withTools: withTools), "\(kind)@\(Self.digest(chat.source))", [])
  }

  /// The names of templates that every model can have.
  package static let names = ["qa", "plain"] + NamedTemplates.all.keys.sorted()

  /// Whether a named template prints the texts of the model's special tokens.
  package static func printsTokens(_ name: String) -> Bool {
    NamedTemplates.all[name]?.contains("eos_token") ?? false
  }

  /// Whether the text may depend on a variable such as `bos_token`.
  package func reads(_ variable: String) -> Bool {
    guard case .chat(let chat, let withTools) = form else { return false }
    return [chat, withTools].contains {
      $0.map { String(decoding: $0.source, as: UTF8.self).contains(variable) } ?? false
    }
  }

  private static func digest(_ source: [UInt8]) -> String {
    hex(source.withUnsafeBytes { xxh64($0) } >> 32, digits: 8)
  }

  /// Replaces `text` by the candidate's text in UTF-8, and `responses` by where in it the response is,
  /// in bytes: one range for each turn that counts, in order and apart. A chat template may leave a turn
  /// out, or have it in several places.
  ///
  /// - Parameters:
  ///   - candidate: read with this template's `fields`.
  ///   - record: the record that it was read from.
  /// - Throws: `RenderError` if the template has no place for a part of the conversation, or refuses it.
  package func render(
    _ candidate: borrowing Candidate, of record: JSONValue, turns: Turns = .last,
    into text: inout ByteBuffer, _ responses: inout [Range<Int>]
  ) throws(RenderError) {
    text.removeAll()
    responses.removeAll(keepingCapacity: true)
    switch form {
    case .turns(let format): format.render(candidate, turns: turns, into: &text, &responses)
    case .format(let format): responses.append(try format.render(candidate, into: &text))
    case .chat(let chat, let withTools):
      let hasTools = record["tools"]?.kind == .array
      let conversation = try (hasTools ? withTools ?? chat : chat).render(candidate, of: record)
      text.append(conversation.text)
      for (place, message) in candidate.context.enumerated() where turns == .all && message.isScored {
        responses += conversation.ranges[place]
      }
      responses += conversation.ranges[candidate.context.count]
      guard !responses.isEmpty else { throw .missingResponse }
      responses.sort { $0.lowerBound < $1.lowerBound }
    }
  }
}

extension Candidate.Message {
  /// Whether the turn is one of the assistant's that counts.
  var isScored: Bool { role == .assistant && !isWeightless }
}
