/// Byte pair encoding of one piece: begins with a token for each byte, and as long as any adjacent pair has a
/// merge, does the best one, the leftmost of equals.
///
/// Short pieces are left to `ShortMerger`. Long ones are a linked list here and keep their merges in a heap,
/// so that n bytes take O(n log n).
struct Merger: ~Copyable {
  /// A token of the piece; one that has been merged into the token before it is out of the list.
  private struct Symbol {
    var id: UInt32
    /// Where the token's text ends, from the beginning of the piece.
    var end: UInt32
    /// Neighbors in the list, or `none`.
    var previous: UInt32
    var next: UInt32
  }

  private static let none = UInt32.max

  private let byteTokens: UnsafePointer<UInt32>
  private let table: MergeTable
  private let short: ShortMerger
  private var symbols: UnsafeMutablePointer<Symbol>
  /// For each symbol the rank of its merge with the next one.
  private var ranks: UnsafeMutablePointer<UInt32>
  private var heap: UnsafeMutablePointer<UInt64>
  private var capacity: Int

  /// - Parameters:
  ///   - byteTokens: 256 ids, one for each byte or `CacheSection.none`, which must outlive the merger.
  ///   - table: the merges.
  init(byteTokens: UnsafePointer<UInt32>, table: MergeTable) {
    self.byteTokens = byteTokens
    self.table = table
    short = ShortMerger(byteTokens: byteTokens, table: table)
    capacity = 0
    symbols = .allocate(capacity: 1)
    ranks = .allocate(capacity: 1)
    heap = .allocate(capacity: 1)
  }

  deinit {
    symbols.deallocate()
    ranks.deallocate()
    heap.deallocate()
  }

  /// Merges a piece and writes its tokens.
  ///
  /// - Parameters:
  ///   - piece: the piece's bytes; a byte without a token of its own is left out.
  ///   - count: how many bytes it has.
  ///   - ids: receives at most `count` ids.
  ///   - ends: receives where each token's text ends, plus `offset`.
  ///   - offset: where the piece begins in the text.
  /// - Returns: the number of tokens.
  mutating func merge(
    _ piece: UnsafePointer<UInt8>, count: Int, ids: UnsafeMutablePointer<UInt32>,
    ends: UnsafeMutablePointer<UInt32>, offset: UInt32
  ) -> Int {
    if count <= ShortMerger.longest,
      let made = short.merge(piece, count: count, ids: ids, ends: ends, offset: offset)
    {
      return made
    }
    if count > capacity { grow(to: count) }
    var length = 0
    for index in 0..<count {
      let id = byteTokens[Int(piece[index])]
      guard id != CacheSection.none else { continue }
      let place = UInt32(truncatingIfNeeded: length)
      symbols[length] = Symbol(
        id: id, end: UInt32(truncatingIfNeeded: index &+ 1), previous: place &- 1, next: place &+ 1)
      length &+= 1
    }
    guard length > 0 else { return 0 }
    symbols[length - 1].next = Self.none
    for index in 0..<length { ranks[index] = rank(index) }
    mergeAll(length)
    var made = 0
    var index: UInt32 = 0
    while index != Self.none {
      ids[made] = symbols[Int(index)].id
      ends[made] = symbols[Int(index)].end &+ offset
      made &+= 1
      index = symbols[Int(index)].next
    }
    return made
  }

  private mutating func grow(to count: Int) {
    symbols.deallocate()
    ranks.deallocate()
    heap.deallocate()
    capacity = max(count, capacity * 2)
    symbols = .allocate(capacity: capacity)
    ranks = .allocate(capacity: capacity)
    // Each merge takes one entry or more out and puts at most two in.
    heap = .allocate(capacity: capacity * 2)
  }

  /// The rank of a symbol's merge with the next one, or `MergeTable.noRank`.
  @inline(__always)
  private func rank(_ index: Int) -> UInt32 {
    let next = symbols[index].next
    return next == Self.none ? MergeTable.noRank : table.rank(symbols[index].id, symbols[Int(next)].id)
  }

  /// Makes one token of a symbol and the next one; returns the latter's place.
  @inline(__always)
  private func join(_ index: Int, into id: UInt32) -> Int {
    let absorbed = Int(symbols[index].next)
    let next = symbols[absorbed].next
    symbols[index].id = id
    symbols[index].end = symbols[absorbed].end
    symbols[index].next = next
    if next != Self.none { symbols[Int(next)].previous = UInt32(truncatingIfNeeded: index) }
    return absorbed
  }

  /// Keeps a heap of rank << 32 | symbol. An entry is out of date when the symbol's
  /// merge has another rank by now.
  private func mergeAll(_ count: Int) {
    var heapCount = 0
    for index in 0..<count {
      guard ranks[index] != MergeTable.noRank else { continue }
      heap[heapCount] = UInt64(ranks[index]) << 32 | UInt64(truncatingIfNeeded: index)
      heapCount += 1
    }
    for index in stride(from: heapCount / 2 - 1, through: 0, by: -1) { siftDown(index, heapCount) }
    while heapCount > 0 {
      let top = heap[0]
      heapCount -= 1
      heap[0] = heap[heapCount]
      siftDown(0, heapCount)
      let index = Int(truncatingIfNeeded: top & 0xFFFF_FFFF)
      guard ranks[index] == UInt32(truncatingIfNeeded: top >> 32) else { continue }
      let absorbed = join(index, into: table.token(ranks[index]))
      ranks[absorbed] = MergeTable.noRank
      update(index, &heapCount)
      let previous = symbols[index].previous
      if previous != Self.none { update(Int(previous), &heapCount) }
    }
  }

  /// Finds a symbol's merge anew and puts it into the heap.
  private func update(_ index: Int, _ count: inout Int) {
    ranks[index] = rank(index)
    guard ranks[index] != MergeTable.noRank else { return }
    let item = UInt64(ranks[index]) << 32 | UInt64(truncatingIfNeeded: index)
    var hole = count
    while hole > 0, heap[(hole - 1) / 2] > item {
      heap[hole] = heap[(hole - 1) / 2]
      hole = (hole - 1) / 2
    }
    heap[hole] = item
    count += 1
  }

  private func siftDown(_ start: Int, _ count: Int) {
    guard start < count else { return }
    let item = heap[start]
    var hole = start
    while true {
      var child = hole * 2 + 1
      guard child < count else { break }
      if child + 1 < count, heap[child + 1] < heap[child] { child += 1 }
      guard heap[child] < item else { break }
      heap[hole] = heap[child]
      hole = child
    }
    heap[hole] = item
  }
}
