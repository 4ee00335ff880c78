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
  /// Where token i's bytes begin in `tokenBytes`; one more entry for the end.
  let tokenOffsets: UnsafePointer<UInt32>
  let tokenBytes: UnsafePointer<UInt8>
  let byteTokens: UnsafePointer<UInt32>
  let shortWords: ShortWordTable
  let words: WordTable
  let merges: MergeTable
  let classes: ClassTable
  let steps: [SplitStep]
  /// Present when the only step is a split that keeps all of the text in its matches.
  let splitting: SplitTable?
  let addedTokens: AddedTokenTable
  /// The steps of the normalizer.
  let normalizers: [NormalizerStage]
  /// Present when texts are put into a normalization form.
  let normalization: NormalizationTable?
  let decoder: TokenDecoder
  /// The strings of tokens that the decoder gets, as `tokenOffsets` and `tokenBytes`.
  let strings: TokenStrings
  /// What turns pieces into tokens.
  let model: PieceModel
  /// How spaces are written, where texts need not be changed for it.
  let spaceMark: SpaceMark?

  /// nil when the image is damaged, of another version, or of another source.
  init?(image: UnsafeRawBufferPointer, source: UInt64) {
    guard let sections = CacheImage.sections(of: image, source: source) else { return nil }
    func numbers<T>(_ section: CacheSection, as type: T.Type) -> UnsafeBufferPointer<T> {
      sections[section.rawValue].bindMemory(to: T.self)
    }
    func ids(_ section: CacheSection) -> UnsafeBufferPointer<UInt32> { numbers(section, as: UInt32.self) }

    let parameters = ids(.parameters)
    guard parameters.count == CacheParameter.allCases.count else { return nil }
    func parameter(_ name: CacheParameter) -> UInt32 { parameters[name.rawValue] }
    let size = parameter(.vocabularySize)
    func isToken(_ id: UInt32) -> Bool { id < size }
    func isTokenOrNone(_ id: UInt32) -> Bool { id < size || id == CacheSection.none }

    guard isTokenOrNone(parameter(.beginning)), isTokenOrNone(parameter(.end)),
      ids(.prefix).allSatisfy(isToken), ids(.suffix).allSatisfy(isToken)
    else { return nil }
    vocabularySize = Int(size)
    beginning = isToken(parameter(.beginning)) ? parameter(.beginning) : nil
    end = isToken(parameter(.end)) ? parameter(.end) : nil
    prefix = Array(ids(.prefix))
    suffix = Array(ids(.suffix))

    let offsets = ids(.tokenOffsets)
    let bytes = numbers(.tokenBytes, as: UInt8.self)
    guard offsets.count == Int(size) + 1, offsets[0] == 0, bytes.count >= 16,
      Int(offsets[Int(size)]) == bytes.count - 16, let texts = TokenStrings(offsets: offsets, bytes: bytes),
      let offsetBase = offsets.baseAddress, let byteBase = bytes.baseAddress
    else { return nil }
    tokenOffsets = offsetBase
    tokenBytes = byteBase

    guard ids(.byteTokens).count == 256, ids(.byteTokens).allSatisfy(isTokenOrNone),
      let byteTokenBase = ids(.byteTokens).baseAddress
    else { return nil }
    byteTokens = byteTokenBase

    guard
      let shortWords = ShortWordTable(
        numbers(.shortWords, as: SIMD2<UInt64>.self), pilots: numbers(.shortWordPilots, as: UInt8.self),
        vocabularySize: size)
    else { return nil }
    self.shortWords = shortWords

    guard
      let words = WordTable(
        numbers(.words, as: UInt64.self), vocabularySize: size, tokenOffsets: offsetBase, tokenBytes: byteBase
      )
    else { return nil }
    self.words = words

    guard
      let merges = MergeTable(
        slots: numbers(.merges, as: UInt64.self), pilots: numbers(.mergePilots, as: UInt8.self),
        merged: ids(.mergedTokens), bytePairs: ids(.bytePairs), vocabularySize: size)
    else { return nil }
    self.merges = merges

    guard
      let classes = ClassTable(
        blocks: numbers(.classBlocks, as: UInt16.self), classes: numbers(.classes, as: UInt8.self),
        count: parameter(.classCount))
    else { return nil }
    self.classes = classes

    let table = StepTable(
      transitions: ids(.transitions), runs: numbers(.runs, as: ByteRun.self),
      bytes: numbers(.stepBytes, as: UInt8.self), classCount: Int(classes.count))
    guard let steps = table.splits(ids(.steps)), let normalizers = table.normalizers(ids(.normalizers)),
      let decoders = table.decoders(ids(.decoders))
    else { return nil }
    self.steps = steps
    self.normalizers = normalizers
    decoder = TokenDecoder(
      steps: decoders, isConcatenation: decoders == [.byteLevel] && ids(.stringOffsets).isEmpty)

    if ids(.splitting).isEmpty {
      splitting = nil
    } else {
      guard
        let table = SplitTable(
          ids(.splitting), surePairs: numbers(.surePairs, as: UInt8.self), classCount: Int(classes.count))
      else { return nil }
      splitting = table
    }

    guard
      let added = AddedTokenTable(
        tokens: ids(.addedTokens), nodes: ids(.trieNodes), edges: ids(.trieEdges), vocabularySize: size)
    else { return nil }
    addedTokens = added

    if ids(.normalizationBlocks).isEmpty {
      normalization = nil
      guard !normalizers.contains(where: \.isForm) else { return nil }
    } else {
      guard
        let table = NormalizationTable(
          blocks: numbers(.normalizationBlocks, as: UInt16.self),
          properties: numbers(.normalizationProperties, as: UInt16.self),
          decompositions: ids(.decompositions), compatible: ids(.compatibleDecompositions),
          decomposed: ids(.decomposed), compositions: ids(.compositions))
      else { return nil }
      normalization = table
    }

    let ownOffsets = ids(.stringOffsets)
    let ownBytes = numbers(.stringBytes, as: UInt8.self)
    guard
      let strings = ownOffsets.isEmpty
        ? texts : TokenStrings(offsets: ownOffsets, bytes: ownBytes),
      ownOffsets.isEmpty || ownOffsets.count == offsets.count
    else { return nil }
    self.strings = strings

    guard isTokenOrNone(parameter(.unknown)) else { return nil }
    let unknown = isToken(parameter(.unknown)) ? parameter(.unknown) : nil
    switch ModelKind(rawValue: parameter(.model)) {
    case .bytes: model = .bytes
    case .characters:
      guard
        let characters = CharacterModel(
          vocabularySize: size, merges: merges, byteTokens: byteTokenBase, unknown: unknown,
          flags: CharacterModel.Flags(rawValue: parameter(.modelFlags)),
          blocks: numbers(.characterBlocks, as: UInt16.self), symbols: ids(.characterSymbols),
          orders: ids(.mergeOrders))
      else { return nil }
      model = .characters(characters)
    case .unigram:
      guard let unknown,
        let trie = TokenTrie(
          nodes: ids(.tokenNodes), edges: ids(.tokenEdges), vocabularySize: size),
        let unigram = UnigramModel(
          trie: trie, scores: numbers(.scores, as: UInt64.self), unknown: unknown,
          isSingle: CharacterModel.Flags(rawValue: parameter(.modelFlags)).contains(.isSingle),
          byteTokens: byteTokenBase, vocabularySize: vocabularySize)
      else { return nil }
      model = .unigram(unigram)
    case nil: return nil
    }

    if parameter(.spaceMark) == 0 {
      spaceMark = nil
    } else {
      guard let mark = Unicode.Scalar(parameter(.spaceMark)),
        let prefix = SpaceMark.Prefix(rawValue: parameter(.spacePrefix)),
        let place = SpaceMark.Place(rawValue: parameter(.spacePlace))
      else { return nil }
      spaceMark = SpaceMark(mark: mark, prefix: prefix, place: place)
    }
  }
}

/// Strings of tokens, one behind the other.
struct TokenStrings {
  private let offsets: UnsafePointer<UInt32>
  private let bytes: UnsafeBufferPointer<UInt8>

  /// nil when some number leads outside. There is one more offset than tokens.
  init?(offsets: UnsafeBufferPointer<UInt32>, bytes: UnsafeBufferPointer<UInt8>) {
    guard let base = offsets.baseAddress, let last = offsets.last, Int(last) <= bytes.count,
      Self.isSorted(offsets)
    else { return nil }
    self.offsets = base
    self.bytes = bytes
  }

  private static func isSorted(_ numbers: UnsafeBufferPointer<UInt32>) -> Bool {
    var descents = 0
    for index in 1..<max(1, numbers.count) where numbers[index - 1] > numbers[index] { descents += 1 }
    return descents == 0
  }

  /// The string of a token.
  subscript(id: UInt32) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(rebasing: bytes[Int(offsets[Int(id)])..<Int(offsets[Int(id) + 1])])
  }
}

/// What turns pieces into tokens, ready to be used where it lies.
enum PieceModel {
  case bytes
  case characters(CharacterModel)
  case unigram(UnigramModel)

  /// One that an encoder can use; nil where the `Merger` does it.
  func makeSegmenter() -> (any PieceSegmenter)? {
    switch self {
    case .bytes: nil
    case .characters(let model): CharacterMerger(model)
    case .unigram(let model): UnigramSegmenter(model)
    }
  }
}

/// Classes of code points in two stages; see `CacheSection.classes`.
struct ClassTable {
  let count: UInt32
  private let blocks: UnsafePointer<UInt16>
  /// The classes of ASCII come first.
  let ascii: UnsafePointer<UInt8>

  init?(blocks: UnsafeBufferPointer<UInt16>, classes: UnsafeBufferPointer<UInt8>, count: UInt32) {
    guard blocks.count == 0x1100, blocks[0] == 0, blocks.allSatisfy({ Int($0) * 256 + 256 <= classes.count }),
      count <= CharacterClasses.maximumCount, classes.holdsThroughout({ $0 < count }),
      let blockBase = blocks.baseAddress, let classBase = classes.baseAddress
    else { return nil }
    self.count = count
    self.blocks = blockBase
    ascii = classBase
  }

  /// The class of a code point.
  @inline(__always)
  subscript(code: UInt32) -> UInt8 {
    ascii[Int(blocks[Int(code >> 8)]) << 8 | Int(code & 0xFF)]
  }
}
