import Records

/// Reads Mistral's `tekken.json`: tokens as bytes by rank, a regular expression,
/// and how many of them are used.
///
/// The control tokens have the first ids, the others follow. A file that names no control tokens, as those up
/// to version 7 may, has the twenty that were usual; what is missing to their number is filled up.
struct TekkenVocabulary {
  /// - Parameters:
  ///   - root: the parsed `tekken.json`.
  ///   - configuration: the parsed `tokenizer_config.json`, which may say that no
  ///     beginning token is to be added.
  /// - Throws: `TokenizerError`.
  static func read(_ root: JSONValue, configuration: JSONValue?) throws(TokenizerError) -> TokenizerDefinition
  {
    guard let config = root["config"], let pattern = config["pattern"]?.string else {
      throw .malformed("tekken.json has no config with a pattern")
    }
    guard let size = config["default_vocab_size"]?.int,
      let specialCount = config["default_num_special_tokens"]?.int,
      (0..<1 << 16).contains(specialCount), size > specialCount, size < Vocabulary.maximumSize
    else { throw .malformed("tekken.json has no valid default_vocab_size and default_num_special_tokens") }
    var definition = TokenizerDefinition()
    definition.steps = [try .split(regularExpression: pattern, .isolated)]
    try readTokens(root["vocab"], count: size - specialCount, firstId: specialCount, into: &definition)
    try readSpecials(root, config, count: specialCount, into: &definition)
    definition.beginning = definition.id(of: "<s>")
    definition.end = definition.id(of: "</s>")
    if configuration?["add_bos_token"]?.bool ?? true, let beginning = definition.beginning {
      definition.prefix = [beginning]
    }
    return definition
  }

  private static func readTokens(
    _ vocabulary: JSONValue?, count: Int, firstId: Int, into definition: inout TokenizerDefinition
  ) throws(TokenizerError) {
    guard let vocabulary, vocabulary.kind == .array else { throw .malformed("tekken.json has no vocab") }
    var tokens: [UInt8] = []
    var ends: [Int] = []
    for token in vocabulary.elements.prefix(count) {
      guard token["rank"]?.int == ends.count, let text = token["token_bytes"]?.string,
        Base64.append(Array(text.utf8), to: &tokens)
      else { throw .malformed("tekken.json has no token of rank \(ends.count) in its place") }
      ends.append(tokens.count)
    }
    guard ends.count == count else {
      throw .malformed("tekken.json has \(ends.count) tokens, fewer than the \(count) that it says are used")
    }
    try definition.setRanked(tokens: tokens, ends: ends, ids: Array(firstId..<firstId + count))
  }

  private static func readSpecials(
    _ root: JSONValue, _ config: JSONValue, count: Int, into definition: inout TokenizerDefinition
  ) throws(TokenizerError) {
    var texts: [String] = []
    if let tokens = root["special_tokens"], tokens.kind == .array {
      for token in tokens.elements {
        guard token["rank"]?.int == texts.count, let text = token["token_str"]?.string, !text.isEmpty else {
          throw .malformed("tekken.json has no special token of rank \(texts.count) in its place")
        }
        texts.append(text)
      }
    } else {
      let version = config["version"]?.string ?? "without a number"
      guard (1...7).contains(Int(version.drop { $0 == "v" }.prefix(while: \.isNumber)) ?? 0) else {
        throw .malformed("tekken.json of version \(version) has no special_tokens")
      }
      texts = usual
    }
    guard texts.count <= count else {
      throw .malformed(
        "tekken.json has \(texts.count) special tokens, more than the \(count) that it says it has")
    }
    texts += (texts.count..<count).map { "<SPECIAL_\($0)>" }
    for (id, text) in texts.enumerated() {
      guard definition.id(of: text) == nil else {
        throw .malformed("tekken.json has the special token \(text) twice")
      }
      try definition.appendSpecial(text, id: id)
    }
  }

  private static let usual = [
    "<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]", "[TOOL_CALLS]", "[IMG]", "<pad>", "[IMG_BREAK]", "[IMG_END]", "[PREFIX]", "[MIDDLE]",
    "[SUFFIX]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[TOOL_CONTENT]",
  ]
}
