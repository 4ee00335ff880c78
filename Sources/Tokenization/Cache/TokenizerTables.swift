/// A compiled tokenizer's arrays, checked and ready to be used where they lie.
///
/// The pointers are into the tokenizer's image and are valid as long as the `Tokenizer` is. Everything that
/// serves as an index has been checked to lead inside.
struct TokenizerTables: @unchecked Sendable {
  let vocabularySize: Int
  let beginning: UInt32?
  let end: UInt32?
  let prefix: [UInt32]
  let suffix: [UInt32]
  /// The bytes of the text that each token is found by, with `CacheSection.tokenPadding` behind.
  let texts: TokenStrings
  /// The strings that the decoder gets.
  let strings: TokenStrings
  /// For each byte the token that spells it, or `CacheSection.none`.
  let byteTokens: UnsafePointer<UInt32>
  let shortWords: ShortWordTable
  let words: WordTable
  let merges: MergeTable
  let classes: ClassTable
  /// The steps of the normalizer.
  let normalizers: [NormalizerStage]
  /// Present when texts are put into a normalization form.
  let normalization: NormalizationTable?
  /// The steps of the pre-tokenizer.
  let steps: [SplitStep]
  /// Present when the only step is a split that keeps all of the text in its matches.
  let splitting: SplitTable?
  let decoder: TokenDecoder
  let addedTokens: AddedTokenTable
  /// What turns pieces into tokens.
  let model: PieceModel
  /// How spaces are written, where texts need not be changed for it.
  let spaceMark: SpaceMark?

  /// - Parameters:
  ///   - image: the compiled tokenizer's file.
  ///   - source: the digest of the tokenizer's source.
  /// - Throws: `CacheContents.damaged` also when the image is of another version or another source.
  init(image: UnsafeRawBufferPointer, source: UInt64) throws(TokenizerError) {
    let contents = try CacheContents(image: image, source: source)
    let size = contents[.vocabularySize]
    vocabularySize = Int(size)
    beginning = try contents.token(.beginning)
    end = try contents.token(.end)
    prefix = try contents.tokens(.prefix)
    suffix = try contents.tokens(.suffix)
    texts = try checked(
      TokenStrings(
        offsets: contents[.tokenOffsets], bytes: contents.bytes(.tokenBytes), count: vocabularySize,
        padding: CacheSection.tokenPadding))
    let hasOwnStrings = !contents[.stringOffsets].isEmpty
    strings =
      try hasOwnStrings
      ? checked(
        TokenStrings(
          offsets: contents[.stringOffsets], bytes: contents.bytes(.stringBytes), count: vocabularySize))
      : texts

    byteTokens = try Self.byteTokens(contents)
    shortWords = try checked(
      ShortWordTable(
        contents.numbers(.shortWords, as: SIMD2<UInt64>.self), pilots: contents.bytes(.shortWordPilots),
        vocabularySize: size))
    words = try checked(
      WordTable(
        contents.numbers(.words, as: UInt64.self), vocabularySize: size, tokenOffsets: texts.offsets,
        tokenBytes: texts.bytes))
    merges = try checked(
      MergeTable(
        slots: contents.numbers(.merges, as: UInt64.self), pilots: contents.bytes(.mergePilots),
        merged: contents[.mergedTokens], bytePairs: contents[.bytePairs], vocabularySize: size))
    model = try PieceModel(contents, merges: merges, byteTokens: byteTokens)

    classes = try checked(
      ClassTable(
        blocks: contents.numbers(.classBlocks, as: UInt16.self), classes: contents.bytes(.classes),
        count: contents[.classCount]))
    let stepTable = StepTable(
      transitions: contents[.transitions], runs: contents.numbers(.runs, as: ByteRun.self),
      bytes: contents.bytes(.stepBytes), classCount: Int(classes.count))
    normalizers = try checked(stepTable.normalizers(contents[.normalizers]))
    normalization = try Self.normalization(contents, isNeeded: normalizers.contains(where: \.isForm))
    steps = try checked(stepTable.splits(contents[.steps]))
    splitting = try Self.splitting(contents, classCount: Int(classes.count))
    let decoders = try checked(stepTable.decoders(contents[.decoders]))
    decoder = TokenDecoder(steps: decoders, isConcatenation: decoders == [.byteLevel] && !hasOwnStrings)

    addedTokens = try checked(
      AddedTokenTable(
        tokens: contents[.addedTokens], nodes: contents[.trieNodes], edges: contents[.trieEdges],
        vocabularySize: size))
    spaceMark = try Self.spaceMark(contents)
  }

  private static func byteTokens(
    _ contents: CacheContents
  ) throws(TokenizerError) -> UnsafePointer<UInt32> {
    let ids = contents[.byteTokens]
    guard ids.count == 256, ids.allSatisfy(contents.isTokenOrNone), let base = ids.baseAddress else {
      throw CacheContents.damaged
    }
    return base
  }

  private static func normalization(
    _ contents: CacheContents, isNeeded: Bool
  ) throws(TokenizerError) -> NormalizationTable? {
    if contents[.normalizationBlocks].isEmpty && !isNeeded { return nil }
    return try checked(
      NormalizationTable(
        blocks: contents.numbers(.normalizationBlocks, as: UInt16.self),
        properties: contents.numbers(.normalizationProperties, as: UInt16.self),
        decompositions: contents[.decompositions], compatible: contents[.compatibleDecompositions],
        decomposed: contents[.decomposed], compositions: contents[.compositions]))
  }

  private static func splitting(
    _ contents: CacheContents, classCount: Int
  ) throws(TokenizerError) -> SplitTable? {
    if contents[.splitting].isEmpty { return nil }
    return try checked(
      SplitTable(contents[.splitting], surePairs: contents.bytes(.surePairs), classCount: classCount))
  }

  private static func spaceMark(_ contents: CacheContents) throws(TokenizerError) -> SpaceMark? {
    if contents[.spaceMark] == 0 { return nil }
    return SpaceMark(
      mark: try checked(Unicode.Scalar(contents[.spaceMark])),
      prefix: try checked(SpaceMark.Prefix(rawValue: contents[.spacePrefix])),
      place: try checked(SpaceMark.Place(rawValue: contents[.spacePlace])))
  }
}
