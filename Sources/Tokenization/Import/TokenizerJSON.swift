import Records

/// Reads Hugging Face's `tokenizer.json` into a definition. What it does not know it refuses by name.
struct TokenizerJSON {
  private var definition = TokenizerDefinition()

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
    reader.definition.beginning = reader.token(configuration?.present("bos_token"))
    reader.definition.end = reader.token(configuration?.present("eos_token"))
    return reader.definition
  }

  // MARK: Model

  private mutating func readModel(_ model: JSONValue) throws(TokenizerError) {
    let kind = model.present("type")?.string ?? (model.present("merges") != nil ? "BPE" : "without a type")
    guard kind == "BPE" else { throw .unsupported("model \(kind)") }
    for name in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let affix = model.present(key: name), !affix.isEmptyString {
        throw .unsupported("\(name) of the model")
      }
    }
    definition.ignoresMerges = model.present("ignore_merges")?.bool ?? false
    guard let vocabulary = model.present("vocab"), vocabulary.kind == .object else {
      throw .malformed("the model has no vocabulary")
    }
    var string: [UInt8] = []
    for (key, value) in vocabulary.members {
      string.removeAll(keepingCapacity: true)
      key.appendString(to: &string)
      guard let id = value.int else { throw .malformed("the id of token \(key.shown) is not an integer") }
      try definition.vocabulary.insert(string, id: id)
    }
    try readMerges(model.present("merges"))
    for byte in UInt8.min...UInt8.max where definition.vocabulary.id(of: ByteLevel.string(of: byte)) == nil {
      if let unknown = model.present("unk_token"), !unknown.isEmptyString {
        throw .unsupported("unk_token where a byte has no token (byte \(byte))")
      }
      if model.present("byte_fallback")?.bool == true {
        throw .unsupported("byte_fallback where a byte has no token (byte \(byte))")
      }
    }
  }

  /// Merges are pairs, or, in older files, strings with a space between the two.
  private mutating func readMerges(_ merges: JSONValue?) throws(TokenizerError) {
    guard let merges, merges.kind == .array else { throw .malformed("the model has no list of merges") }
    definition.merges.reserveCapacity(merges.count)
    var left: [UInt8] = []
    var right: [UInt8] = []
    for merge in merges.elements {
      left.removeAll(keepingCapacity: true)
      right.removeAll(keepingCapacity: true)
      if merge.kind == .string {
        merge.appendString(to: &left)
        if left.starts(with: "#version".utf8) { continue }
        guard let space = left.firstIndex(of: 0x20) else {
          throw .malformed("merge \(merge.shown) is not a pair")
        }
        right += left[(space + 1)...]
        left.removeSubrange(space...)
        guard !right.contains(0x20) else { throw .malformed("merge \(merge.shown) is not a pair") }
      } else {
        guard merge.count == 2, let first = merge.element(0), first.kind == .string,
          let second = merge.element(1), second.kind == .string
        else { throw .malformed("merge \(merge.shown) is not a pair") }
        first.appendString(to: &left)
        second.appendString(to: &right)
      }
      try definition.appendMerge(left, right)
    }
  }

  // MARK: Normalizer and added tokens

  private mutating func readNormalizer(_ value: JSONValue?) throws(TokenizerError) {
    guard let value else { return }
    switch value.kindName {
    case "NFC": definition.normalizers.append(.form(.nfc))
    case "Sequence":
      guard let items = value.present("normalizers") else {
        throw .malformed("a Sequence without normalizers")
      }
      for item in items.elements { try readNormalizer(item) }
    case let kind: throw .unsupported("normalizer \(kind)")
    }
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
        ("single_word", .singleWord),
        ("normalized", .normalized),
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

  // MARK: Pre-tokenizer

  private mutating func readPreTokenizer(_ value: JSONValue?) throws(TokenizerError) {
    var isByteLevel = false
    if let value { try readStep(value, &isByteLevel) }
    guard isByteLevel else { throw .unsupported("a pre-tokenizer without ByteLevel") }
  }

  private mutating func readStep(_ value: JSONValue, _ isByteLevel: inout Bool) throws(TokenizerError) {
    let kind = value.kindName
    guard kind == "Sequence" || !isByteLevel else {
      throw .unsupported("pre-tokenizer \(kind) after ByteLevel")
    }
    switch kind {
    case "Sequence":
      guard let items = value.present("pretokenizers") else {
        throw .malformed("a Sequence without pretokenizers")
      }
      for item in items.elements { try readStep(item, &isByteLevel) }
    case "ByteLevel":
      if value.present("add_prefix_space")?.bool ?? true { definition.steps.append(.prefixSpace) }
      if value.present("use_regex")?.bool ?? true {
        definition.steps.append(try .split(regularExpression: PatternSource.gpt2, .isolated))
      }
      isByteLevel = true
    case "Digits":
      let isIndividual = value.present("individual_digits")?.bool ?? false
      definition.steps.append(
        .split(
          .characters(.numeric), name: "Digits", isIndividual ? .isolated : .contiguous, inverted: false))
    case "Split":
      definition.steps.append(try readSplit(value))
    default:
      throw .unsupported("pre-tokenizer \(kind)")
    }
  }

  private func readSplit(_ value: JSONValue) throws(TokenizerError) -> PreTokenizerStep {
    let behavior: SplitBehavior
    switch value.present("behavior")?.string {
    case "Isolated": behavior = .isolated
    case "Removed": behavior = .removed
    case "MergedWithPrevious": behavior = .mergedWithPrevious
    case "MergedWithNext": behavior = .mergedWithNext
    case "Contiguous": behavior = .contiguous
    case let other: throw .unsupported("Split behavior \(other ?? "that is missing")")
    }
    let isInverted = value.present("invert")?.bool ?? false
    if let source = value.present("pattern")?.present("Regex")?.string {
      return try .split(regularExpression: source, behavior, inverted: isInverted)
    }
    guard let text = value.present("pattern")?.present("String")?.string, !text.isEmpty else {
      throw .malformed("a Split without a pattern")
    }
    return .split(Pattern(literal: text), name: "'\(text)'", behavior, inverted: isInverted)
  }

  // MARK: Post-processor and decoder

  private mutating func readPostProcessor(_ value: JSONValue?) throws(TokenizerError) {
    guard let value else { return }
    switch value.kindName {
    case "ByteLevel": break  // Changes offsets only.
    case "Sequence":
      guard let items = value.present("processors") else { throw .malformed("a Sequence without processors") }
      for item in items.elements { try readPostProcessor(item) }
    case "TemplateProcessing": try readTemplate(value)
    case let kind: throw .unsupported("post-processor \(kind)")
    }
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
    guard definition.prefix.isEmpty, definition.suffix.isEmpty else {
      throw .unsupported("two TemplateProcessing")
    }
    definition.prefix = before
    definition.suffix = after
  }

  private func readDecoder(_ value: JSONValue?) throws(TokenizerError) {
    guard let value, value.kindName != "ByteLevel" else { return }
    guard value.kindName == "Sequence", let items = value.present("decoders") else {
      throw .unsupported("decoder \(value.kindName)")
    }
    for item in items.elements { try readDecoder(item) }
  }

  /// The id of a token that a configuration names: its text, or an object with its `content`.
  private mutating func token(_ value: JSONValue?) -> UInt32? {
    guard let value else { return nil }
    var content: [UInt8] = []
    (value.present("content") ?? value).appendString(to: &content)
    guard !content.isEmpty else { return nil }
    return definition.addedToken(content)?.id ?? definition.vocabulary.id(of: content)
  }
}

extension JSONValue {
  /// A member that is there and not null.
  fileprivate func present(_ name: StaticString) -> JSONValue? {
    self[name].flatMap { $0.kind == .null ? nil : $0 }
  }

  fileprivate func present(key: String) -> JSONValue? {
    self[key: key].flatMap { $0.kind == .null ? nil : $0 }
  }

  /// The member `type`, which says what kind of step an object is.
  fileprivate var kindName: String { present("type")?.string ?? "without a type" }

  /// The beginning of the value's text, for messages.
  fileprivate var shown: String { String(decoding: raw.prefix(60), as: UTF8.self) }

  fileprivate var contentShown: String { present("content")?.shown ?? shown }
}
