/// Turns pieces into tokens: by the cache of words, the table of tokens that stand for themselves, the cache of merged
/// words, or merging, in this order.
struct PieceEncoder: ~Copyable {
  private let shortWords: ShortWordTable
  private let words: WordTable
  private let cache = WordCache()
  private var mergedWords = MergedWordCache()
  private var merger: Merger
  private let masks = PieceKey.Masks()
  /// Pieces that are encoded together; see `look`.
  private let batch: UnsafeMutablePointer<Piece>
  /// Keeps what has been fetched from being left out as useless.
  private var fetched: UInt64 = 0

  private static let batchSize = 32

  /// A piece on its way: its key is `none` when it is a long one.
  private struct Piece {
    var key = PieceKey.none
    var hash: UInt64 = 0
    let start: Int
    let count: Int
  }
  /// What makes tokens of pieces instead of the merger, where that is not byte pair encoding of bytes.
  private let segmenter: (any PieceSegmenter)?

  init(_ tables: TokenizerTables) {
    shortWords = tables.shortWords
    words = tables.words
    segmenter = tables.model.makeSegmenter()
    merger = Merger(byteTokens: tables.byteTokens, table: tables.merges)
    batch = .allocate(capacity: Self.batchSize)
  }

  deinit { batch.deallocate() }

  /// Appends the tokens of pieces that follow each other.
  ///
  /// - Parameters:
  ///   - text: where the first piece begins.
  ///   - marks: a bit for each byte at which a further piece begins; set to 0.
  ///   - stop: where the last piece ends.
  ///   - limit: the end of the memory that can be read.
  ///   - offset: is added to where tokens end.
  ///   - tokens: receives at most as many tokens as the pieces have bytes; there must be room for
  ///     `WordCache.slack` more.
  mutating func encode(
    _ text: UnsafePointer<UInt8>, marks: UnsafeMutableBufferPointer<UInt64>, to stop: Int,
    limit: UnsafePointer<UInt8>, offset: Int, into tokens: inout TokenBuffer
  ) {
    var here = 0
    var count = 0
    for word in marks.indices {
      var bits = marks[word]
      marks[word] = 0
      while bits != 0 {
        let end = word &<< 6 | bits.trailingZeroBitCount
        bits &= bits &- 1
        look(text, here, end, limit: limit, count)
        here = end
        count &+= 1
        if count == Self.batchSize {
          encodeBatch(text, count, offset: offset, into: &tokens)
          count = 0
        }
      }
    }
    look(text, here, stop, limit: limit, count)
    encodeBatch(text, count + 1, offset: offset, into: &tokens)
  }

  /// Puts a piece into the batch, and has the processor fetch its place in the cache: without a branch on what is there,
  /// so that it goes on to the next pieces meanwhile.
  @inline(__always)
  private mutating func look(
    _ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int, limit: UnsafePointer<UInt8>, _ index: Int
  ) {
    let count = end &- start
    var piece = Piece(start: start, count: count)
    if UInt(bitPattern: count &- 1) < PieceKey.maximumCount {
      piece.key = PieceKey(text + start, count: count, limit: limit, masks)
      piece.hash = piece.key.hash
      fetched ^= cache.entry(piece.hash).pointee.key.high
    }
    batch[index] = piece
  }

  /// Appends the tokens of the first pieces of the batch.
  @inline(__always)
  private mutating func encodeBatch(
    _ text: UnsafePointer<UInt8>, _ count: Int, offset: Int, into tokens: inout TokenBuffer
  ) {
    var out = tokens.count
    for index in 0..<count {
      let piece = batch[index]
      let offset = offset &+ piece.start
      let ids = tokens.ids + out
      let ends = tokens.ends + out
      if piece.key == .none {
        out &+= encodeLong(text + piece.start, piece.count, offset: offset, ids, ends)
      } else {
        out &+= encode(text + piece.start, piece.key, piece.hash, offset: offset, ids, ends)
      }
    }
    tokens.count = out
  }

  /// Writes the tokens of one piece; see the other `encode`.
  ///
  /// - Parameters:
  ///   - text: the text that the piece is in.
  ///   - start: where the piece begins.
  ///   - end: where it ends, after `start`.
  ///   - limit: the end of the memory that can be read.
  ///   - offset: is added to where tokens end.
  ///   - ids: receives the ids.
  ///   - ends: receives where the tokens' texts end.
  /// - Returns: the number of tokens.
  @inline(__always)
  mutating func encode(
    _ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int, limit: UnsafePointer<UInt8>, offset: Int = 0,
    ids: UnsafeMutablePointer<UInt32>, ends: UnsafeMutablePointer<UInt32>
  ) -> Int {
    let count = end &- start
    let offset = offset &+ start
    guard UInt(bitPattern: count &- 1) < PieceKey.maximumCount else {
      return encodeLong(text + start, count, offset: offset, ids, ends)
    }
    let key = PieceKey(text + start, count: count, limit: limit, masks)
    return encode(text + start, key, key.hash, offset: offset, ids, ends)
  }

  /// Writes the tokens of one piece of at most 15 bytes.
  @inline(__always)
  private mutating func encode(
    _ piece: UnsafePointer<UInt8>, _ key: PieceKey, _ hash: UInt64, offset: Int,
    _ ids: UnsafeMutablePointer<UInt32>, _ ends: UnsafeMutablePointer<UInt32>
  ) -> Int {
    let entry = cache.entry(hash)
    if entry.pointee.key != key {
      let made = encodeShort(piece, key, hash, entry, offset: offset, ids, ends)
      if made > WordCache.maximumTokens { return made }
    }
    // All are written, and as many count as there are.
    let found = entry.pointee.tokens
    UnsafeMutableRawPointer(ids).storeBytes(of: found, as: SIMD4<UInt32>.self)
    let layout = unsafeBitCast(found[3].littleEndian, to: SIMD4<UInt8>.self)
    let ended =
      SIMD4<UInt32>(truncatingIfNeeded: layout) &+ SIMD4(repeating: UInt32(truncatingIfNeeded: offset))
    UnsafeMutableRawPointer(ends).storeBytes(of: ended, as: SIMD4<UInt32>.self)
    return Int(layout[3])
  }

  /// Encodes a short piece that the cache does not have. Up to `WordCache.maximumTokens` tokens go to the cache; more
  /// are written.
  @inline(never)
  private mutating func encodeShort(
    _ piece: UnsafePointer<UInt8>, _ key: PieceKey, _ hash: UInt64,
    _ entry: UnsafeMutablePointer<WordCache.Entry>, offset: Int, _ ids: UnsafeMutablePointer<UInt32>,
    _ ends: UnsafeMutablePointer<UInt32>
  ) -> Int {
    let isShort = key.count <= ShortWordTable.maximumCount
    let word = isShort ? shortWords.find(key, hash: hash) : words.find(key, hash: hash)
    if word != CacheSection.none {
      entry.pointee = WordCache.Entry(key: key, token: word)
      return 1
    }
    let made = merge(piece, key.count, hash, ids, ends, offset: 0)
    if made <= WordCache.maximumTokens {
      var tokens = SIMD4<UInt32>(0, 0, 0, UInt32(made) << 24)
      for index in 0..<made {
        tokens[index] = ids[index]
        tokens[3] |= ends[index] << UInt32(8 * index)
      }
      entry.pointee = WordCache.Entry(key: key, tokens: tokens)
    } else {
      for index in 0..<made { ends[index] &+= UInt32(truncatingIfNeeded: offset) }
    }
    return made
  }

  @inline(never)
  private mutating func encodeLong(
    _ piece: UnsafePointer<UInt8>, _ count: Int, offset: Int, _ ids: UnsafeMutablePointer<UInt32>,
    _ ends: UnsafeMutablePointer<UInt32>
  ) -> Int {
    // A damaged table may split off nothing.
    guard count > 0 else { return 0 }
    let start = UInt32(truncatingIfNeeded: offset)
    let hash = hashBytes(UnsafeRawBufferPointer(start: piece, count: count))
    let word = words.find(piece, count: count, hash: hash)
    guard word == CacheSection.none else {
      ids[0] = word
      ends[0] = start &+ UInt32(truncatingIfNeeded: count)
      return 1
    }
    return merge(piece, count, hash, ids, ends, offset: start)
  }

  /// Makes tokens of a piece that is none, if that has not been done lately.
  private mutating func merge(
    _ piece: UnsafePointer<UInt8>, _ count: Int, _ hash: UInt64, _ ids: UnsafeMutablePointer<UInt32>,
    _ ends: UnsafeMutablePointer<UInt32>, offset: UInt32
  ) -> Int {
    let found = mergedWords.find(piece, count, hash: hash, ids: ids, ends: ends, offset: offset)
    if found > 0 { return found }
    let made = segment(piece, count: count, ids, ends, offset: offset)
    if made > 0 {
      mergedWords.insert(piece, count, hash: hash, ids: ids, ends: ends, count: made, offset: offset)
    }
    return made
  }

  private mutating func segment(
    _ piece: UnsafePointer<UInt8>, count: Int, _ ids: UnsafeMutablePointer<UInt32>,
    _ ends: UnsafeMutablePointer<UInt32>, offset: UInt32
  ) -> Int {
    if let segmenter { return segmenter.segment(piece, count: count, ids: ids, ends: ends, offset: offset) }
    return merger.merge(piece, count: count, ids: ids, ends: ends, offset: offset)
  }
}
