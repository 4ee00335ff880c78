import Records
import Streams

/// How a conversation and the response to it become one text.
package struct Template: Sendable {
  private enum Form: Sendable {
    case turns(TurnFormat)
    case format(FormatString)
  }

  private let form: Form

  /// The name that `grape.tokenizer` records: a named template's own; for a format string `format@` and the first eight
  /// hexadecimal digits of its hash.
  package let name: String

  /// The values that the text needs beside the conversation and the response, for `Candidate.read`.
  package let fields: [JSONPath]

  /// The template called `argument`: `qa`, `plain`, or, if it has a brace, the format string that it is.
  package init(_ argument: String) throws(TemplateError) {
    switch argument {
    case "qa": (form, name, fields) = (.turns(.questionAnswer), argument, [])
    case "plain": (form, name, fields) = (.turns(.plain), argument, [])
    case "chat": throw .chat
    default:
      guard argument.unicodeScalars.contains("{") else { throw .unknown(argument) }
      let format = try FormatString(argument)
      let digest = Array(argument.utf8).withUnsafeBytes { xxh64($0) }
      (form, name, fields) = (.format(format), "format@" + hex(digest >> 32, digits: 8), format.fields)
    }
  }

  /// Replaces `text` by the candidate's text in UTF-8; returns where in it the response is, in bytes.
  ///
  /// - Parameter candidate: read with this template's `fields`.
  /// - Throws: `RenderError` if the template has no place for a part of the conversation.
  package func render(_ candidate: Candidate, into text: inout [UInt8]) throws(RenderError) -> Range<Int> {
    text.removeAll(keepingCapacity: true)
    switch form {
    case .turns(let format): return format.render(candidate, into: &text)
    case .format(let format): return try format.render(candidate, into: &text)
    }
  }
}
