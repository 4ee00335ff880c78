extension TokenizerCompiler {
  /// Writes the vocabulary and merges of a byte-level tokenizer.
  mutating func compileBytes() throws(TokenizerError) {
    var offsets: [UInt32] = [0]
    var bytes: [UInt8] = []
    // Tokens whose strings spell bytes; only those can come of a text by merging.
    var spelled: [UInt32] = []
    var byteTokens = [UInt32](repeating: CacheSection.none, count: 256)
    var added: [UInt32: [UInt8]] = [:]
    for token in definition.addedTokens { added[token.id] = token.content }
    for id in 0..<UInt32(vocabularySize) {
      let string = definition.vocabulary.string(id)
      let start = bytes.count
      if !string.isEmpty, ByteLevel.append(string, to: &bytes) {
        spelled.append(id)
        if bytes.count == start + 1 { byteTokens[Int(bytes[start])] = id }
      } else {
        let content = string.isEmpty ? ArraySlice(added[id] ?? []) : string
        if !ByteLevel.append(content, to: &bytes) { bytes += content }
      }
      offsets.append(UInt32(bytes.count))
    }
    bytes += [UInt8](repeating: 0, count: CacheSection.tokenPadding)

    var merges: [(left: UInt32, right: UInt32, token: UInt32)] = []
    merges.reserveCapacity(definition.merges.count)
    for (left, right) in definition.merges {
      // There is one; see `TokenizerDefinition.appendMerge`.
      guard let token = definition.vocabulary.id(joining: left, right) else { continue }
      merges.append((left, right, token))
    }
    let table = try MergeTable.Builder(merges, byteTokens: byteTokens)
    writer.set(.tokenOffsets, offsets)
    writer.set(.tokenBytes, bytes)
    writer.set(.byteTokens, byteTokens)
    writer.set(.merges, table.slots)
    writer.set(.mergePilots, table.pilots)
    writer.set(.mergedTokens, table.merged)
    writer.set(.bytePairs, table.bytePairs)
    try words(spelled, offsets, bytes, byteTokens, table).write(to: &writer)
  }

  /// The tokens that a piece equal to them becomes: all, if the model looks there before merging; otherwise
  /// those that merging makes of their bytes.
  private func words(
    _ spelled: [UInt32], _ offsets: [UInt32], _ bytes: [UInt8], _ byteTokens: [UInt32],
    _ table: MergeTable.Builder
  ) -> Words {
    var words = Words()
    withTable(table, byteTokens) { table, byteTokens in
      var merger = Merger(byteTokens: byteTokens, table: table)
      var made = TokenBuffer()
      bytes.withUnsafeBufferPointer { bytes in
        guard let base = bytes.baseAddress else { return }
        for id in spelled {
          let start = Int(offsets[Int(id)])
          let count = Int(offsets[Int(id) + 1]) - start
          if !definition.ignoresMerges {
            made.reserve(count)
            let tokens = merger.merge(base + start, count: count, ids: made.ids, ends: made.ends, offset: 0)
            guard tokens == 1, made.ids[0] == id else { continue }
          }
          words.append(id, base + start, count: count, limit: base + bytes.count)
        }
      }
    }
    return words
  }

  private func withTable(
    _ table: MergeTable.Builder, _ byteTokens: [UInt32], _ body: (MergeTable, UnsafePointer<UInt32>) -> Void
  ) {
    table.slots.withUnsafeBufferPointer { slots in
      table.pilots.withUnsafeBufferPointer { pilots in
        table.merged.withUnsafeBufferPointer { merged in
          table.bytePairs.withUnsafeBufferPointer { bytePairs in
            byteTokens.withUnsafeBufferPointer { byteTokens in
              guard let base = byteTokens.baseAddress,
                let table = MergeTable(
                  slots: slots, pilots: pilots, merged: merged, bytePairs: bytePairs,
                  vocabularySize: UInt32(vocabularySize))
              else { return }
              body(table, base)
            }
          }
        }
      }
    }
  }
}
