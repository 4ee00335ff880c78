import Checkpoints

extension GGUFVocabulary {
  /// The mark for spaces.
  private static let mark = Array("▁".utf8)

  /// Reads a vocabulary of SentencePiece: tokens and their scores.
  mutating func readPieces() throws(TokenizerError) {
    try readTokens()
    guard let scores = file["tokenizer.ggml.scores"]?.array?.floats,
      scores.count >= definition.vocabulary.size,
      scores.allSatisfy(\.isFinite)
    else { throw .malformed("tokenizer.ggml.scores does not have a number for each token") }
    definition.model = .pieces(scores: scores)
    definition.unknown = try token("tokenizer.ggml.unknown_token_id")
    let isPrefixed = file["tokenizer.ggml.add_space_prefix"]?.bool ?? true
    useMarks(isPrefixed: isPrefixed)
  }

  /// Reads a vocabulary of merges of characters, with marks for spaces.
  mutating func readMarkedMerges() throws(TokenizerError) {
    try readTokens()
    try readMerges()
    definition.steps = [try .split(regularExpression: #"[^\n]+|[\n]+"#, .isolated)]
    useMarks(isPrefixed: false)
  }

  private mutating func useMarks(isPrefixed: Bool) {
    definition.spelling = .characters
    definition.byteFallback = true
    definition.normalizers = .marks(Self.mark, isPrefixed: isPrefixed)
    definition.decoders = .marks(Self.mark, isPrefixed: isPrefixed)
  }
}

extension [NormalizerStep] {
  /// A mark for each space, and one before the text.
  static func marks(_ mark: [UInt8], isPrefixed: Bool) -> [NormalizerStep] {
    (isPrefixed ? [.prepend(mark)] : []) + [.replace(Pattern(literal: " "), name: "' '", with: mark)]
  }
}

extension [DecoderStep] {
  /// Spaces for marks, characters for tokens of bytes, and no space before the text
  /// if one has been put there.
  static func marks(_ mark: [UInt8], isPrefixed: Bool) -> [DecoderStep] {
    [.replace(mark, with: [0x20]), .byteFallback, .fuse]
      + (isPrefixed ? [.strip(" ", start: 1, stop: 0)] : [])
  }
}
