/// The places of a cache: few at first, so that a short run touches little memory, and eight times as many
/// whenever there have been as many insertions as there are places.
///
/// Entries stay where they are when there are more places. Those that belong elsewhere now are not found any
/// more, as any entry of a cache may be lost.
struct CachePlaces {
  private var shift: UInt64
  private let leastShift: UInt64
  private var insertions = 0

  private static let step: UInt64 = 3

  /// - Parameter bits: there will be 2 to this power places.
  init(bits: UInt64) {
    leastShift = 64 - bits
    shift = leastShift + 2 * Self.step
  }

  /// The place by a hash, of which the upper bits count.
  @inline(__always)
  subscript(hash: UInt64) -> Int { Int(truncatingIfNeeded: hash &>> shift) }

  /// Must be told of everything that is put in.
  @inline(__always)
  mutating func noteInsertion() {
    guard shift > leastShift else { return }
    insertions += 1
    if insertions > 1 << (64 - shift) { shift -= Self.step }
  }
}
