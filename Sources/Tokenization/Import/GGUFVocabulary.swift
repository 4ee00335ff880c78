import Checkpoints

/// Reads the vocabulary in a GGUF file's metadata (`tokenizer.ggml.*`) into a definition.
///
/// The metadata names the pre-tokenizer (`tokenizer.ggml.pre`) instead of describing it; the names and what
/// they mean are llama.cpp's. Where its regular expressions only approximate those of the tokenizer they
/// stand for, the tokenizer's own are used.
struct GGUFVocabulary {
  let file: GGUFFile
  var definition = TokenizerDefinition()

  /// - Throws: `TokenizerError`.
  static func read(_ file: GGUFFile) throws(TokenizerError) -> TokenizerDefinition {
    var reader = GGUFVocabulary(file)
    return try reader.read()
  }

  private init(_ file: GGUFFile) { self.file = file }

  private mutating func read() throws(TokenizerError) -> TokenizerDefinition {
    guard let model = file["tokenizer.ggml.model"]?.string else {
      throw .malformed("the GGUF file has no tokenizer (tokenizer.ggml.model)")
    }
    var addsBeginning = true
    switch model {
    case "gpt2": addsBeginning = try readByteLevel()
    case "llama": try readPieces()
    case "gemma4": try readMarkedMerges()
    default: throw .unsupported("GGUF vocabulary \(model)")
    }
    definition.beginning = try token("tokenizer.ggml.bos_token_id")
    definition.end = try token("tokenizer.ggml.eos_token_id")
    if file["tokenizer.ggml.add_bos_token"]?.bool ?? addsBeginning {
      definition.prefix = try required(definition.beginning, "add_bos_token without bos_token_id")
    }
    if file["tokenizer.ggml.add_eos_token"]?.bool ?? false {
      definition.suffix = try required(definition.end, "add_eos_token without eos_token_id")
    }
    return definition
  }

  /// Returns whether texts begin with the beginning token where the file does not say it.
  private mutating func readByteLevel() throws(TokenizerError) -> Bool {
    let pre = file["tokenizer.ggml.pre"]?.string ?? "default"
    guard let kind = GGUFPreTokenizer(name: pre) else { throw .unsupported("GGUF pre-tokenizer \(pre)") }
    definition.steps = try kind.preTokenizerSteps()
    definition.normalizers = kind.normalizers
    definition.ignoresMerges = kind.ignoresMerges
    try readTokens()
    try readMerges()
    return kind.addsBeginning
  }

  private func required(_ id: UInt32?, _ otherwise: String) throws(TokenizerError) -> [UInt32] {
    guard let id else { throw .malformed(otherwise) }
    return [id]
  }

  func token(_ key: String) throws(TokenizerError) -> UInt32? {
    guard let value = file[key] else { return nil }
    guard let id = value.int, id >= 0, id < definition.vocabulary.size else {
      throw .malformed("\(key) is not the id of a token")
    }
    return UInt32(id)
  }

  mutating func readTokens() throws(TokenizerError) {
    guard let tokens = file["tokenizer.ggml.tokens"]?.array, tokens.elementType == .string else {
      throw .malformed("the GGUF file has no list of tokens (tokenizer.ggml.tokens)")
    }
    var types: [Int]?
    if let value = file["tokenizer.ggml.token_type"] {
      types = value.array?.ints
      guard types?.count == tokens.count else {
        throw .malformed("tokenizer.ggml.token_type does not have a number for each token")
      }
    }
    for (id, string) in tokens.strings.enumerated() {
      if string.isEmpty { continue }
      try definition.vocabulary.insert(string, id: id)
      switch types?[id] {
      case TokenType.byte: definition.hidden.insert(UInt32(id))
      case TokenType.control, TokenType.unknown:
        definition.hidden.insert(UInt32(id))
        try definition.append(AddedToken(id: 0, content: Array(string), flags: .special), id: id)
      case TokenType.userDefined:
        try definition.append(AddedToken(id: 0, content: Array(string), flags: []), id: id)
      default: break
      }
    }
  }

  /// Numbers of llama.cpp's token types.
  private enum TokenType {
    static let unknown = 2
    static let control = 3
    static let userDefined = 4
    static let byte = 6
  }

  /// Merges are strings of two tokens with a space between; the first begins with no space of its own.
  mutating func readMerges() throws(TokenizerError) {
    guard let merges = file["tokenizer.ggml.merges"]?.array, merges.elementType == .string else {
      throw .malformed("the GGUF file has no list of merges (tokenizer.ggml.merges)")
    }
    definition.merges.reserveCapacity(merges.count)
    for merge in merges.strings {
      guard let space = merge.dropFirst().firstIndex(of: 0x20) else {
        throw .malformed("merge '\(String(decoding: merge, as: UTF8.self))' is not a pair")
      }
      try definition.appendMerge(merge[..<space], merge[(space + 1)...])
    }
  }
}
