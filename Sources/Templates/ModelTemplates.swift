import Checkpoints
import Records
import Streams

/// What a model's files say of chat templates: the templates by name, and the texts of special
/// tokens that templates print.
///
/// A folder has them in `chat_template.jinja` (which goes first), `additional_chat_templates/NAME.jinja`,
/// `chat_template.json` and `tokenizer_config.json`; a GGUF file in its metadata.
package struct ModelTemplates {
  /// Sources by name; the one to use without a name is `default`.
  package private(set) var sources: [String: [UInt8]] = [:]
  /// Texts by variable: `bos_token`, `eos_token`, `pad_token`, `unk_token`…
  package private(set) var specials: [String: String] = [:]

  /// - Throws: `IOError`, `CheckpointError`, or `TemplateError` for files that are not what they should be.
  package init(_ location: ModelLocation) throws {
    switch location {
    case .gguf(let path): read(try GGUFFile(path: path))
    case .folder(let path): try read(folder: path)
    }
  }

  /// Texts that templates see instead of those in the files.
  package mutating func override(beginning: String?, end: String?) {
    if let beginning { specials["bos_token"] = beginning }
    if let end { specials["eos_token"] = end }
  }

  /// The model's template of a name; for the default one, records with tools take the one
  /// called `tool_use`, if there is.
  ///
  /// - Parameter model: what messages call the model.
  package func template(named name: String, model: String) throws(TemplateError) -> Template {
    guard let source = sources[name] else {
      throw .noChatTemplate(name, model: model, names: sources.keys.sorted())
    }
    let chat = try ChatTemplate(source, specials: specials, name: "of \(model)")
    var withTools: ChatTemplate?
    if name == "default", let source = sources["tool_use"] {
      withTools = try ChatTemplate(source, specials: specials, name: "tool_use of \(model)")
    }
    return Template(chat, withTools: withTools, kind: "chat")
  }

  /// The template in a file.
  package func template(file path: String) throws -> Template {
    let source = try Paths.contents(path)
    return Template(try ChatTemplate(source, specials: specials, name: path), kind: "file")
  }

  // MARK: Folders

  private static let tokens: [StaticString] = [
    "bos_token", "eos_token", "pad_token", "unk_token", "sep_token", "cls_token", "mask_token",
  ]

  private mutating func read(folder: String) throws {
    try withJSON(Paths.join(folder, "special_tokens_map.json")) { readSpecials($0) }
    try withJSON(Paths.join(folder, "tokenizer_config.json")) { configuration in
      readSpecials(configuration)
      readTemplates(configuration)
    }
    try withJSON(Paths.join(folder, "chat_template.json")) { readTemplates($0) }
    let file = Paths.join(folder, "chat_template.jinja")
    if Paths.exists(file) { sources["default"] = try Paths.contents(file) }
    let others = Paths.join(folder, "additional_chat_templates")
    guard Paths.isDirectory(others) else { return }
    for name in try Paths.list(others) where name.hasSuffix(".jinja") {
      sources[String(name.dropLast(6))] = try Paths.contents(Paths.join(others, name))
    }
  }

  private func withJSON(_ path: String, _ body: (JSONValue) -> Void) throws {
    guard Paths.exists(path) else { return }
    let file = try MappedFile(path: path)
    try withExtendedLifetime(file) {
      var parser = JSONParser()
      do {
        body(try parser.parse(file.bytes))
      } catch {
        throw TemplateError.badFile(path, reason: "\(error)")
      }
    }
  }

  /// A token is its text, or an object with its `content`.
  private mutating func readSpecials(_ configuration: JSONValue) {
    for name in Self.tokens {
      guard let value = configuration[name], let text = value.string ?? value["content"]?.string else {
        continue
      }
      specials[name.description] = text
    }
  }

  /// A template, or a list of templates with names.
  private mutating func readTemplates(_ configuration: JSONValue) {
    guard let value = configuration["chat_template"] else { return }
    if value.kind == .string { sources["default"] = Self.text(value) }
    for item in value.elements {
      if let name = item["name"]?.string, let template = item["template"] {
        sources[name] = Self.text(template)
      }
    }
  }

  private static func text(_ value: JSONValue) -> [UInt8] {
    var bytes: [UInt8] = []
    value.appendString(to: &bytes)
    return bytes
  }

  // MARK: GGUF

  private mutating func read(_ file: GGUFFile) {
    let prefix = "tokenizer.chat_template"
    for key in file.keys where key == prefix || key.hasPrefix(prefix + ".") {
      guard let template = file[key]?.bytes else { continue }
      sources[key == prefix ? "default" : String(key.dropFirst(prefix.count + 1))] = Array(template)
    }
    let names = [
      "bos": "bos_token", "eos": "eos_token", "padding": "pad_token", "unknown": "unk_token",
      "seperator": "sep_token", "cls": "cls_token", "mask": "mask_token",
    ]
    var ids: [Int: String] = [:]
    for (key, name) in names {
      if let id = file["tokenizer.ggml.\(key)_token_id"]?.int { ids[id] = name }
    }
    guard let tokens = file["tokenizer.ggml.tokens"]?.array else { return }
    for (id, token) in tokens.strings.enumerated() {
      if let name = ids[id] { specials[name] = String(decoding: token, as: UTF8.self) }
    }
  }
}
