import CKernels

/// Turns pieces into tokens: by the cache of words, the tables of tokens that stand for themselves, the cache
/// of merged words, or merging, in this order.
struct PieceEncoder: ~Copyable {
  /// A piece on its way: its key, and the first of the two entries that the cache may have it in, or had it
  /// in before it grew.
  private struct Lookup {
    let key: PieceKey
    let entry: UnsafeMutablePointer<WordCache.Entry>
  }

  private var cache = WordCache()
  private let lookups: UnsafeMutablePointer<Lookup>
  private let shortWords: ShortWordTable
  private let words: WordTable
  private var mergedWords = MergedWordCache()
  private var merger: Merger
  /// What makes tokens of pieces instead of the merger, where that is not byte pair encoding of bytes.
  private let segmenter: (any PieceSegmenter)?

  /// The room that must be left after the last token: several are written at once,
  /// and as many count as there are.
  static let slack = 4

  /// The entries of so many pieces are on their way from memory at once.
  private static let lookupsAtOnce = 64

  init(_ tables: TokenizerTables) {
    shortWords = tables.shortWords
    words = tables.words
    segmenter = tables.model.makeSegmenter()
    merger = Merger(byteTokens: tables.byteTokens, table: tables.merges)
    lookups = .allocate(capacity: Self.lookupsAtOnce)
  }

  deinit { lookups.deallocate() }

  /// Appends the tokens of pieces that follow each other.
  ///
  /// - Parameters:
  ///   - text: what the bounds are counted from.
  ///   - bounds: where the first piece begins and each one ends.
  ///   - limit: the end of the memory that can be read.
  ///   - offset: is added to where tokens end.
  ///   - tokens: receives at most as many tokens as the pieces have bytes; there must
  ///     be room for `slack` more.
  mutating func encode(
    _ text: UnsafePointer<UInt8>, _ bounds: UnsafeBufferPointer<UInt32>, limit: UnsafePointer<UInt8>,
    offset: Int, into tokens: inout TokenBuffer
  ) {
    guard let first = bounds.baseAddress else { return }
    var out = tokens.count
    var done = 0
    while done < bounds.count - 1 {
      let count = min(bounds.count - 1 - done, Self.lookupsAtOnce)
      look(up: first + done, count, text, limit: limit)
      out &+= encode(
        text, first + done, count, limit: limit, offset: offset, tokens.ids + out, tokens.ends + out)
      done += count
    }
    tokens.count = out
  }

  /// Makes the lookups of pieces and has their entries fetched; see `encode`.
  @inline(__always)
  private func look(
    up start: UnsafePointer<UInt32>, _ count: Int, _ text: UnsafePointer<UInt8>,
    limit: UnsafePointer<UInt8>
  ) {
    func put(_ lookup: Lookup, at index: Int) {
      grape_prefetch(lookup.entry)
      (lookups + index).initialize(to: lookup)
    }
    var safeCount = count
    while safeCount > 0, limit - (text + Int(start[safeCount &- 1])) < PieceMasks.reach { safeCount &-= 1 }
    for index in 0..<safeCount {
      let place = Int(start[index])
      let key = cache.masks.key(text + place, count: Int(start[index &+ 1]) &- place)
      put(Lookup(key: key, entry: cache.pair(key)), at: index)
    }
    for index in safeCount..<count {
      let place = Int(start[index])
      put(lookup(text + place, Int(start[index &+ 1]) &- place, limit: limit), at: index)
    }
  }

  /// Writes the tokens of pieces that have been looked up; see the other `encode`.
  @inline(__always)
  private mutating func encode(
    _ text: UnsafePointer<UInt8>, _ start: UnsafePointer<UInt32>, _ count: Int,
    limit: UnsafePointer<UInt8>, offset: Int, _ ids: UnsafeMutablePointer<UInt32>,
    _ ends: UnsafeMutablePointer<UInt32>
  ) -> Int {
    let lookups = lookups
    var out = 0
    var index = 0
    while true {
      while index < count, lookups[index].entry.pointee.key == lookups[index].key {
        out &+= write(lookups[index].entry, offset: offset &+ Int(start[index]), ids + out, ends + out)
        index &+= 1
      }
      guard index < count else { return out }
      let place = Int(start[index])
      out &+= encodeOther(
        text + place, Int(start[index &+ 1]) &- place, lookups[index], offset: offset &+ place, ids + out,
        ends + out)
      index &+= 1
    }
  }

  /// Writes the tokens of one piece; see the other `encode`.
  ///
  /// - Parameters:
  ///   - text: the text that the piece is in.
  ///   - start: where the piece begins.
  ///   - end: where it ends, after `start`.
  ///   - limit: the end of the memory that can be read.
  ///   - ids: receives the ids.
  ///   - ends: receives where the tokens' texts end.
  /// - Returns: the number of tokens.
  @inline(__always)
  mutating func encode(
    _ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int, limit: UnsafePointer<UInt8>,
    ids: UnsafeMutablePointer<UInt32>, ends: UnsafeMutablePointer<UInt32>
  ) -> Int {
    let count = end &- start
    let lookup = lookup(text + start, count, limit: limit)
    return encode(text + start, count, lookup, limit: limit, offset: start, ids, ends)
  }

  @inline(__always)
  private func lookup(
    _ piece: UnsafePointer<UInt8>, _ count: Int, limit: UnsafePointer<UInt8>
  ) -> Lookup {
    let key = cache.masks.key(piece, count: count, limit: limit)
    return Lookup(key: key, entry: cache.pair(key))
  }

  @inline(__always)
  private mutating func encode(
    _ piece: UnsafePointer<UInt8>, _ count: Int, _ lookup: Lookup, limit: UnsafePointer<UInt8>, offset: Int,
    _ ids: UnsafeMutablePointer<UInt32>, _ ends: UnsafeMutablePointer<UInt32>
  ) -> Int {
    guard lookup.entry.pointee.key == lookup.key else {
      return encodeOther(piece, count, lookup, offset: offset, ids, ends)
    }
    return write(lookup.entry, offset: offset, ids, ends)
  }

  /// Writes an entry's tokens. Returns their number.
  @inline(__always)
  private func write(
    _ entry: UnsafePointer<WordCache.Entry>, offset: Int, _ ids: UnsafeMutablePointer<UInt32>,
    _ ends: UnsafeMutablePointer<UInt32>
  ) -> Int {
    // All are written, and as many count as there are.
    let found = entry.pointee.tokens
    UnsafeMutableRawPointer(ids).storeBytes(of: found, as: SIMD4<UInt32>.self)
    let layout = unsafeBitCast(found[3].littleEndian, to: SIMD4<UInt8>.self)
    let ended =
      SIMD4<UInt32>(truncatingIfNeeded: layout) &+ SIMD4(repeating: UInt32(truncatingIfNeeded: offset))
    UnsafeMutableRawPointer(ends).storeBytes(of: ended, as: SIMD4<UInt32>.self)
    return Int(found[3] &>> 24)
  }

  /// Encodes a piece that the first entry for it in the cache of words does not have.
  @inline(never)
  private mutating func encodeOther(
    _ piece: UnsafePointer<UInt8>, _ count: Int, _ lookup: Lookup, offset: Int,
    _ ids: UnsafeMutablePointer<UInt32>, _ ends: UnsafeMutablePointer<UInt32>
  ) -> Int {
    guard UInt(bitPattern: count &- 1) < PieceKey.maximumCount else {
      return encodeLong(piece, count, offset: offset, ids, ends)
    }
    if cache.promote(lookup.key, in: lookup.entry) { return write(lookup.entry, offset: offset, ids, ends) }
    return encodeNew(piece, lookup.key, offset: offset, ids, ends)
  }

  /// Encodes a short piece that the cache of words does not have.
  private mutating func encodeNew(
    _ piece: UnsafePointer<UInt8>, _ key: PieceKey, offset: Int, _ ids: UnsafeMutablePointer<UInt32>,
    _ ends: UnsafeMutablePointer<UInt32>
  ) -> Int {
    let hash = key.hash
    let isShort = key.count <= ShortWordTable.maximumCount
    let word = isShort ? shortWords.find(key, hash: hash) : words.find(key, hash: hash)
    guard word == CacheSection.none else {
      return write(cache.insert(WordCache.Entry(key: key, token: word)), offset: offset, ids, ends)
    }
    let made = merge(piece, key.count, hash, ids, ends, offset: 0)
    guard made <= WordCache.maximumTokens else {
      for index in 0..<made { ends[index] &+= UInt32(truncatingIfNeeded: offset) }
      return made
    }
    var tokens = SIMD4<UInt32>(0, 0, 0, UInt32(made) << 24)
    for index in 0..<made {
      tokens[index] = ids[index]
      tokens[3] |= ends[index] << UInt32(8 * index)
    }
    return write(cache.insert(WordCache.Entry(key: key, tokens: tokens)), offset: offset, ids, ends)
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
