extension TokenizerCompiler {
  /// The text that a token's string stands for, as pieces have it: with spaces for marks if pieces are so.
  /// nil where no piece can have it.
  func text(_ string: some Collection<UInt8>) -> [UInt8]? {
    guard let spaceMark else { return Array(string) }
    if string.contains(0x20) { return nil }
    let mark = Array(String(spaceMark.mark).utf8)
    var rest = Array(string)[...]
    var text: [UInt8] = []
    while let first = rest.first {
      let isMark = rest.starts(with: mark)
      text.append(isMark ? 0x20 : first)
      rest = rest.dropFirst(isMark ? mark.count : 1)
    }
    return text
  }

  /// The text by which a token is found; nil where no text becomes the token.
  func text(_ id: UInt32) -> [UInt8]? {
    guard definition.vocabulary.isFound(id), !definition.hidden.contains(id) else { return nil }
    return text(definition.vocabulary.string(id))
  }

  /// Writes the vocabulary and merges of a tokenizer whose tokens are text.
  mutating func compileCharacters() throws(TokenizerError) {
    var offsets: [UInt32] = [0]
    var bytes: [UInt8] = []
    var symbols: [UInt32: UInt32] = [:]
    for id in 0..<UInt32(vocabularySize) {
      let text = text(id) ?? []
      if let code = onlyCharacter(text) { symbols[code] = id }
      bytes += text
      offsets.append(UInt32(bytes.count))
    }
    bytes += [UInt8](repeating: 0, count: CacheSection.tokenPadding)
    writer.set(.tokenOffsets, offsets)
    writer.set(.tokenBytes, bytes)
    writer.set(
      .byteTokens,
      definition.fallbackTokens.map { (definition.byteFallback ? $0 : nil) ?? CacheSection.none })
    try compileScores()
    if case .pieces(let scores) = definition.model {
      try compilePieces(scores, &symbols)
    } else {
      try compileMerges()
    }
    writeSymbols(symbols)
    try Words().write(to: &writer)
  }

  private mutating func compileMerges() throws(TokenizerError) {
    var merges: [(left: UInt32, right: UInt32, token: UInt32)] = []
    merges.reserveCapacity(definition.merges.count)
    for (left, right) in definition.merges {
      guard let token = definition.vocabulary.id(joining: left, right), text(token) != nil else { continue }
      merges.append((left, right, token))
    }
    _ = try write(merges)
  }

  /// Writes merges, best first; returns the rank of each.
  private mutating func write(
    _ merges: [(left: UInt32, right: UInt32, token: UInt32)]
  ) throws(TokenizerError) -> [Int] {
    let table = try MergeTable.Builder(merges, byteTokens: [])
    writer.set(.merges, table.slots)
    writer.set(.mergePilots, table.pilots)
    writer.set(.mergedTokens, table.merged)
    writer.set(.bytePairs, table.bytePairs)
    return table.merged.isEmpty ? merges.map { Int($0.token) } : Array(merges.indices)
  }

  /// Writes the merges of all tokens' halves. Characters that are only part of tokens get symbols of their
  /// own; merges into tokens of equal score are of equal order.
  private mutating func compilePieces(
    _ scores: [Float], _ symbols: inout [UInt32: UInt32]
  ) throws(TokenizerError) {
    var numbers: [[UInt8]: UInt32] = [:]
    var texts: [(id: UInt32, text: [UInt8])] = []
    for id in 0..<UInt32(min(definition.vocabulary.size, scores.count)) {
      guard let text = text(id), !text.isEmpty else { continue }
      numbers[text] = id
      texts.append((id, text))
    }
    var next = UInt32(vocabularySize)
    for (_, text) in texts where onlyCharacter(text) == nil {
      for scalar in String(decoding: text, as: UTF8.self).unicodeScalars where symbols[scalar.value] == nil {
        guard Int(next) < Vocabulary.maximumSize else { throw .unsupported("so many characters") }
        symbols[scalar.value] = next
        numbers[Array(String(scalar).utf8)] = next
        next += 1
      }
    }
    var merges: [(left: UInt32, right: UInt32, token: UInt32)] = []
    for (id, text) in texts {
      for cut in text.indices.dropFirst() where text[cut] & 0xC0 != 0x80 {
        guard let left = numbers[Array(text[..<cut])], let right = numbers[Array(text[cut...])] else {
          continue
        }
        merges.append((left, right, id))
      }
    }
    guard merges.count < Int(MergeTable.noRank) - 1 else { throw .unsupported("so many merges") }
    merges.sort { scores[Int($0.token)] > scores[Int($1.token)] }
    let ranks = try write(merges)
    var orders = [UInt32](repeating: 0, count: (ranks.max() ?? 0) + 1)
    var order: UInt32 = 0
    for (index, rank) in ranks.enumerated() {
      if index > 0, scores[Int(merges[index].token)] != scores[Int(merges[index - 1].token)] { order += 1 }
      orders[rank] = order
    }
    orders += [UInt32](repeating: order, count: max(0, vocabularySize - orders.count))
    writer.set(.mergeOrders, orders)
  }

  /// Writes what a unigram model needs besides.
  private mutating func compileScores() throws(TokenizerError) {
    guard case .unigram(let scores) = definition.model else { return }
    guard definition.unknown != nil else { throw .unsupported("a Unigram model without unk_id") }
    var tokens: [(bytes: [UInt8], id: UInt32)] = []
    for id in 0..<UInt32(definition.vocabulary.size) {
      if let text = text(id), !text.isEmpty { tokens.append((text, id)) }
    }
    guard let trie = TokenTrie.build(tokens) else {
      throw .unsupported("a vocabulary of over \(TokenTrie.maximumCount) bytes")
    }
    writer.set(.tokenNodes, trie.nodes)
    writer.set(.tokenEdges, trie.edges)
    let tokenScores = scores.tokens.prefix(vocabularySize)
    let padding = [Double](repeating: 0, count: vocabularySize - tokenScores.count)
    writer.set(.scores, (tokenScores + padding + [scores.unknown]).map(\.bitPattern))
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

  /// Writes the tokens that a piece equal to them becomes: all, if the model looks there before merging;
  /// otherwise those that encoding makes of their text.
  mutating func compileWords() throws(TokenizerError) {
    let words = try withDraft { (tables) -> Words in
      var words = Words()
      guard let segmenter = tables.model.makeSegmenter() else { return words }
      var made = TokenBuffer()
      for id in 0..<UInt32(tables.vocabularySize) {
        let text = tables.texts[id]
        guard let bytes = text.baseAddress, !text.isEmpty else { continue }
        if !definition.ignoresMerges {
          made.reserve(text.count)
          let tokens = segmenter.segment(bytes, count: text.count, ids: made.ids, ends: made.ends, offset: 0)
          guard tokens == 1, made.ids[0] == id else { continue }
        }
        words.append(id, bytes, count: text.count, limit: bytes + text.count + CacheSection.tokenPadding)
      }
      return words
    }
    try words.write(to: &writer)
  }
}
