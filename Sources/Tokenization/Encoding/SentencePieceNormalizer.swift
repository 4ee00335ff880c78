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
