/// Normalizes texts as SentencePiece does.
struct SentencePieceNormalizer {
  private let specification: SentencePieceNormalization
  private let charsmap: Charsmap?
  /// Pieces that are not normalized, longer ones first, by their first byte.
  private let protected: [UInt8: [[UInt8]]]

  init(_ specification: SentencePieceNormalization) {
    self.specification = specification
    charsmap = Charsmap(specification.charsmap)
    protected = Dictionary(grouping: specification.protected.filter { !$0.isEmpty }, by: { $0[0] })
      .mapValues { $0.sorted { $0.count > $1.count } }
  }

  /// Normalizes a text.
  func normalize(_ text: inout AlignedText) {
    text.begin()
    let old = text.old
    let removes = specification.removesExtraSpaces
    old.withUnsafeBufferPointer { old in
      guard let base = old.baseAddress else { return }
      if removes {
        while text.position < old.count, case let (string, end) = prefix(base, text.position..<old.count),
          string.elementsEqual([0x20])
        {
          text.drop(to: end)
        }
      }
      guard text.position < old.count else { return }
      if specification.addsPrefix { text.put(before: specification.mark) }
      var isAfterSpace = removes
      while text.position < old.count {
        let (string, end) = prefix(base, text.position..<old.count)
        let rest = isAfterSpace ? string.drop { $0 == 0x20 } : string
        text.put(rest.flatMap { $0 == 0x20 ? specification.mark : [$0] }, replacingTo: end)
        if let last = rest.last { isAfterSpace = removes && last == 0x20 }
      }
    }
    if removes { text.dropLast(specification.mark) }
  }

  /// What the beginning of a text is normalized to, and where that part ends.
  private func prefix(_ text: UnsafePointer<UInt8>, _ range: Range<Int>) -> (ArraySlice<UInt8>, Int) {
    let start = range.lowerBound
    for piece in protected[text[start]] ?? [] where piece.count <= range.count {
      if piece.indices.allSatisfy({ text[start + $0] == piece[$0] }) {
        return (piece[...], start + piece.count)
      }
    }
    if let match = charsmap?.match(text, range, longest: true) { return (match.string, match.end) }
    let end = start + scalar(text + start).count
    return ((start..<end).map { text[$0] }[...], end)
  }
}

/// What SentencePiece does to texts (`NormalizerSpec`).
struct SentencePieceNormalization: Equatable {
  /// See `Charsmap`; may be empty.
  var charsmap: [UInt8]
  /// Pieces that are not normalized.
  var protected: [[UInt8]]
  /// What stands for a space.
  var mark: [UInt8]
  /// Put the mark before each text.
  var addsPrefix: Bool
  /// Remove spaces at the ends, and make one of several.
  var removesExtraSpaces: Bool

  /// As the bytes of a step in a compiled tokenizer: each part with its length in 4 bytes before it.
  var bytes: [UInt8] {
    ([charsmap, mark, [addsPrefix ? 1 : 0, removesExtraSpaces ? 1 : 0]] + protected).flatMap { part in
      withUnsafeBytes(of: UInt32(part.count).littleEndian) { Array($0) } + part
    }
  }

  /// Reads `bytes`; nil when they are damaged.
  init?(bytes: [UInt8]) {
    var parts: [[UInt8]] = []
    var rest = bytes[...]
    while rest.count >= 4 {
      let count = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      rest = rest.dropFirst(4)
      guard count <= rest.count else { return nil }
      parts.append(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    guard rest.isEmpty, parts.count >= 3, parts[2].count == 2, parts[0].isEmpty || Charsmap(parts[0]) != nil,
      parts[1...].allSatisfy({ part in part.withUnsafeBytes { firstInvalidByte($0) } == nil })
    else { return nil }
    charsmap = parts[0]
    mark = parts[1]
    addsPrefix = parts[2][0] != 0
    removesExtraSpaces = parts[2][1] != 0
    protected = Array(parts[3...])
  }

  init(
    charsmap: [UInt8], protected: [[UInt8]], mark: [UInt8], addsPrefix: Bool, removesExtraSpaces: Bool
  ) {
    self.charsmap = charsmap
    self.protected = protected
    self.mark = mark
    self.addsPrefix = addsPrefix
    self.removesExtraSpaces = removesExtraSpaces
  }
}
