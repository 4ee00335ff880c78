import Records

extension TokenizerDefinition {
  /// Adds a merge of two tokens by their strings, after those already there.
  ///
  /// - Throws: `TokenizerError.malformed` when either, or both together, are not in the vocabulary.
  mutating func appendMerge(
    _ left: some Collection<UInt8>, _ right: some Collection<UInt8>
  ) throws(TokenizerError) {
    guard merges.count < Int(MergeTable.noRank) - 1 else { throw .unsupported("so many merges") }
    guard let first = vocabulary.id(of: left) else { throw .malformed(Self.outOfVocabulary(left)) }
    guard let second = vocabulary.id(of: right) else { throw .malformed(Self.outOfVocabulary(right)) }
    guard vocabulary.id(joining: first, second) != nil else {
      throw .malformed(Self.outOfVocabulary(Array(left) + Array(right)))
    }
    merges.append((first, second))
  }

  /// Takes from a `tokenizer_config.json` what the tokens for beginning and end are and whether
  /// they are put around texts.
  ///
  /// Without a word about it the beginning token is put before texts, as LlamaTokenizer
  /// and GemmaTokenizer do.
  mutating func applyConfiguration(_ configuration: JSONValue?) {
    beginning = token(configuration?.present("bos_token")) ?? beginning
    end = token(configuration?.present("eos_token")) ?? end
    if configuration?.present("add_bos_token")?.bool ?? true, let beginning { prefix = [beginning] }
    if configuration?.present("add_eos_token")?.bool ?? false, let end { suffix = [end] }
  }

  /// The id of a token that a configuration names: its text, or an object with its `content`.
  func token(_ value: JSONValue?) -> UInt32? {
    guard let value, let content = (value.present("content") ?? value).stringBytes, !content.isEmpty else {
      return nil
    }
    return addedToken(content)?.id ?? vocabulary.id(of: content)
  }

  /// The tokens `<0x00>` to `<0xFF>`.
  var fallbackTokens: [UInt32?] {
    (0..<256).map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      return vocabulary.id(of: "<0x\(byte < 16 ? "0" : "")\(digits)>".utf8)
    }
  }

  private static func outOfVocabulary(_ string: some Collection<UInt8>) -> String {
    "the merges have '\(String(decoding: string, as: UTF8.self))', which the vocabulary has not"
  }
}

extension PreTokenizerStep {
  /// A split at the matches of a regular expression.
  ///
  /// - Throws: `TokenizerError.pattern` when it cannot be compiled.
  static func split(
    regularExpression source: String, _ behavior: SplitBehavior, inverted: Bool = false
  ) throws(TokenizerError) -> PreTokenizerStep {
    .split(try PatternParser.parse(source), name: source, behavior, inverted: inverted)
  }
}
