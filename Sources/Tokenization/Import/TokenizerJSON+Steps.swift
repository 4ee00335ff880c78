import Records

extension TokenizerJSON {
  // MARK: Normalizer

  mutating func readNormalizer(_ value: JSONValue?) throws(TokenizerError) {
    guard let value else { return }
    switch value.kindName {
    case "NFC": definition.normalizers.append(.form(.nfc))
    case "NFD": definition.normalizers.append(.form(.nfd))
    case "NFKC": definition.normalizers.append(.form(.nfkc))
    case "NFKD": definition.normalizers.append(.form(.nfkd))
    case "Lowercase": definition.normalizers.append(.lowercase)
    case "StripAccents": definition.normalizers.append(.stripAccents)
    case "Nmt": definition.normalizers.append(.nmt)
    case "ByteLevel": definition.normalizers.append(.byteLevel)
    case "Strip":
      definition.normalizers.append(
        .strip(
          left: value.present("strip_left")?.bool ?? false, right: value.present("strip_right")?.bool ?? false
        )
      )
    case "Prepend":
      guard let string = value.present("prepend")?.stringBytes else {
        throw .malformed("a Prepend without a string")
      }
      if !string.isEmpty { definition.normalizers.append(.prepend(string)) }
    case "Replace":
      let (pattern, name) = try readPattern(value, "Replace")
      guard let content = value.present("content")?.stringBytes else {
        throw .malformed("a Replace without content")
      }
      definition.normalizers.append(.replace(pattern, name: name, with: content))
    case "Sequence":
      guard let items = value.present("normalizers") else {
        throw .malformed("a Sequence without normalizers")
      }
      for item in items.elements { try readNormalizer(item) }
    case let kind: throw .unsupported("normalizer \(kind)")
    }
  }

  /// The member `pattern`: a regular expression or a string.
  private func readPattern(
    _ value: JSONValue, _ kind: String
  ) throws(TokenizerError) -> (pattern: Pattern, name: String) {
    if let source = value.present("pattern")?.present("Regex")?.string {
      return (try PatternParser.parse(source), source)
    }
    guard let text = value.present("pattern")?.present("String")?.string, !text.isEmpty else {
      throw .malformed("a \(kind) without a pattern")
    }
    return (Pattern(literal: text), "'\(text)'")
  }

  // MARK: Pre-tokenizer

  mutating func readPreTokenizer(_ value: JSONValue?) throws(TokenizerError) {
    if let value { try readStep(value) }
    let isMergeModel = if case .merges = definition.model { true } else { false }
    let isComplete = hasAllBytes || (definition.unknown == nil && !definition.byteFallback)
    // Where the bytes are spelled out last and each has its token, pieces can be taken as bytes at once.
    if isMergeModel, isComplete, definition.steps.firstIndex(of: .byteLevel) == definition.steps.count - 1 {
      definition.steps.removeLast()
      definition.spelling = .byteLevel
    } else {
      definition.spelling = .characters
    }
  }

  private mutating func readStep(_ value: JSONValue) throws(TokenizerError) {
    switch value.kindName {
    case "Sequence":
      guard let items = value.present("pretokenizers") else {
        throw .malformed("a Sequence without pretokenizers")
      }
      for item in items.elements { try readStep(item) }
    case "ByteLevel":
      if value.present("add_prefix_space")?.bool ?? true { definition.steps.append(.prefixSpace) }
      if value.present("use_regex")?.bool ?? true {
        definition.steps.append(try .split(regularExpression: PatternSource.gpt2, .isolated))
      }
      definition.steps.append(.byteLevel)
    case "Digits":
      let isIndividual = value.present("individual_digits")?.bool ?? false
      append(.numeric, "Digits", isIndividual ? .isolated : .contiguous)
    case "Punctuation": append(.punctuation, "Punctuation", try readBehavior(value, otherwise: .isolated))
    case "WhitespaceSplit": append(.whiteSpace, "WhitespaceSplit", .removed)
    case "Whitespace":
      let word = Pattern.characters(.word)
      let other = Pattern.characters(CodePointSet.word.union(.whiteSpace).inverted)
      func run(_ body: Pattern) -> Pattern { .repetition(body: body, minimum: 1, maximum: nil, lazy: false) }
      definition.steps.append(
        .split(.alternation([run(word), run(other)]), name: "Whitespace", .removed, inverted: true))
    case "CharDelimiterSplit":
      guard let delimiter = value.present("delimiter")?.character else {
        throw .malformed("a CharDelimiterSplit without a character")
      }
      append(CodePointSet(delimiter.value), "CharDelimiterSplit", .removed)
    case "Split":
      let (pattern, name) = try readPattern(value, "Split")
      definition.steps.append(
        .split(
          pattern, name: name, try readBehavior(value), inverted: value.present("invert")?.bool ?? false))
    case "Metaspace": try readMetaspace(value)
    case let kind: throw .unsupported("pre-tokenizer \(kind)")
    }
  }

  /// Appends a split at single characters.
  private mutating func append(_ characters: CodePointSet, _ name: String, _ behavior: SplitBehavior) {
    definition.steps.append(.split(.characters(characters), name: name, behavior, inverted: false))
  }

  private func readBehavior(
    _ value: JSONValue, otherwise: SplitBehavior? = nil
  ) throws(TokenizerError) -> SplitBehavior {
    switch value.present("behavior")?.string {
    case "Isolated": return .isolated
    case "Removed": return .removed
    case "MergedWithPrevious": return .mergedWithPrevious
    case "MergedWithNext": return .mergedWithNext
    case "Contiguous": return .contiguous
    case let other:
      guard other == nil, let otherwise else {
        throw .unsupported("\(value.kindName) behavior \(other ?? "that is missing")")
      }
      return otherwise
    }
  }

  private mutating func readMetaspace(_ value: JSONValue) throws(TokenizerError) {
    let (mark, prefix) = try readMark(value)
    definition.steps.append(.metaspace(mark, prefix))
    if value.present("split")?.bool ?? true {
      definition.steps.append(
        .split(Pattern(literal: String(mark)), name: "Metaspace", .mergedWithNext, inverted: false))
    }
  }

  /// The character that stands for spaces, and where it is put before texts. Older files say the latter by
  /// `add_prefix_space`.
  private func readMark(_ value: JSONValue) throws(TokenizerError) -> (Unicode.Scalar, MetaspacePrefix) {
    guard let mark = value.present("replacement")?.character else {
      throw .malformed("a Metaspace without a character")
    }
    let prefix: MetaspacePrefix
    switch value.present("prepend_scheme")?.string {
    case "always", nil: prefix = .always
    case "first": prefix = .first
    case "never": prefix = .never
    case let other?: throw .unsupported("prepend_scheme \(other)")
    }
    guard value.present("add_prefix_space")?.bool == false else { return (mark, prefix) }
    guard prefix == .never || value.present("prepend_scheme") == nil else {
      throw .malformed("add_prefix_space of the Metaspace does not match its prepend_scheme")
    }
    return (mark, .never)
  }

  // MARK: Decoder

  mutating func readDecoder(_ value: JSONValue?) throws(TokenizerError) {
    definition.decoders = []
    guard let value else {
      definition.decoders = [.joinWithSpaces]
      return
    }
    try readDecoderStep(value)
  }

  private mutating func readDecoderStep(_ value: JSONValue) throws(TokenizerError) {
    switch value.kindName {
    case "Sequence":
      guard let items = value.present("decoders") else { throw .malformed("a Sequence without decoders") }
      for item in items.elements { try readDecoderStep(item) }
    case "ByteLevel": definition.decoders.append(.byteLevel)
    case "ByteFallback": definition.decoders.append(.byteFallback)
    case "Fuse": definition.decoders.append(.fuse)
    case "Metaspace":
      let (mark, prefix) = try readMark(value)
      definition.decoders.append(.metaspace(mark, dropsFirst: prefix != .never))
    case "Replace":
      guard let old = value.present("pattern")?.present("String")?.stringBytes, !old.isEmpty else {
        throw .unsupported("decoder Replace with a regular expression")
      }
      guard let new = value.present("content")?.stringBytes else {
        throw .malformed("a Replace without content")
      }
      definition.decoders.append(.replace(old, with: new))
    case "Strip":
      guard let character = value.present("content")?.character, let start = value.present("start")?.int,
        let stop = value.present("stop")?.int, (0...1000).contains(start), (0...1000).contains(stop)
      else { throw .malformed("a Strip without a character and two small numbers") }
      definition.decoders.append(.strip(character, start: start, stop: stop))
    case let kind: throw .unsupported("decoder \(kind)")
    }
  }
}
