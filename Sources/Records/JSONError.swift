import Streams

/// Why a text is not one JSON value by RFC 8259, and where.
package struct JSONError: RecordError, Equatable {
  /// What the grammar, or a limit of the parser, asked for at the place of the error.
  package enum Reason: String, Sendable {
    case empty = "empty record"
    case byteOrderMark = "byte order mark"
    case expectedValue = "expected a value"
    case expectedKey = "expected a member name in double quotes"
    case expectedColon = "expected ':'"
    case expectedCommaOrBrace = "expected ',' or '}'"
    case expectedCommaOrBracket = "expected ',' or ']'"
    case trailingBytes = "expected nothing after the value"
    case unexpectedEnd = "unexpected end"
    case unterminatedString = "unterminated string"
    case controlCharacter = "control character in a string"
    case badEscape = "invalid escape in a string"
    case loneSurrogate = "lone surrogate in a string"
    case badUTF8 = "invalid UTF-8"
    case badNumber = "invalid number"
    case tooDeep = "nested too deeply"
    case tooLong = "longer than 4 GiB"
  }

  package let reason: Reason

  /// Offset in bytes, from 0, into the text given to the parser.
  package let offset: Int

  @usableFromInline
  init(_ reason: Reason, at offset: Int) {
    self.reason = reason
    self.offset = offset
  }

  package var description: String {
    reason == .empty ? "not JSON: empty record" : "not JSON: \(reason.rawValue) at byte \(offset + 1)"
  }
}
