import Streams

/// A template that cannot be used, and why.
package enum TemplateError: Error, Equatable, CustomStringConvertible {
  case unknown(String)
  case badFormat(String, reason: String)
  case badChatTemplate(String, reason: String)
  case badFile(String, reason: String)
  /// The model has no template of a name; these it has.
  case noChatTemplate(String, model: String, names: [String])

  package var description: String {
    switch self {
    case .unknown(let name):
      "unknown template '\(name)'; there are chat, \(Template.names.joined(separator: ", ")), and format strings such as 'Q: {instruction}\\nA: {response}'"
    case .badChatTemplate(let name, let reason): "bad chat template \(name): \(reason)"
    case .badFile(let path, let reason): "\(path): \(reason)"
    case .noChatTemplate(let name, let model, let names):
      names.isEmpty
        ? "\(model) has no chat template; --template-file takes one from a file"
        : "\(model) has no chat template called '\(name)'; there are \(names.joined(separator: ", "))"
    case .badFormat(let format, let reason): "bad template '\(format)': \(reason)"
    }
  }
}

/// A conversation that a template has no place for.
package enum RenderError: RecordError, Equatable {
  case severalTurns(Int)
  case systemTurn
  case missingResponse
  /// What went wrong in a chat template, or what it refuses.
  case template(String)

  package var description: String {
    switch self {
    case .severalTurns(let count): "\(count) turns before the response, and a template for one"
    case .missingResponse: "the chat template leaves the response out"
    case .template(let reason): "the chat template: \(reason)"
    case .systemTurn: "a system turn, and a template without {system}"
    }
  }
}
