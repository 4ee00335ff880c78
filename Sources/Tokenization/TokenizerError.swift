/// Why a tokenizer cannot be opened, in one line.
package indirect enum TokenizerError: Error, Equatable, CustomStringConvertible {
  /// A feature that this program does not have, by its name in the tokenizer's source.
  case unsupported(String)
  /// The source contradicts itself or its format.
  case malformed(String)
  /// A folder in which no file is a tokenizer's.
  case notFound
  /// A regular expression that cannot be compiled, and where in it (in characters).
  case pattern(String, offset: Int, reason: String)
  /// An id that is none of the tokenizer's.
  case unknownToken(UInt32)
  /// Any of these, in the named file.
  case file(String, TokenizerError)

  package var description: String {
    switch self {
    case .unsupported(let feature): "unsupported tokenizer: \(Self.inOneLine(feature))"
    case .malformed(let reason): "malformed tokenizer: \(Self.inOneLine(reason))"
    case .notFound: "no tokenizer: expected tokenizer.json, tekken.json, tokenizer.model or a .tiktoken file"
    case .pattern(let pattern, let offset, let reason):
      "cannot compile the regular expression \(Self.inOneLine(pattern)): \(reason) at character \(offset)"
    case .unknownToken(let id): "the tokenizer has no token \(id)"
    case .file(let name, let error): "\(name): \(error)"
    }
  }

  /// The text with a space for each run of control characters and spaces: parts of a source may have any.
  private static func inOneLine(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let isSpace = scalar.value <= 0x20 || (0x7F...0x9F).contains(scalar.value)
      if !isSpace { result.append(scalar) } else if result.last != " " { result.append(" ") }
    }
    return String(result)
  }
}
