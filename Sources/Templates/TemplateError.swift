import Streams

/// A template that cannot be used, and why.
package enum TemplateError: Error, Equatable, CustomStringConvertible {
  case unknown(String)
  case chat
  case badFormat(String, reason: String)

  package var description: String {
    switch self {
    case .unknown(let name):
      "unknown template '\(name)'; there are qa, plain, and format strings such as 'Q: {instruction}\\nA: {response}'"
    case .chat: "the template 'chat', the model's own, is not supported; use qa, plain or a format string"
    case .badFormat(let format, let reason): "bad template '\(format)': \(reason)"
    }
  }
}

/// A conversation that a template has no place for.
package enum RenderError: RecordError, Equatable {
  case severalTurns(Int)
  case systemTurn

  package var description: String {
    switch self {
    case .severalTurns(let count): "\(count) turns before the response, and a template for one"
    case .systemTurn: "a system turn, and a template without {system}"
    }
  }
}
