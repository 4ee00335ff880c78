import Records

/// Reads SentencePiece's `tokenizer.model`, a protocol buffer (sentencepiece_model.proto), into a definition.
///
/// Control tokens are looked for in texts, as those who use such models do; SentencePiece itself does not.
struct SentencePieceModel {
  private var pieces: [Piece] = []
  private var kind = Kind.unigram
  private var byteFallback = false
  private var isSuffixed = false
  private var beginning = 1
  private var end = 2
  private var normalization = Normalization()

  private struct Piece {
    var text: [UInt8] = []
    var score: Float = 0
    var type = PieceType.normal
  }

  /// Numbers of `SentencePiece.Type`.
  private enum PieceType: UInt64 {
    case normal = 1
    case unknown, control, userDefined, unused, byte
  }

  /// Numbers of `TrainerSpec.ModelType`.
  private enum Kind: UInt64 {
    case unigram = 1
    case bpe, word, char
  }

  /// The fields of `NormalizerSpec`.
  private struct Normalization {
    var charsmap: [UInt8] = []
    var addsPrefix = true
    var removesExtraSpaces = true
    var escapesSpaces = true
  }

  /// - Parameters:
  ///   - bytes: the file.
  ///   - configuration: the parsed `tokenizer_config.json` beside it.
  /// - Returns: the tokenizer it describes.
  /// - Throws: `TokenizerError`.
  static func read(
    _ bytes: UnsafeRawBufferPointer, configuration: JSONValue?
  ) throws(TokenizerError) -> TokenizerDefinition {
    var model = SentencePieceModel()
    try model.readModel(bytes)
    return try model.definition(configuration)
  }

  // MARK: Fields

  private mutating func readModel(_ bytes: UnsafeRawBufferPointer) throws(TokenizerError) {
    var buffer = ProtocolBuffer(bytes)
    while let (number, value) = try buffer.next() {
      guard case .bytes(let message) = value else { continue }
      switch number {
      case 1: try readPiece(message)
      case 2: try readTrainer(message)
      case 3: try readNormalizer(message)
      default: break
      }
    }
    guard !pieces.isEmpty else { throw .malformed("a SentencePiece model without pieces") }
  }

  private mutating func readPiece(_ message: UnsafeRawBufferPointer) throws(TokenizerError) {
    var piece = Piece()
    var buffer = ProtocolBuffer(message)
    while let (number, value) = try buffer.next() {
      switch (number, value) {
      case (1, .bytes(let text)): piece.text = Array(text)
      case (2, .fixed32(let bits)): piece.score = Float(bitPattern: bits)
      case (3, .integer(let type)):
        guard let type = PieceType(rawValue: type) else {
          throw .malformed("piece \(pieces.count) has no known type")
        }
        piece.type = type
      default: break
      }
    }
    guard !piece.text.isEmpty, piece.text.withUnsafeBytes({ firstInvalidByte($0) }) == nil,
      piece.score.isFinite
    else { throw .malformed("piece \(pieces.count) has no text or no finite score") }
    pieces.append(piece)
  }

  private mutating func readTrainer(_ message: UnsafeRawBufferPointer) throws(TokenizerError) {
    var buffer = ProtocolBuffer(message)
    while let (number, value) = try buffer.next() {
      guard case .integer(let integer) = value else { continue }
      switch number {
      case 3:
        guard let kind = Kind(rawValue: integer) else { throw .malformed("a model without a known type") }
        self.kind = kind
      case 24: isSuffixed = integer != 0
      case 35: byteFallback = integer != 0
      case 41: beginning = Int(truncatingIfNeeded: integer)
      case 42: end = Int(truncatingIfNeeded: integer)
      default: break
      }
    }
  }

  private mutating func readNormalizer(_ message: UnsafeRawBufferPointer) throws(TokenizerError) {
    var buffer = ProtocolBuffer(message)
    while let (number, value) = try buffer.next() {
      switch (number, value) {
      case (2, .bytes(let charsmap)): normalization.charsmap = Array(charsmap)
      case (3, .integer(let flag)): normalization.addsPrefix = flag != 0
      case (4, .integer(let flag)): normalization.removesExtraSpaces = flag != 0
      case (5, .integer(let flag)): normalization.escapesSpaces = flag != 0
      default: break
      }
    }
  }

  // MARK: Definition

  private func definition(_ configuration: JSONValue?) throws(TokenizerError) -> TokenizerDefinition {
    guard !isSuffixed else { throw .unsupported("treat_whitespace_as_suffix") }
    guard kind == .unigram || kind == .bpe else {
      throw .unsupported("a SentencePiece model of type \(kind)")
    }
    var definition = TokenizerDefinition()
    definition.spelling = .characters
    definition.byteFallback = byteFallback
    definition.fusesUnknown = true
    for (id, piece) in pieces.enumerated() { try add(piece, id, to: &definition) }
    guard definition.unknown != nil else {
      throw .malformed("a SentencePiece model without an unknown piece")
    }
    definition.model = kind == .bpe ? .pieces(scores: pieces.map(\.score)) : .unigram(unigramScores)
    definition.normalizers = try normalizers()
    definition.decoders = .marks(Array("▁".utf8), isPrefixed: normalization.addsPrefix)
    definition.beginning = pieces.indices.contains(beginning) ? UInt32(beginning) : nil
    definition.end = pieces.indices.contains(end) ? UInt32(end) : nil
    definition.applyConfiguration(configuration)
    return definition
  }

  private func add(_ piece: Piece, _ id: Int, to definition: inout TokenizerDefinition) throws(TokenizerError)
  {
    try definition.vocabulary.insert(piece.text, id: id)
    let token = AddedToken(id: 0, content: piece.text, flags: .special)
    switch piece.type {
    case .normal: return
    case .byte: break
    case .unknown:
      guard definition.unknown == nil else {
        throw .malformed("a SentencePiece model with two unknown pieces")
      }
      definition.unknown = UInt32(id)
      try definition.append(token, id: id)
    case .control: try definition.append(token, id: id)
    case .userDefined:
      // The most probable segmentation may, but need not, have them.
      if kind == .unigram { return }
      try definition.append(
        AddedToken(id: 0, content: piece.text, flags: [.normalized, .verbatim]), id: id)
    case .unused:
      guard kind == .unigram else { throw .unsupported("a SentencePiece model with pieces of type unused") }
    }
    definition.hidden.insert(UInt32(id))
  }

  /// As SentencePiece computes them, in single precision.
  private var unigramScores: UnigramScores {
    let scores = pieces.map { piece in
      piece.type == .userDefined ? Float(0.1 * Double(piece.text.count - 1)) : piece.score
    }
    let least = pieces.filter { $0.type == .normal }.map(\.score).min() ?? .greatestFiniteMagnitude
    return UnigramScores(tokens: scores.map(Double.init), unknown: Double(least - 10), isSingle: true)
  }

  private func normalizers() throws(TokenizerError) -> [NormalizerStep] {
    let mark = Array((normalization.escapesSpaces ? "▁" : " ").utf8)
    if normalization.charsmap.isEmpty, !normalization.removesExtraSpaces {
      return normalization.escapesSpaces
        ? .marks(mark, isPrefixed: normalization.addsPrefix)
        : normalization.addsPrefix ? [.prepend(mark)] : []
    }
    guard normalization.charsmap.isEmpty || Charsmap(normalization.charsmap) != nil else {
      throw .malformed("a precompiled_charsmap that is damaged")
    }
    let isProtected = pieces.filter { $0.type == .userDefined }.map(\.text)
    return [
      .sentencePiece(
        SentencePieceNormalization(
          charsmap: normalization.charsmap, protected: isProtected, mark: mark,
          addsPrefix: normalization.addsPrefix, removesExtraSpaces: normalization.removesExtraSpaces))
    ]
  }
}
