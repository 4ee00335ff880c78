import Records

/// Reads Hugging Face's `tokenizer.json` into a definition. What it does not know it refuses by name.
struct TokenizerJSON {
  var definition = TokenizerDefinition()

  /// - Parameters:
  ///   - root: the parsed `tokenizer.json`.
  ///   - configuration: the parsed `tokenizer_config.json`, which names the tokens for beginning and end.
  /// - Returns: the tokenizer it describes.
  /// - Throws: `TokenizerError`.
  static func read(
    _ root: JSONValue, configuration: JSONValue?
  ) throws(TokenizerError) -> TokenizerDefinition {
    var reader = TokenizerJSON()
    guard let model = root.present("model") else { throw .malformed("tokenizer.json has no model") }
    try reader.readModel(model)
    try reader.readNormalizer(root.present("normalizer"))
    try reader.readAddedTokens(root.present("added_tokens"))
    try reader.readPreTokenizer(root.present("pre_tokenizer"))
    try reader.readPostProcessor(root.present("post_processor"))
    try reader.readDecoder(root.present("decoder"))
    reader.definition.beginning = reader.definition.token(configuration?.present("bos_token"))
    reader.definition.end = reader.definition.token(configuration?.present("eos_token"))
    return reader.definition
  }

  private mutating func readAddedTokens(_ value: JSONValue?) throws(TokenizerError) {
    guard let value else { return }
    let modelSize = definition.vocabulary.count
    var largest: Int?
    for item in value.elements {
      var content: [UInt8] = []
      item.present("content")?.appendString(to: &content)
      if content.isEmpty { continue }
      var flags = AddedToken.Flags()
      let names: [(StaticString, AddedToken.Flags)] = [
        ("special", .special), ("lstrip", .stripsLeft), ("rstrip", .stripsRight),
        ("single_word", .singleWord), ("normalized", .normalized),
      ]
      for (name, flag) in names where item.present(name)?.bool == true { flags.insert(flag) }
      let token = AddedToken(id: 0, content: content, flags: flags)
      if let known = definition.addedToken(content) {
        guard known.flags == flags else {
          throw .malformed("the added token \(item.contentShown) occurs twice")
        }
        continue
      }
      // The reference does not take the id from the file: a token that the model does not have gets the
      // next free one.
      let next = largest.map { $0 >= modelSize || modelSize == 0 ? $0 + 1 : modelSize } ?? modelSize
      let id = definition.vocabulary.id(of: content).map(Int.init) ?? next
      guard item.present("id")?.int == id else {
        throw .malformed(
          "the added token \(item.contentShown) has an id other than \(id), which the vocabulary gives it")
      }
      largest = max(largest ?? id, id)
      try definition.append(token, id: id)
    }
  }

  // MARK: Post-processor

  private mutating func readPostProcessor(_ value: JSONValue?) throws(TokenizerError) {
    guard let value else { return }
    switch value.kindName {
    case "ByteLevel": break  // Changes offsets only.
    case "Sequence":
      guard let items = value.present("processors") else { throw .malformed("a Sequence without processors") }
      for item in items.elements { try readPostProcessor(item) }
    case "TemplateProcessing": try readTemplate(value)
    case "BertProcessing", "RobertaProcessing":
      try surround([try pairedToken(value, "cls")], [try pairedToken(value, "sep")])
    case let kind: throw .unsupported("post-processor \(kind)")
    }
  }

  /// The id in a pair of a token's content and its id.
  private func pairedToken(_ value: JSONValue, _ name: StaticString) throws(TokenizerError) -> UInt32 {
    guard let id = value.present(name)?.element(1)?.int, id >= 0, id < Vocabulary.maximumSize else {
      throw .malformed("the post-processor's \(name) has no valid id")
    }
    return UInt32(id)
  }

  private mutating func readTemplate(_ value: JSONValue) throws(TokenizerError) {
    guard let pieces = value.present("single"), pieces.kind == .array else {
      throw .malformed("a TemplateProcessing without a template for one text")
    }
    var before: [UInt32] = []
    var after: [UInt32] = []
    var texts = 0
    for piece in pieces.elements {
      if piece.present("Sequence")?.present("id")?.equals("A") == true {
        texts += 1
      } else if let name = piece.present("SpecialToken")?.present("id")?.string {
        guard let ids = value.present("special_tokens")?.present(key: name)?.present("ids") else {
          throw .malformed("the template's token \(name) is not among its special_tokens")
        }
        for id in ids.elements {
          guard let id = id.int, id >= 0, id < Vocabulary.maximumSize else {
            throw .malformed("the template's token \(name) has no valid id")
          }
          if texts == 0 { before.append(UInt32(id)) } else { after.append(UInt32(id)) }
        }
      } else {
        throw .malformed("the template has a piece \(piece.shown)")
      }
    }
    guard texts == 1 else { throw .malformed("the template has the text \(texts) times") }
    try surround(before, after)
  }

  private mutating func surround(_ before: [UInt32], _ after: [UInt32]) throws(TokenizerError) {
    guard definition.prefix.isEmpty, definition.suffix.isEmpty else {
      throw .unsupported("two post-processors that add tokens")
    }
    definition.prefix = before
    definition.suffix = after
  }
}

extension JSONValue {
  /// A member that is there and not null.
  func present(_ name: StaticString) -> JSONValue? {
    self[name].flatMap { $0.kind == .null ? nil : $0 }
  }

  /// A member that is there and not null.
  func present(key: String) -> JSONValue? {
    self[key: key].flatMap { $0.kind == .null ? nil : $0 }
  }

  /// The member `type`, which says what kind of step an object is.
  var kindName: String { present("type")?.string ?? "without a type" }

  /// A string's text as bytes.
  var stringBytes: [UInt8]? {
    guard kind == .string else { return nil }
    var bytes: [UInt8] = []
    appendString(to: &bytes)
    return bytes
  }

  /// The only character of a string.
  var character: Unicode.Scalar? {
    guard let scalars = string?.unicodeScalars, scalars.count == 1 else { return nil }
    return scalars.first
  }

  /// The beginning of the value's text, for messages.
  var shown: String { String(decoding: raw.prefix(60), as: UTF8.self) }

  fileprivate var contentShown: String { present("content")?.shown ?? shown }
}
