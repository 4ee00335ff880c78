extension TokenizerCompiler {
  mutating func compileNormalization() {
    guard definition.normalizers.contains(where: { if case .form = $0 { true } else { false } }) else {
      return
    }
    let data = NormalizationData()
    writer.set(.normalizationBlocks, data.blocks)
    writer.set(.normalizationProperties, data.properties)
    writer.set(.decompositions, data.decompositions)
    writer.set(.compatibleDecompositions, data.compatible)
    writer.set(.decomposed, data.decomposed)
    writer.set(.compositions, data.compositions)
  }

  /// - Parameter contents: what `normalizedContents` gives.
  mutating func compileAddedTokens(_ contents: [Int: [UInt8]]) throws(TokenizerError) {
    var plain: [(bytes: [UInt8], token: Int)] = []
    var normalized: [(bytes: [UInt8], token: Int)] = []
    var length = 0
    for (index, token) in definition.addedTokens.enumerated() {
      if token.flags.contains(.normalized) {
        let content = contents[index] ?? token.content
        if !content.isEmpty { normalized.append((content, index)) }
      } else {
        plain.append((token.content, index))
      }
      length += token.content.count
    }
    // Nodes are numbered in 24 bits; normalization makes no text three times as long.
    guard length < 1 << 22 else { throw .unsupported("added tokens of more than \(1 << 22) bytes together") }
    let tries = AddedTokenTable.build(plain: plain, normalized: normalized)
    writer.set(.addedTokens, definition.addedTokens.flatMap { [$0.id, $0.flags.rawValue] })
    writer.set(.trieNodes, tries.nodes)
    writer.set(.trieEdges, tries.edges)
  }

  /// What the contents of added tokens become that are looked for in normalized text, by their places.
  func normalizedContents() throws(TokenizerError) -> [Int: [UInt8]] {
    let indices = definition.addedTokens.indices.filter {
      definition.addedTokens[$0].flags.contains(.normalized)
    }
    guard !indices.isEmpty, !definition.normalizers.isEmpty || spaceMark?.place == .normalizer else {
      return [:]
    }
    return try withDraft { tables in
      var contents: [Int: [UInt8]] = [:]
      var normalizer = Normalizer(tables)
      var spaced = tables.spaceMark.map(SpacedText.init)
      for index in indices {
        let content = definition.addedTokens[index].content
        content.withUnsafeBufferPointer { content in
          guard let base = content.baseAddress else { return }
          if definition.addedTokens[index].flags.contains(.verbatim) {
            contents[index] = text(definition.addedTokens[index].content)
          } else if spaced?.prepare(base, count: content.count, isFirst: true) ?? false {
            contents[index] = spaced?.bytes
          } else {
            normalizer?.normalize(base, count: content.count, offset: 0)
            contents[index] = normalizer?.text.bytes
          }
        }
      }
      return contents
    }
  }
}
