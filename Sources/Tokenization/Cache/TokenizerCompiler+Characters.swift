extension TokenizerCompiler {
  /// The text that a token stands for, as pieces have it: with spaces for marks if pieces are so. nil where no piece can
  /// have it.
  func text(_ id: UInt32) -> [UInt8]? {
    let string = definition.vocabulary.string(id)
    guard let spaceMark else { return Array(string) }
    if string.contains(0x20) { return nil }
    let mark = Array(String(spaceMark.mark).utf8)
    var text: [UInt8] = []
    var index = string.startIndex
    while index < string.endIndex {
      if string[index...].starts(with: mark) {
        text.append(0x20)
        index += mark.count
      } else {
        text.append(string[index])
        index += 1
      }
    }
    return text
  }

  /// Writes the vocabulary and merges of a tokenizer whose tokens are text.
  mutating func compileCharacters() throws(TokenizerError) {
    var offsets: [UInt32] = [0]
    var bytes: [UInt8] = []
    var symbols: [UInt32: UInt32] = [:]
    for id in 0..<UInt32(vocabularySize) {
      // Of equal strings only one is found.
      let text = text(id) ?? []
      if let code = onlyCharacter(text), isFound(id) { symbols[code] = id }
      bytes += text
      offsets.append(UInt32(bytes.count))
    }
    bytes += [UInt8](repeating: 0, count: 16)
    writer.set(.tokenOffsets, offsets)
    writer.set(.tokenBytes, bytes)
    writer.set(.byteTokens, fallbackTokens())
    writeSymbols(symbols)
    var merges: [(left: UInt32, right: UInt32, token: UInt32)] = []
    merges.reserveCapacity(definition.merges.count)
    for (left, right) in definition.merges {
      guard let token = definition.vocabulary.id(joining: left, right), text(token) != nil else { continue }
      merges.append((left, right, token))
    }
    let table = MergeTable.Builder(merges, byteTokens: [])
    writer.set(.merges, table.slots)
    writer.set(.mergedTokens, table.merged)
    writer.set(.bytePairs, table.bytePairs)
    Words().write(to: &writer)
  }

  /// Whether a token is the one that is found by its string.
  func isFound(_ id: UInt32) -> Bool {
    var vocabulary = definition.vocabulary
    return vocabulary.id(of: definition.vocabulary.string(id)) == id
  }

  /// The tokens `<0x00>` to `<0xFF>`, or none where they are not wanted.
  private mutating func fallbackTokens() -> [UInt32] {
    (0..<256).map { byte in
      guard definition.byteFallback else { return CacheSection.none }
      let digits = String(byte, radix: 16, uppercase: true)
      let string = "<0x" + (byte < 16 ? "0" : "") + digits + ">"
      return definition.vocabulary.id(of: Array(string.utf8)) ?? CacheSection.none
    }
  }

  private mutating func writeSymbols(_ symbols: [UInt32: UInt32]) {
    var runs: [(first: UInt32, value: UInt32)] = [(0, CacheSection.none)]
    for code in symbols.keys.sorted() {
      if runs.last?.first == code { runs.removeLast() }
      runs.append((code, symbols[code] ?? CacheSection.none))
      runs.append((code + 1, CacheSection.none))
    }
    if runs.last?.first == CodePointSet.maximum + 1 { runs.removeLast() }
    let table = twoStageTable(runs)
    writer.set(.characterBlocks, table.blocks)
    writer.set(.characterSymbols, table.values)
  }

  private func onlyCharacter(_ text: [UInt8]) -> UInt32? {
    text.withUnsafeBufferPointer { text in
      guard let base = text.baseAddress, !text.isEmpty else { return nil }
      let (code, count) = scalar(base)
      return count == text.count ? code : nil
    }
  }

  /// Writes the tokens that a piece equal to them becomes: all, if the model looks there before merging; otherwise those
  /// that encoding makes of their text.
  mutating func compileWords() throws(TokenizerError) {
    let words = try withDraft { (tables) -> Words in
      var words = Words()
      guard let segmenter = tables.model.makeSegmenter() else { return words }
      var made = TokenBuffer()
      let bytes = tables.tokenBytes
      let limit = bytes + Int(tables.tokenOffsets[tables.vocabularySize]) + 16
      for id in 0..<UInt32(tables.vocabularySize) {
        let start = Int(tables.tokenOffsets[Int(id)])
        let count = Int(tables.tokenOffsets[Int(id) + 1]) - start
        guard count > 0, isFound(id) else { continue }
        if !definition.ignoresMerges {
          made.reserve(count)
          let tokens = segmenter.segment(
            bytes + start, count: count, ids: made.ids, ends: made.ends, offset: 0)
          guard tokens == 1, made.ids[0] == id else { continue }
        }
        words.append(id, bytes + start, count: count, limit: limit)
      }
      return words
    }
    words.write(to: &writer)
  }
}
