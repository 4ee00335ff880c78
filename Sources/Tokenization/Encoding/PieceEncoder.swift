/// Turns one piece at a time into tokens: by the cache of words, the table of tokens that stand for themselves, or
/// merging, in this order.
struct PieceEncoder: ~Copyable {
  private let words: WordTable
  private let cache = WordCache()
  private var merger: Merger

  init(_ tables: TokenizerTables) {
    words = tables.words
    merger = Merger(byteTokens: tables.byteTokens, table: tables.merges)
  }

  /// Appends the tokens of a piece.
  ///
  /// - Parameters:
  ///   - text: the text that the piece is in.
  ///   - start: where the piece begins in it.
  ///   - end: where it ends, after `start`.
  ///   - limit: the end of the memory that can be read.
  ///   - tokens: receives at most as many tokens as the piece has bytes; there must be room for
  ///     `WordCache.maximumTokens` more.
  @inline(__always)
  mutating func encode(
    _ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int, limit: UnsafePointer<UInt8>,
    into tokens: inout TokenBuffer
  ) {
    let count = end &- start
    guard count <= PieceKey.maximumCount else {
      return encodeLong(text + start, count, offset: start, into: &tokens)
    }
    let key = PieceKey(text + start, count: count, limit: limit)
    let hash = key.hash
    let entry = cache.entry(hash)
    if entry.pointee.key != key {
      guard encodeShort(text + start, count, key, hash, entry, offset: start, into: &tokens) else { return }
    }
    // All three are written and as many counted as there are.
    let ids = tokens.ids + tokens.count
    let ends = tokens.ends + tokens.count
    let tokenCount = Int(entry.pointee.count)
    ids[0] = entry.pointee.ids.0
    ids[1] = entry.pointee.ids.1
    ids[2] = entry.pointee.ids.2
    ends[0] = UInt32(truncatingIfNeeded: start &+ Int(entry.pointee.ends.0))
    ends[1] = UInt32(truncatingIfNeeded: start &+ Int(entry.pointee.ends.1))
    ends[2] = UInt32(truncatingIfNeeded: end)
    tokens.count &+= tokenCount
  }

  /// Encodes a short piece that the cache does not have and puts it there; appends the tokens itself and returns
  /// false when they are too many for an entry.
  @inline(never)
  private mutating func encodeShort(
    _ piece: UnsafePointer<UInt8>, _ count: Int, _ key: PieceKey, _ hash: UInt64,
    _ entry: UnsafeMutablePointer<WordCache.Entry>, offset: Int, into tokens: inout TokenBuffer
  ) -> Bool {
    let length = UInt8(truncatingIfNeeded: count)
    let word = words.find(piece, count: count, hash: hash)
    if word != CacheSection.none {
      entry.pointee = WordCache.Entry(key: key, ids: (word, 0, 0), count: 1, ends: (length, length))
      return true
    }
    let ids = tokens.ids + tokens.count
    let ends = tokens.ends + tokens.count
    let made = merger.merge(piece, count: count, ids: ids, ends: ends, offset: 0)
    if made <= WordCache.maximumTokens {
      for index in made..<max(made, WordCache.maximumTokens) {
        ids[index] = 0
        ends[index] = UInt32(length)
      }
      entry.pointee = WordCache.Entry(
        key: key, ids: (ids[0], ids[1], ids[2]), count: UInt8(made),
        ends: (UInt8(truncatingIfNeeded: ends[0]), UInt8(truncatingIfNeeded: ends[1])))
      return true
    }
    for index in 0..<made { ends[index] &+= UInt32(truncatingIfNeeded: offset) }
    tokens.count += made
    return false
  }

  @inline(never)
  private mutating func encodeLong(
    _ piece: UnsafePointer<UInt8>, _ count: Int, offset: Int, into tokens: inout TokenBuffer
  ) {
    let hash = hashBytes(UnsafeRawBufferPointer(start: piece, count: count))
    let word = words.find(piece, count: count, hash: hash)
    if word != CacheSection.none { return tokens.append(word, end: offset + count) }
    tokens.count += merger.merge(
      piece, count: count, ids: tokens.ids + tokens.count, ends: tokens.ends + tokens.count,
      offset: UInt32(truncatingIfNeeded: offset))
  }
}
