/// Byte pair encoding of one piece: begins with a token for each byte, and as long as any adjacent pair has a
/// merge, does the best one, the leftmost of equals.
///
/// Holds the scratch memory for it. Short pieces are searched anew for each merge; long ones keep their pairs in
/// a heap, so that n bytes take O(n log n).
struct Merger: ~Copyable {
  /// A token of the piece and its pair with the next one.
  private struct Symbol {
    var id: UInt32
    /// Where the token's text ends, from the beginning of the piece.
    var end: UInt32
    /// The rank of the merge with the next symbol, or `MergeTable.noRank`.
    var rank: UInt32
  }

  private let byteTokens: UnsafePointer<UInt32>
  private let table: MergeTable
  private var symbols: UnsafeMutablePointer<Symbol>
  private var links: UnsafeMutablePointer<(previous: UInt32, next: UInt32)>
  private var heap: UnsafeMutablePointer<UInt64>
  private var capacity: Int

  /// Above this many bytes the heap is faster.
  static let longPiece = 128

  /// - Parameters:
  ///   - byteTokens: 256 ids, one for each byte or `none`, which must outlive the merger.
  ///   - table: the merges.
  init(byteTokens: UnsafePointer<UInt32>, table: MergeTable) {
    self.byteTokens = byteTokens
    self.table = table
    capacity = Self.longPiece
    symbols = .allocate(capacity: capacity)
    links = .allocate(capacity: 1)
    heap = .allocate(capacity: 1)
  }

  deinit {
    symbols.deallocate()
    links.deallocate()
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
    if count > capacity { grow(to: count) }
    var length = 0
    for index in 0..<count {
      let id = byteTokens[Int(piece[index])]
      guard id != CacheSection.none else { continue }
      symbols[length] = Symbol(id: id, end: UInt32(truncatingIfNeeded: index + 1), rank: MergeTable.noRank)
      length += 1
    }
    guard length > 0 else { return 0 }
    for index in 0..<length - 1 { findMerge(index, index + 1) }
    if count > Self.longPiece { return mergeLong(length, ids, ends, offset) }
    length = mergeShort(length)
    for index in 0..<length {
      ids[index] = symbols[index].id
      ends[index] = symbols[index].end &+ offset
    }
    return length
  }

  /// Looks up the merge of two symbols and keeps it with the first.
  @inline(__always)
  private func findMerge(_ left: Int, _ right: Int) {
    symbols[left].rank = table.rank(symbols[left].id, symbols[right].id)
  }

  /// Merges the first `count` symbols in place; returns how many are left.
  private func mergeShort(_ count: Int) -> Int {
    var count = count
    while true {
      var best = 0
      var rank = MergeTable.noRank
      for index in 0..<count where symbols[index].rank < rank {
        rank = symbols[index].rank
        best = index
      }
      guard rank != MergeTable.noRank else { return count }
      symbols[best].id = table.token(rank)
      symbols[best].end = symbols[best + 1].end
      (symbols + best + 1).update(from: symbols + best + 2, count: count - best - 2)
      count -= 1
      if best + 1 < count { findMerge(best, best + 1) } else { symbols[best].rank = MergeTable.noRank }
      if best > 0 { findMerge(best - 1, best) }
    }
  }

  // MARK: Long pieces

  private mutating func grow(to count: Int) {
    symbols.deallocate()
    links.deallocate()
    heap.deallocate()
    capacity = max(count, capacity * 2)
    symbols = .allocate(capacity: capacity)
    links = .allocate(capacity: capacity)
    // Each merge takes one entry or more out and puts at most two in.
    heap = .allocate(capacity: capacity * 2)
  }

  /// The symbols as a linked list, and a heap of rank << 32 | index. An entry is out of date when its symbol's
  /// merge has another rank by now; a symbol merged into the one before has none.
  private func mergeLong(
    _ count: Int, _ ids: UnsafeMutablePointer<UInt32>, _ ends: UnsafeMutablePointer<UInt32>, _ offset: UInt32
  ) -> Int {
    let last = UInt32.max
    var heapCount = 0
    for index in 0..<count {
      links[index] = (UInt32(truncatingIfNeeded: index) &- 1, index + 1 < count ? UInt32(index + 1) : last)
      guard symbols[index].rank != MergeTable.noRank else { continue }
      heap[heapCount] = UInt64(symbols[index].rank) << 32 | UInt64(index)
      heapCount += 1
    }
    for index in stride(from: heapCount / 2 - 1, through: 0, by: -1) { siftDown(index, heapCount) }
    while heapCount > 0 {
      let top = heap[0]
      heapCount -= 1
      heap[0] = heap[heapCount]
      siftDown(0, heapCount)
      let index = Int(top & 0xFFFF_FFFF)
      guard symbols[index].rank == UInt32(top >> 32) else { continue }
      let absorbed = Int(links[index].next)
      let after = links[absorbed].next
      symbols[index].id = table.token(symbols[index].rank)
      symbols[index].end = symbols[absorbed].end
      symbols[index].rank = MergeTable.noRank
      symbols[absorbed].rank = MergeTable.noRank
      links[index].next = after
      if after != last {
        links[Int(after)].previous = UInt32(index)
        findMerge(index, Int(after))
        push(index, &heapCount)
      }
      let previous = links[index].previous
      if previous != last {
        findMerge(Int(previous), index)
        push(Int(previous), &heapCount)
      }
    }
    var length = 0
    var index: UInt32 = 0
    while index != last {
      ids[length] = symbols[Int(index)].id
      ends[length] = symbols[Int(index)].end &+ offset
      length += 1
      index = links[Int(index)].next
    }
    return length
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

  private func push(_ index: Int, _ count: inout Int) {
    guard symbols[index].rank != MergeTable.noRank else { return }
    let item = UInt64(symbols[index].rank) << 32 | UInt64(index)
    var hole = count
    while hole > 0, heap[(hole - 1) / 2] > item {
      heap[hole] = heap[(hole - 1) / 2]
      hole = (hole - 1) / 2
    }
    heap[hole] = item
    count += 1
  }
}
