/// Byte pair encoding of one piece of few bytes: as long as any adjacent pair has a merge,
/// looks for the best one anew.
///
/// The piece's symbols are a list between two symbols without a token, 0 and the one after the last,
/// so that each has neighbors.
struct ShortMerger: ~Copyable {
  private struct Symbol {
    var id: UInt32
    /// Neighbors in the list.
    var previous: UInt8
    var next: UInt8
    /// Where the token's text ends, from the beginning of the piece.
    var end: UInt8
  }

  private let byteTokens: UnsafePointer<UInt32>
  private let table: MergeTable
  private let symbols: UnsafeMutablePointer<Symbol>
  /// For each symbol the rank of its merge with the next one << 32 | the symbol; `absent` for one that is out
  /// of the list. Numbers of 8 bytes, as they are compared one by one as soon as they have been written.
  private let merges: UnsafeMutablePointer<UInt64>

  /// Longer pieces take another way.
  static let longest = 62
  /// So many merges are compared at once.
  private static let stride = 8
  private static let absent = UInt64.max

  /// - Parameters:
  ///   - byteTokens: 256 ids, one for each byte or `CacheSection.none`, which must outlive the merger.
  ///   - table: the merges.
  init(byteTokens: UnsafePointer<UInt32>, table: MergeTable) {
    self.byteTokens = byteTokens
    self.table = table
    symbols = .allocate(capacity: Self.longest + 2)
    merges = .allocate(capacity: Self.longest + Self.stride)
  }

  deinit {
    symbols.deallocate()
    merges.deallocate()
  }

  /// Merges a piece and writes its tokens; see `Merger.merge`.
  ///
  /// - Parameter count: at most `longest`.
  /// - Returns: the number of tokens; nil when a byte has none.
  func merge(
    _ piece: UnsafePointer<UInt8>, count: Int, ids: UnsafeMutablePointer<UInt32>,
    ends: UnsafeMutablePointer<UInt32>, offset: UInt32
  ) -> Int? {
    guard readSymbols(piece, count) else { return nil }
    readMerges(piece, count)
    // The symbols after 0 and before the last one, and as many as are compared at once.
    let rounded = (count &+ Self.stride &- 1) & ~(Self.stride &- 1)
    while true {
      var best = Self.absent
      for first in Swift.stride(from: 0, to: rounded, by: Self.stride) {
        best = min(best, least(merges + first))
      }
      let rank = UInt32(truncatingIfNeeded: best &>> 32)
      guard rank < MergeTable.noRank else { break }
      join(Int(truncatingIfNeeded: best & 0xFF), into: table.token(rank))
    }
    var made = 0
    var index = 1
    while index != count &+ 1 {
      let symbol = symbols[index]
      ids[made] = symbol.id
      ends[made] = UInt32(symbol.end) &+ offset
      made &+= 1
      index = Int(symbol.next)
    }
    return made
  }

  /// Makes a symbol of each byte, from 1 on. Returns whether all have a token.
  @inline(__always)
  private func readSymbols(_ piece: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    var isMissing = false
    for index in 0..<count {
      let id = byteTokens[Int(piece[index])]
      isMissing = isMissing || id == CacheSection.none
      let place = UInt8(truncatingIfNeeded: index)
      symbols[index &+ 1] = Symbol(id: id, previous: place, next: place &+ 2, end: place &+ 1)
    }
    symbols[0] = Symbol(id: CacheSection.none, previous: 0, next: 1, end: 0)
    symbols[count &+ 1] = Symbol(id: CacheSection.none, previous: 0, next: 0, end: 0)
    return !isMissing
  }

  /// Finds the merge of each pair of bytes.
  @inline(__always)
  private func readMerges(_ piece: UnsafePointer<UInt8>, _ count: Int) {
    merges[0] = Self.absent
    for index in 1..<max(count, 1) {
      setMerge(index, table.rank(ofBytes: piece[index &- 1], piece[index]))
    }
    for index in 0..<Self.stride { merges[count &+ index] = Self.absent }
  }

  @inline(__always)
  private func setMerge(_ index: Int, _ rank: UInt32) {
    merges[index] = UInt64(rank) &<< 32 | UInt64(truncatingIfNeeded: index)
  }

  /// The least of as many numbers as are compared at once.
  @inline(__always)
  private func least(_ numbers: UnsafePointer<UInt64>) -> UInt64 {
    let first = min(min(numbers[0], numbers[1]), min(numbers[2], numbers[3]))
    let second = min(min(numbers[4], numbers[5]), min(numbers[6], numbers[7]))
    return min(first, second)
  }

  /// Makes one token of a symbol and the next one.
  @inline(__always)
  private func join(_ index: Int, into id: UInt32) {
    let absorbed = Int(symbols[index].next)
    let next = Int(symbols[absorbed].next)
    let previous = Int(symbols[index].previous)
    let after = table.rank(id, symbols[next].id)
    let before = table.rank(symbols[previous].id, id)
    symbols[index].id = id
    symbols[index].end = symbols[absorbed].end
    symbols[index].next = UInt8(truncatingIfNeeded: next)
    symbols[next].previous = UInt8(truncatingIfNeeded: index)
    merges[absorbed] = Self.absent
    setMerge(index, after)
    setMerge(previous, before)
  }
}
