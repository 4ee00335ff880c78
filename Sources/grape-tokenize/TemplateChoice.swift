import Checkpoints
import Commands
import Templates

/// The template that the command line asks for: known at once, or only when the model is.
struct TemplateChoice: Sendable {
  private enum Kind {
    /// A template that every model can have, by its name or as a format string.
    case general(String)
    /// One of the model's own.
    case chat(String)
    case file(String)
  }

  private let kind: Kind
  private let beginning: String?
  private let end: String?

  /// - Throws: `UsageError` for a template that there cannot be.
  init(_ arguments: Arguments) throws(UsageError) {
    let argument = arguments.string("template")
    beginning = arguments.string("bos")
    end = arguments.string("eos")
    _ = try arguments.one(of: "template", "template-file")
    if let path = arguments.string("template-file") {
      kind = .file(path)
    } else if let argument, argument == "chat" || argument.hasPrefix("chat:") {
      kind = .chat(argument == "chat" ? "default" : String(argument.dropFirst(5)))
    } else {
      kind = .general(argument ?? "qa")
      do {
        _ = try Template(argument ?? "qa")
      } catch {
        throw UsageError(error.description)
      }
    }
  }

  /// The template for a model.
  ///
  /// - Throws: `TemplateError`, or what is wrong with the model's files; `UsageError` for the text of a token
  ///   that the template has no place for.
  func template(for location: ModelLocation) throws -> Template {
    let template = try unchecked(for: location)
    for (option, text) in [("bos", beginning), ("eos", end)] where text != nil {
      guard template.reads("\(option)_token") else {
        throw UsageError("option '--\(option)' has no effect: the template does not print \(option)_token")
      }
    }
    return template
  }

  private func unchecked(for location: ModelLocation) throws -> Template {
    if case .general(let argument) = kind, !Template.printsTokens(argument) { return try Template(argument) }
    var templates = try ModelTemplates(location)
    templates.override(beginning: beginning, end: end)
    switch kind {
    case .general(let argument): return try Template(argument, specials: templates.specials)
    case .chat(let name): return try templates.template(named: name, model: location.name)
    case .file(let path): return try templates.template(file: path)
    }
  }
}
