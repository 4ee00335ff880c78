/// A record that may be picked: what it is ranked by, and where its bytes are kept.
package struct Contender: Equatable {
  /// Greater is better. Finite.
  package var value: Double
  /// Offset and length of the record in the spool. Offsets rise in the order of the input.
  package var offset: Int
  package var length: Int

  /// Whether this one is preferred: by its value, and between equals as the earlier.
  @inline(__always)
  package func precedes(_ other: Contender) -> Bool {
    value != other.value ? value > other.value : offset < other.offset
  }
}

/// A binary heap of contenders in memory that the caller owns, the least preferred one first: what a group keeps
/// while better ones may come.
struct ContenderHeap {
  let contenders: UnsafeMutablePointer<Contender>

  /// Adds `contender` to a heap of `count`; there must be room for it.
  func push(_ contender: Contender, count: Int) {
    var hole = count
    while hole > 0 {
      let parent = (hole - 1) / 2
      guard contenders[parent].precedes(contender) else { break }
      contenders[hole] = contenders[parent]
      hole = parent
    }
    contenders[hole] = contender
  }

  /// Puts `contender` in the place of the first of a heap of `count`.
  func replaceFirst(with contender: Contender, count: Int) {
    var hole = 0
    while true {
      var child = 2 * hole + 1
      guard child < count else { break }
      if child + 1 < count, contenders[child].precedes(contenders[child + 1]) { child += 1 }
      guard contender.precedes(contenders[child]) else { break }
      contenders[hole] = contenders[child]
      hole = child
    }
    contenders[hole] = contender
  }
}
