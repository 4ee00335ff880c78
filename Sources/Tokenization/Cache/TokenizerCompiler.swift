import Streams

/// Compiles a tokenizer's definition to the image of its file.
struct TokenizerCompiler {
  var definition: TokenizerDefinition
  var writer = CacheImage.Writer()
  /// How spaces are written, where texts are encoded with spaces for marks; see `SpaceMark`.
  var spaceMark: SpaceMark?
  var stepBytes: [UInt8] = []

  /// - Parameters:
  ///   - definition: what an importer has read.
  ///   - source: the digest of the source.
  /// - Returns: the image, which `TokenizerTables` reads.
  /// - Throws: `TokenizerError` when something in the definition cannot be compiled.
  static func compile(_ definition: TokenizerDefinition, source: UInt64) throws(TokenizerError) -> [UInt8] {
    var compiler = TokenizerCompiler(definition: definition)
    try compiler.compile()
    return compiler.writer.image(source: source)
  }

  private init(definition: TokenizerDefinition) { self.definition = definition }

  private mutating func compile() throws(TokenizerError) {
    spaceMark = SpaceMark(extractedFrom: &definition)
    switch model {
    case .bytes: compileBytes()
    case .characters, .unigram: try compileCharacters()
    }
    compileStrings()
    try compileParameters(classCount: try compileSteps())
    compileNormalization()
    writer.set(.trieNodes, AddedTokenTable.build(plain: [], normalized: []).nodes)
    if model != .bytes { try compileWords() }
    try compileAddedTokens()
  }

  var model: ModelKind {
    switch (definition.model, definition.spelling) {
    case (.unigram, _): .unigram
    case (.merges, .characters): .characters
    case (.merges, .byteLevel): .bytes
    }
  }

  private var modelFlags: CharacterModel.Flags {
    definition.fusesUnknown ? .fusesUnknown : []
  }

  /// The tokenizer as it is compiled so far, to find out by using it what the rest must be.
  func withDraft<Result>(_ body: (TokenizerTables) throws(TokenizerError) -> Result) throws(TokenizerError)
    -> Result
  {
    let memory = ImageMemory(writer.image(source: 0))
    guard let tables = TokenizerTables(image: memory.bytes, source: 0) else {
      throw .malformed("its compiled form does not pass the checks")
    }
    return try body(tables)
  }

  /// The ids from 0 up to this cover all tokens.
  var vocabularySize: Int {
    definition.addedTokens.reduce(definition.vocabulary.size) { max($0, Int($1.id) + 1) }
  }

  private mutating func compileParameters(classCount: Int) throws(TokenizerError) {
    let size = UInt32(vocabularySize)
    writer.set(
      .parameters,
      [
        size, definition.beginning ?? CacheSection.none, definition.end ?? CacheSection.none,
        UInt32(classCount), model.rawValue, modelFlags.rawValue, definition.unknown ?? CacheSection.none,
        spaceMark?.mark.value ?? 0, spaceMark?.prefix.rawValue ?? 0, spaceMark?.place.rawValue ?? 0,
      ])
    for id in definition.prefix + definition.suffix where id >= size {
      throw .malformed("the post-processor adds the token \(id), which there is not")
    }
    writer.set(.prefix, definition.prefix)
    writer.set(.suffix, definition.suffix)
  }

  /// Writes the strings of tokens that the decoder gets, where they are not the bytes of the tokens: added tokens that are
  /// looked for in normalized text have theirs normalized.
  private mutating func compileStrings() {
    guard definition.decoders != [.byteLevel] || model != .bytes else { return }
    var added: [UInt32: [UInt8]] = [:]
    for token in definition.addedTokens { added[token.id] = token.content }
    var offsets: [UInt32] = [0]
    var bytes: [UInt8] = []
    for id in 0..<UInt32(vocabularySize) {
      bytes += added[id] ?? Array(definition.vocabulary.string(id))
      offsets.append(UInt32(bytes.count))
    }
    writer.set(.stringOffsets, offsets)
    writer.set(.stringBytes, bytes)
  }
}
