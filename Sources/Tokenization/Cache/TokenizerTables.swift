/// A compiled tokenizer's arrays, checked and ready to be used where they lie.
///
/// The pointers are into the tokenizer's image and are valid as long as the `Tokenizer` is. Everything that serves
/// as an index has been checked to lead inside.
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
  let words: WordTable
  let merges: MergeTable
  let classes: ClassTable
  let steps: [SplitStep]
  /// Present when the only step is a split that keeps all of the text in its matches.
  let splitting: SplitTable?
  let addedTokens: AddedTokenTable
  /// Present when texts are normalized.
  let normalization: NormalizationTable?

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
    guard offsets.count == Int(size) + 1, Self.isSorted(offsets), offsets[0] == 0, bytes.count >= 16,
      Int(offsets[Int(size)]) == bytes.count - 16, let offsetBase = offsets.baseAddress,
      let byteBase = bytes.baseAddress
    else { return nil }
    tokenOffsets = offsetBase
    tokenBytes = byteBase

    guard ids(.byteTokens).count == 256, ids(.byteTokens).allSatisfy(isTokenOrNone),
      let byteTokenBase = ids(.byteTokens).baseAddress
    else { return nil }
    byteTokens = byteTokenBase

    guard
      let words = WordTable(
        numbers(.words, as: UInt64.self), vocabularySize: size, tokenOffsets: offsetBase, tokenBytes: byteBase
      )
    else { return nil }
    self.words = words

    guard
      let merges = MergeTable(
        slots: numbers(.merges, as: UInt64.self), merged: ids(.mergedTokens), bytePairs: ids(.bytePairs),
        vocabularySize: size)
    else { return nil }
    self.merges = merges

    guard
      let classes = ClassTable(
        blocks: numbers(.classBlocks, as: UInt16.self), classes: numbers(.classes, as: UInt8.self),
        count: parameter(.classCount))
    else { return nil }
    self.classes = classes

    guard
      let steps = SplitStep.read(
        ids(.steps), transitions: ids(.transitions), runs: numbers(.runs, as: ByteRun.self),
        classCount: Int(classes.count))
    else { return nil }
    self.steps = steps

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

    switch parameter(.normalizer) {
    case 0: normalization = nil
    case 1:
      guard
        let table = NormalizationTable(
          blocks: numbers(.normalizationBlocks, as: UInt16.self),
          properties: numbers(.normalizationProperties, as: UInt16.self),
          decompositions: ids(.decompositions),
          decomposed: ids(.decomposed), compositions: ids(.compositions))
      else { return nil }
      normalization = table
    default: return nil
    }
  }

  private static func isSorted(_ numbers: UnsafeBufferPointer<UInt32>) -> Bool {
    var descents = 0
    for index in 1..<max(1, numbers.count) where numbers[index - 1] > numbers[index] { descents += 1 }
    return descents == 0
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
      count <= CharacterClasses.maximumCount, classes.allSatisfy({ $0 < count }),
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
