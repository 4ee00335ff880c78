/// The arrays of a compiled tokenizer's file, in the order of the section table.
/// grape-cache(5) describes them.
enum CacheSection: Int, CaseIterable {
  /// Single numbers; see `CacheParameter`.
  case parameters
  /// Ids that the post-processor puts before and after a text.
  case prefix, suffix
  /// Where each token's bytes begin in `tokenBytes`; one more entry for the end.
  case tokenOffsets
  /// The bytes of the tokens one after another, and 16 zeros, so that 16 bytes can be read at any of them.
  case tokenBytes
  /// For each byte, the id of its token, or `none`.
  case byteTokens
  /// Hash table of the longer tokens that a piece equal to them becomes: hash << 32 | id, or `emptySlot`.
  case words
  /// Merges by pair, in the places that a perfect hash gives them; see `MergeTable`.
  case merges
  /// The token that each merge makes, by rank; empty where ranks are the tokens' ids.
  case mergedTokens
  /// For each pair of bytes the rank of the merge of their tokens: that of (a, b) at a << 8 | b.
  case bytePairs
  /// The class of code point c is `classes[classBlocks[c >> 8] << 8 | c & 255]`.
  case classBlocks, classes
  /// The steps of the pre-tokenizer; see `StepTable`.
  case steps
  /// The automata's tables, one after another; see `Automaton`.
  case transitions
  /// Sets of bytes that states stay in, 64 bytes each; see `ByteRun`.
  case runs
  /// Added tokens, two numbers each: id, flags.
  case addedTokens
  /// The nodes of the two tries of added tokens, three numbers each: first edge, edges, added token + 1.
  /// Nodes 0 and 1 are the roots for tokens looked for in the text as it is and in the normalized text.
  case trieNodes
  /// The tries' edges, sorted within a node: byte << 24 | target node.
  case trieEdges
  /// Normalization properties by code point, in two stages as the classes are; empty without a normalizer.
  case normalizationBlocks, normalizationProperties
  /// Full canonical decompositions, sorted, three numbers each: character, where in `decomposed`, how long.
  case decompositions
  /// The code points of the decompositions.
  case decomposed
  /// Primary composites, sorted by the pair, three numbers each: first, second, composite.
  case compositions
  /// The steps of a pre-tokenizer that is one split that keeps everything; empty
  /// for others. See `SplitTable`.
  case splitting
  /// For each pair of symbols of that, 1 if a piece always ends between them.
  case surePairs
  /// Full compatibility decompositions that are not the canonical ones, as `decompositions`.
  case compatibleDecompositions
  /// The steps of the normalizer and of the decoder; see `StepTable`.
  case normalizers, decoders
  /// The bytes that steps put into texts or look for.
  case stepBytes
  /// Where each token's string begins in `stringBytes` and the last ends, and these strings, which the
  /// decoder gets; empty where they are `tokenBytes`.
  case stringOffsets, stringBytes
  /// The symbol of each character in two stages, as the classes are; see `CharacterModel`.
  case characterBlocks, characterSymbols
  /// Which merge comes first, by rank; empty where the rank says it.
  case mergeOrders
  /// The trie in which tokens are found by their text; see `TokenTrie`. Empty but for unigram models.
  case tokenNodes, tokenEdges
  /// The scores of tokens and, last, that of an unknown character: bit patterns of double-precision numbers.
  case scores
  /// The shorter tokens that a piece equal to them becomes, two numbers each, in the places that a perfect
  /// hash gives them; see `ShortWordTable`.
  case shortWords
  /// The pilots of the perfect hashes of the merges and the shorter tokens; see `PerfectHash`.
  case mergePilots, shortWordPilots

  /// Bytes of one element.
  var elementSize: Int {
    switch self {
    case .tokenBytes, .classes, .runs, .surePairs, .stepBytes, .stringBytes, .mergePilots, .shortWordPilots: 1
    case .classBlocks, .normalizationBlocks, .normalizationProperties, .characterBlocks: 2
    case .words, .merges, .shortWords, .scores: 8
    default: 4
    }
  }

  /// Zeros behind the tokens' bytes, so that so many bytes can be read at any token.
  static let tokenPadding = 16
  /// Marks an id that is not there.
  static let none = UInt32.max
  /// An empty slot of `words` and `merges`.
  static let emptySlot = UInt64.max
}

/// The numbers in the section `parameters`.
enum CacheParameter: Int, CaseIterable {
  /// The ids from 0 up to this cover all tokens.
  case vocabularySize
  /// The configured tokens for beginning and end, or `none`.
  case beginning, end
  /// The number of classes; the class of this number is the end of the text.
  case classCount
  /// What turns pieces into tokens: a `ModelKind`.
  case model
  /// `CharacterModel.Flags`.
  case modelFlags
  /// The unknown token, or `none`.
  case unknown
  /// A `SpaceMark` and its prefix and place, or 0.
  case spaceMark, spacePrefix, spacePlace
}

/// What turns pieces into tokens.
enum ModelKind: UInt32 {
  /// Byte pair encoding that begins with bytes.
  case bytes
  /// Byte pair encoding that begins with characters.
  case characters
  /// The most probable segmentation.
  case unigram
}
