/// Byte pair encoding that begins with a token for each character, as SentencePiece has it.
///
/// A character without a token is spelled by the tokens of its bytes, if all of them have one and the
/// tokenizer wants it; otherwise it is the unknown token, one for each or one for each run of them; without
/// an unknown token it is left out. n characters take O(n log n).
final class CharacterMerger: PieceSegmenter {
  /// A token of the piece; one that has been merged into the token before it is out of the list.
  private struct Symbol {
    var id: UInt32
    /// Where its text ends, from the beginning of the piece.
    var end: UInt32
    /// Neighbors in the list, or `none`.
    var previous: UInt32
    var next: UInt32
    /// The rank of its merge with the next one.
    var rank: UInt32
  }

  private static let none = UInt32.max
  /// Pieces of at most so many symbols need no heap.
  private static let longestShort = 24

  private let model: CharacterModel
  private var symbols: [Symbol] = []
  /// Order << 32 | symbol, the least first. An entry is out of date when its symbol's
  /// merge has another order by now.
  private var heap: [UInt64] = []

  init(_ model: CharacterModel) { self.model = model }

  func segment(
    _ piece: UnsafePointer<UInt8>, count: Int, ids: UnsafeMutablePointer<UInt32>,
    ends: UnsafeMutablePointer<UInt32>, offset: UInt32
  ) -> Int {
    symbols.removeAll(keepingCapacity: true)
    if model.resolvesUnknownLast { readSymbols(piece, count) } else { readTokens(piece, count) }
    guard !symbols.isEmpty else { return 0 }
    symbols[symbols.count - 1].next = Self.none
    for index in symbols.indices { symbols[index].rank = rank(index) }
    if symbols.count <= Self.longestShort { mergeShort() } else { mergeLong() }
    return model.resolvesUnknownLast
      ? writeResolved(piece, ids, ends, offset) : write(ids, ends, offset)
  }

  // MARK: Symbols

  private func append(_ id: UInt32, end: Int) {
    let place = UInt32(truncatingIfNeeded: symbols.count)
    symbols.append(
      Symbol(
        id: id, end: UInt32(truncatingIfNeeded: end), previous: place &- 1, next: place &+ 1,
        rank: MergeTable.noRank))
  }

  /// Reads the piece's characters as tokens, unknown ones included.
  ///
  /// As in the reference, an unknown token is put when the next known character comes, behind the bytes of
  /// others between, and a token ends where the lengths of it and those before it add up to.
  private func readTokens(_ piece: UnsafePointer<UInt8>, _ count: Int) {
    var here = 0
    var end = 0
    // The length of the text that the next unknown token stands for.
    var unknownLength = 0
    func put(_ id: UInt32, _ length: Int) {
      end += length
      append(id, end: end)
    }
    func putUnknown() {
      if unknownLength > 0, let unknown = model.unknown { put(unknown, unknownLength) }
      unknownLength = 0
    }
    while here < count {
      let (code, length) = scalar(piece + here)
      let id = model.symbol(code)
      if id != CacheSection.none {
        putUnknown()
        put(id, length)
      } else if model.hasBytes(piece + here, length) {
        for index in here..<here + length { put(model.byteTokens[Int(piece[index])], 1) }
      } else if model.unknown != nil {
        if !model.fusesUnknown { putUnknown() }
        unknownLength += length
      }
      here += length
    }
    putUnknown()
  }

  /// Reads the piece's characters, those without a token as symbols that are none.
  private func readSymbols(_ piece: UnsafePointer<UInt8>, _ count: Int) {
    var here = 0
    while here < count {
      let (code, length) = scalar(piece + here)
      here += length
      append(model.symbol(code), end: here)
    }
  }

  // MARK: Merging

  private func rank(_ index: Int) -> UInt32 {
    let next = symbols[index].next
    return next == Self.none
      ? MergeTable.noRank : model.merges.rank(symbols[index].id, symbols[Int(next)].id)
  }

  /// Which merge comes before which; those of equal order from left to right.
  private func order(_ rank: UInt32) -> UInt64 { UInt64(model.order(rank)) }

  /// Makes one symbol of a symbol and the next one.
  private func join(_ index: Int) {
    let absorbed = Int(symbols[index].next)
    let next = symbols[absorbed].next
    symbols[index].id = model.merges.token(symbols[index].rank)
    symbols[index].end = symbols[absorbed].end
    symbols[index].next = next
    symbols[absorbed].rank = MergeTable.noRank
    if next != Self.none { symbols[Int(next)].previous = UInt32(truncatingIfNeeded: index) }
    symbols[index].rank = rank(index)
    let previous = symbols[index].previous
    if previous != Self.none { symbols[Int(previous)].rank = rank(Int(previous)) }
  }

  private func mergeShort() {
    while true {
      var best: Int?
      var bestOrder = UInt64.max
      for index in symbols.indices where symbols[index].rank != MergeTable.noRank {
        let order = order(symbols[index].rank)
        if order < bestOrder {
          bestOrder = order
          best = index
        }
      }
      guard let best else { return }
      join(best)
    }
  }

  private func mergeLong() {
    heap.removeAll(keepingCapacity: true)
    for index in symbols.indices { push(index) }
    while let top = pop() {
      let index = Int(truncatingIfNeeded: top & 0xFFFF_FFFF)
      let rank = symbols[index].rank
      guard rank != MergeTable.noRank, order(rank) == top >> 32 else { continue }
      join(index)
      push(index)
      let previous = symbols[index].previous
      if previous != Self.none { push(Int(previous)) }
    }
  }

  private func push(_ index: Int) {
    guard symbols[index].rank != MergeTable.noRank else { return }
    let item = order(symbols[index].rank) << 32 | UInt64(truncatingIfNeeded: index)
    var hole = heap.count
    heap.append(item)
    while hole > 0, heap[(hole - 1) / 2] > item {
      heap[hole] = heap[(hole - 1) / 2]
      hole = (hole - 1) / 2
    }
    heap[hole] = item
  }

  private func pop() -> UInt64? {
    guard let top = heap.first, let item = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return top }
    var hole = 0
    while true {
      var child = hole * 2 + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
      guard heap[child] < item else { break }
      heap[hole] = heap[child]
      hole = child
    }
    heap[hole] = item
    return top
  }

  // MARK: Output

  private func write(
    _ ids: UnsafeMutablePointer<UInt32>, _ ends: UnsafeMutablePointer<UInt32>, _ offset: UInt32
  ) -> Int {
    var made = 0
    var index: UInt32 = 0
    var end: UInt32 = 0
    while index != Self.none {
      let symbol = symbols[Int(index)]
      end = max(end, symbol.end)
      ids[made] = symbol.id
      ends[made] = end &+ offset
      made += 1
      index = symbol.next
    }
    return made
  }

  /// Writes symbols, those that are no tokens by their bytes or as one unknown token for each run of them.
  private func writeResolved(
    _ piece: UnsafePointer<UInt8>, _ ids: UnsafeMutablePointer<UInt32>,
    _ ends: UnsafeMutablePointer<UInt32>, _ offset: UInt32
  ) -> Int {
    var made = 0
    var index: UInt32 = 0
    var start = 0
    var wasUnknown = false
    while index != Self.none {
      let symbol = symbols[Int(index)]
      let end = Int(symbol.end)
      let isUnknown = symbol.id >= model.vocabularySize
      var isUnknownToken = false
      if !isUnknown {
        ids[made] = symbol.id
        ends[made] = symbol.end &+ offset
        made += 1
      } else if model.hasBytes(piece + start, end - start) {
        for place in start..<end {
          ids[made] = model.byteTokens[Int(piece[place])]
          ends[made] = UInt32(truncatingIfNeeded: place + 1) &+ offset
          made += 1
        }
      } else if let unknown = model.unknown {
        if !wasUnknown {
          ids[made] = unknown
          made += 1
        }
        ends[made - 1] = symbol.end &+ offset
        isUnknownToken = true
      }
      wasUnknown = isUnknownToken
      start = end
      index = symbol.next
    }
    return made
  }
}
