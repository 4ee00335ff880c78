/// What turns pieces into tokens, ready to be used where it lies.
enum PieceModel {
  case bytes
  case characters(CharacterModel)
  case unigram(UnigramModel)

  /// The model in a compiled tokenizer.
  ///
  /// - Parameters:
  ///   - contents: the compiled tokenizer.
  ///   - merges: its merges.
  ///   - byteTokens: for each byte the token that spells it, or `CacheSection.none`.
  /// - Throws: `CacheContents.damaged`.
  init(
    _ contents: CacheContents, merges: MergeTable, byteTokens: UnsafePointer<UInt32>
  ) throws(TokenizerError) {
    let unknown = try contents.token(.unknown)
    let flags = CharacterModel.Flags(rawValue: contents[.modelFlags])
    let size = contents[.vocabularySize]
    switch ModelKind(rawValue: contents[.model]) {
    case .bytes: self = .bytes
    case .characters:
      self = .characters(
        try checked(
          CharacterModel(
            vocabularySize: size, merges: merges, byteTokens: byteTokens, unknown: unknown, flags: flags,
            blocks: contents.numbers(.characterBlocks, as: UInt16.self),
            symbols: contents[.characterSymbols], orders: contents[.mergeOrders])))
    case .unigram:
      let trie = try checked(
        TokenTrie(nodes: contents[.tokenNodes], edges: contents[.tokenEdges], vocabularySize: size))
      self = .unigram(
        try checked(
          UnigramModel(
            trie: trie, scores: contents.numbers(.scores, as: UInt64.self),
            unknown: checked(unknown), isSingle: flags.contains(.isSingle),
            byteTokens: byteTokens, vocabularySize: Int(size))))
    case nil: throw CacheContents.damaged
    }
  }

  /// One that an encoder can use; nil where the `Merger` does it.
  func makeSegmenter() -> (any PieceSegmenter)? {
    switch self {
    case .bytes: nil
    case .characters(let model): CharacterMerger(model)
    case .unigram(let model): UnigramSegmenter(model)
    }
  }
}
