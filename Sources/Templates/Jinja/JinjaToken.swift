/// A piece of a template's source.
enum JinjaToken: Equatable {
  /// Text outside of tags.
  case data([UInt8])
  /// `{%` and `%}`.
  case blockBegin, blockEnd
  /// `{{` and `}}`.
  case variableBegin, variableEnd
  case name(String)
  case string([UInt8])
  case integer(Int)
  case float(Double)
  /// Punctuation of expressions, such as `==` or `(`.
  case symbol(String)
  case end

  /// The token as messages name it.
  var shown: String {
    switch self {
    case .data: "text"
    case .blockBegin: "'{%'"
    case .blockEnd: "'%}'"
    case .variableBegin: "'{{'"
    case .variableEnd: "'}}'"
    case .name(let name): "'\(name)'"
    case .string: "a string"
    case .integer, .float: "a number"
    case .symbol(let symbol): "'\(symbol)'"
    case .end: "the end of the template"
    }
  }
}
