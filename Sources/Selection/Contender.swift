/// What a record is ranked by in its group.
package struct Merit: Equatable, Sendable {
  /// Greater is better. Finite.
  package var value: Double
  /// What decides between equal values; greater is better. Finite.
  package var tie: Double
  /// Whether the record comes before all that have this unset, whatever the values.
  package var isPreferred: Bool

  package init(value: Double, tie: Double = 0, isPreferred: Bool = false) {
    self.value = value
    self.tie = tie
    self.isPreferred = isPreferred
  }

  @inline(__always)
  func exceeds(_ other: Merit) -> Bool {
    if isPreferred != other.isPreferred { return isPreferred }
    return value != other.value ? value > other.value : tie > other.tie
  }
}

/// A record that may be picked: what it is ranked by, and where its bytes are kept.
package struct Contender: Equatable, Sendable {
  package var merit: Merit
  /// The number of its source, where sources have shares.
  package var source: UInt16 = 0
  package var length: UInt32
  /// A number drawn for it, where chance decides which picks stay.
  package var lot: UInt64 = 0
  /// Where the record begins in the spool. Offsets rise in the order of the input.
  package var offset: Int

  /// Whether this one is preferred: by its merit, and between equals as the earlier.
  @inline(__always)
  package func precedes(_ other: Contender) -> Bool {
    if merit.exceeds(other.merit) { return true }
    return offset < other.offset && !other.merit.exceeds(merit)
  }
}

extension Contender {
  /// Appends the contender as five words.
  func encode(to bytes: inout [UInt8]) {
    append(merit.value.bitPattern, to: &bytes)
    append(merit.tie.bitPattern, to: &bytes)
    append(UInt64(length) | UInt64(source) << 32 | (merit.isPreferred ? 1 << 48 : 0), to: &bytes)
    append(lot, to: &bytes)
    append(UInt64(offset), to: &bytes)
  }

  init(decoding run: inout RunReader) throws {
    merit = Merit(value: Double(bitPattern: try run.word()), tie: Double(bitPattern: try run.word()))
    let packed = try run.word()
    length = UInt32(truncatingIfNeeded: packed)
    source = UInt16(truncatingIfNeeded: packed >> 32)
    merit.isPreferred = packed >> 48 == 1
    lot = try run.word()
    offset = Int(try run.word())
  }
}

/// A binary heap of contenders in memory that the caller owns, the least preferred one first: what a group
/// keeps while better ones may come.
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
