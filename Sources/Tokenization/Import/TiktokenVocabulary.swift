import Records

/// Reads a rank file of tiktoken: lines of a token in Base64, a space and its rank.
///
/// The file says nothing of how texts are split and what the control tokens are. Those go by the file's name
/// and size and by the tokenizer's class in `tokenizer_config.json`; see `TiktokenKind`.
struct TiktokenVocabulary {
  private var tokens: [UInt8] = []
  private var ends: [Int] = []
  private var ranks: [Int] = []

  /// Whether a file begins like a rank file: one line of Base64, a space and digits.
  static func isRankFile(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let line = bytes.prefix(1024).prefix { $0 != 0x0A }
    guard let space = line.firstIndex(of: 0x20), space > line.startIndex else { return false }
    var token: [UInt8] = []
    let rank = line[(space + 1)...].filter { $0 != 0x0D }
    return Base64.append(line[..<space], to: &token) && !rank.isEmpty
      && rank.allSatisfy { (0x30...0x39).contains($0) }
  }

  /// - Parameters:
  ///   - bytes: the rank file.
  ///   - name: its name, which tells what vocabulary it is.
  ///   - configuration: the parsed `tokenizer_config.json`, which may name the control tokens.
  /// - Throws: `TokenizerError`, `unsupported` for a vocabulary whose way of splitting is not known.
  static func read(
    _ bytes: UnsafeRawBufferPointer, name: String, configuration: JSONValue?
  ) throws(TokenizerError) -> TokenizerDefinition {
    var reader = TiktokenVocabulary()
    try reader.readRanks(bytes)
    let kind = TiktokenKind.all.first { $0.isKind(of: name, count: reader.ranks.count, configuration) }
    guard let kind else {
      throw .unsupported(
        "\(name), a tiktoken vocabulary of \(reader.ranks.count) tokens whose regular expression is not known"
      )
    }
    var definition = TokenizerDefinition()
    definition.steps = [try .split(regularExpression: kind.pattern, .isolated)]
    if kind.isComposed { definition.normalizers = [.form(.nfc)] }
    try definition.setRanked(tokens: reader.tokens, ends: reader.ends, ids: reader.ranks)
    try definition.appendConfiguredTokens(configuration)
    for (text, id) in kind.specials { try definition.appendSpecial(text, id: id) }
    guard !definition.addedTokens.isEmpty else {
      throw .unsupported("\(name) without added_tokens_decoder in a tokenizer_config.json")
    }
    definition.beginning = definition.configuredToken(configuration?["bos_token"], otherwise: kind.beginning)
    definition.end = definition.configuredToken(configuration?["eos_token"], otherwise: kind.end)
    if configuration?["add_bos_token"]?.bool ?? true {
      definition.prefix = kind.prefix.compactMap { definition.id(of: $0) }
    }
    return definition
  }

  private mutating func readRanks(_ bytes: UnsafeRawBufferPointer) throws(TokenizerError) {
    var number = 0
    for line in bytes.split(separator: 0x0A) {
      number += 1
      let fields = line.split(whereSeparator: { $0 == 0x20 || $0 == 0x0D })
      if fields.isEmpty { continue }
      guard fields.count == 2, Base64.append(fields[0], to: &tokens), let rank = Self.number(fields[1]) else {
        throw .malformed("line \(number) is not a token in Base64 and its rank")
      }
      guard ranks.last.map({ $0 < rank }) ?? true else {
        throw .malformed("the rank in line \(number) is not above the one before")
      }
      ends.append(tokens.count)
      ranks.append(rank)
    }
  }

  /// A decimal number below the largest id.
  private static func number(_ digits: Slice<UnsafeRawBufferPointer>) -> Int? {
    guard digits.count <= 9, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }
}

extension TokenizerDefinition {
  /// Adds the tokens in `added_tokens_decoder` of a `tokenizer_config.json`, by id.
  mutating func appendConfiguredTokens(_ configuration: JSONValue?) throws(TokenizerError) {
    guard let tokens = configuration?["added_tokens_decoder"], tokens.kind == .object else { return }
    for (key, value) in tokens.members {
      guard let text = value["content"]?.string, !text.isEmpty, let id = key.string.flatMap({ Int($0) })
      else {
        throw .malformed("tokenizer_config.json has an added token without id or content")
      }
      var flags = AddedToken.Flags()
      let names: [(StaticString, AddedToken.Flags)] = [
        ("special", .special), ("lstrip", .stripsLeft), ("rstrip", .stripsRight),
        ("single_word", .singleWord), ("normalized", .normalized),
      ]
      for (name, flag) in names where value[name]?.bool == true { flags.insert(flag) }
      try append(AddedToken(id: 0, content: Array(text.utf8), flags: flags), id: id)
    }
  }

  /// The id of a token that a configuration names, by its text or in an object with its
  /// `content`; without one, of `text`.
  func configuredToken(_ value: JSONValue?, otherwise text: String?) -> UInt32? {
    (value?.string ?? value?["content"]?.string ?? text).flatMap { id(of: $0) }
  }
}
