extension TokenizerDefinition {
  /// Takes tokens given as bytes, with ranks, as tiktoken has them: the pair to merge next is the one that
  /// makes the token of the lowest rank, and a piece that is a token is that token.
  ///
  /// Each way to put a token together of two others becomes a merge.
  ///
  /// - Parameters:
  ///   - tokens: the bytes of all tokens, one after another.
  ///   - ends: where each ends, in the order of their ranks.
  ///   - ids: the id of each.
  /// - Throws: `TokenizerError.malformed` when an id or a token occurs twice, or a byte has no token.
  mutating func setRanked(tokens: [UInt8], ends: [Int], ids: [Int]) throws(TokenizerError) {
    spelling = .byteLevel
    model = .merges
    decoders = [.byteLevel]
    ignoresMerges = true
    var spelled: [UInt8] = []
    var start = 0
    for (end, id) in zip(ends, ids) {
      spelled.removeAll(keepingCapacity: true)
      for byte in tokens[start..<end] { spelled += ByteLevel.string(of: byte) }
      guard !spelled.isEmpty else { throw .malformed("the token \(id) is empty") }
      try vocabulary.insert(spelled, id: id)
      start = end
    }
    for byte in UInt8.min...UInt8.max where vocabulary.id(of: ByteLevel.string(of: byte)) == nil {
      throw .malformed("the byte \(byte) has no token")
    }
    start = 0
    for (end, id) in zip(ends, ids) {
      try appendMerges(making: UInt32(id), length: end - start)
      start = end
    }
  }

  /// Appends the merges that make a token of so many bytes, in the order of the ranks of their parts.
  private mutating func appendMerges(making id: UInt32, length: Int) throws(TokenizerError) {
    guard length > 1 else { return }
    let string = vocabulary.string(id)
    var found: [(left: UInt32, right: UInt32)] = []
    var split = string.startIndex
    while true {
      // To where the next character begins.
      repeat { split += 1 } while split < string.endIndex && string[split] & 0xC0 == 0x80
      guard split < string.endIndex else { break }
      if let left = vocabulary.id(of: string[..<split]), let right = vocabulary.id(of: string[split...]) {
        found.append((left, right))
      }
    }
    merges += found.sorted { ($0.left, $0.right) < ($1.left, $1.right) }
    guard merges.count < Int(MergeTable.noRank) - 1 else { throw .unsupported("so many merges") }
  }

  /// The id of an added token or of any other by its text.
  func id(of text: String) -> UInt32? { addedToken(Array(text.utf8))?.id }

  /// Adds a control token, unless there is one of this text or id.
  mutating func appendSpecial(_ text: String, id: Int) throws(TokenizerError) {
    guard addedToken(Array(text.utf8)) == nil, !hasAddedToken(id) else { return }
    try append(AddedToken(id: 0, content: Array(text.utf8), flags: .special), id: id)
  }
}
