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
    case .bytes: try compileBytes()
    case .characters, .unigram: try compileCharacters()
    }
    try compileParameters(classCount: try compileSteps())
    compileNormalization()
    writer.set(.trieNodes, AddedTokenTable.build(plain: [], normalized: []).nodes)
    if model != .bytes { try compileWords() }
    let contents = try normalizedContents()
    try compileAddedTokens(contents)
    compileStrings(contents)
  }

  var model: ModelKind {
    switch (definition.model, definition.spelling) {
    case (.unigram, _): .unigram
    case (.pieces, _), (.merges, .characters): .characters
    case (.merges, .byteLevel): .bytes
    }
  }

  private var modelFlags: CharacterModel.Flags {
    var flags: CharacterModel.Flags = definition.fusesUnknown ? .fusesUnknown : []
    switch definition.model {
    case .merges: break
    case .pieces: flags.insert(.resolvesUnknownLast)
    case .unigram(let scores): if scores.isSingle { flags.insert(.isSingle) }
    }
    return flags
  }

  /// The tokenizer as it is compiled so far, to find out by using it what the rest must be.
  func withDraft<Result>(_ body: (TokenizerTables) throws(TokenizerError) -> Result) throws(TokenizerError)
    -> Result
  {
    let memory = ImageMemory(writer.image(source: 0))
    return try body(try TokenizerTables(image: memory.bytes, source: 0))
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

  /// Writes the strings of tokens that the decoder gets, where they are not the bytes of the tokens: added
  /// tokens that are looked for in normalized text have theirs normalized.
  private mutating func compileStrings(_ contents: [Int: [UInt8]]) {
    var added: [UInt32: [UInt8]] = [:]
    var isChanged = false
    for (index, token) in definition.addedTokens.enumerated() {
      added[token.id] = contents[index].map(markingSpaces) ?? token.content
      if added[token.id] != token.content { isChanged = true }
    }
    guard isChanged || definition.decoders != [.byteLevel] || model != .bytes else { return }
    var offsets: [UInt32] = [0]
    var bytes: [UInt8] = []
    for id in 0..<UInt32(vocabularySize) {
      bytes += added[id] ?? Array(definition.vocabulary.string(id))
      offsets.append(UInt32(bytes.count))
    }
    writer.set(.stringOffsets, offsets)
    writer.set(.stringBytes, bytes)
  }

  /// A text with marks for spaces, if texts are encoded with spaces for marks.
  private func markingSpaces(_ text: [UInt8]) -> [UInt8] {
    guard let spaceMark else { return text }
    return text.flatMap { $0 == 0x20 ? Array(String(spaceMark.mark).utf8) : [$0] }
  }
}
