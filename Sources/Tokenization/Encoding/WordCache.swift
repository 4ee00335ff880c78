import Streams

/// Short pieces seen lately and their tokens: a table in which each piece has one of two entries side by side.
///
/// Most pieces of any text are in the first of their two, so what that takes decides how fast texts are
/// encoded: whether a piece is one token or several, a hit costs one look at 32 bytes and the same
/// instructions, so that the processor has nothing to guess. A newcomer displaces the second one and becomes
/// the first when it is seen again; so a frequent piece is not lost to one that is not.
///
/// There are few pairs at first, so that a short run touches little memory, and eight times as many whenever
/// there have been as many insertions as there are pairs.
struct WordCache: ~Copyable {
  struct Entry {
    var key: PieceKey
    /// The tokens, and in the last number where each one's text ends << 0, 8, 16 | how many they are << 24.
    var tokens: SIMD4<UInt32>

    init(key: PieceKey, tokens: SIMD4<UInt32>) {
      self.key = key
      self.tokens = tokens
    }

    /// The entry of a piece that is one token.
    init(key: PieceKey, token: UInt32) {
      self.key = key
      tokens = SIMD4(token, 0, 0, UInt32(truncatingIfNeeded: key.count) | 1 << 24)
    }

    /// That of no piece: zeros.
    static let empty = Entry(key: PieceKey(low: 0, high: 0), tokens: .zero)

    var isEmpty: Bool { key.count == 0 }
  }

  /// The most tokens an entry holds.
  static let maximumTokens = 3

  private static let maximumPairBits: UInt64 = 16
  private static let growthBits: UInt64 = 3

  /// Two entries have one line of the processor's caches.
  private let memory = ZeroedMemory(byteCount: 2 * MemoryLayout<Entry>.stride << Int(maximumPairBits))
  private var pairBits = maximumPairBits - 2 * growthBits
  private var insertions = 0
  let masks = PieceMasks()

  /// The first of the two entries for a piece.
  @inline(__always)
  func pair(_ key: PieceKey) -> UnsafeMutablePointer<Entry> {
    // The upper bits of the products depend on all bits, and only those count.
    let hash = key.low &* 0x9E37_79B9_7F4A_7C15 ^ key.high &* 0xD1B5_4A32_D192_ED03
    return pair(at: Int(truncatingIfNeeded: hash &>> (64 &- pairBits)))
  }

  @inline(__always)
  private func pair(at place: Int) -> UnsafeMutablePointer<Entry> {
    memory.base.assumingMemoryBound(to: Entry.self) + 2 &* place
  }

  /// Makes the second entry of a pair the first one if it is the piece's. Returns whether it is.
  @inline(__always)
  func promote(_ key: PieceKey, in pair: UnsafeMutablePointer<Entry>) -> Bool {
    guard pair[1].key == key else { return false }
    (pair[0], pair[1]) = (pair[1], pair[0])
    return true
  }

  /// Puts in an entry. Returns where it is; others may have moved.
  mutating func insert(_ entry: Entry) -> UnsafePointer<Entry> {
    insertions &+= 1
    if pairBits < Self.maximumPairBits, insertions > 1 << Int(pairBits) { grow() }
    return put(entry)
  }

  @discardableResult
  private func put(_ entry: Entry) -> UnsafePointer<Entry> {
    let pair = pair(entry.key)
    let place = pair[0].isEmpty ? pair : pair + 1
    place.pointee = entry
    return UnsafePointer(place)
  }

  /// Takes more pairs into use and moves what there is to them.
  private mutating func grow() {
    let count = 1 << Int(pairBits)
    pairBits += Self.growthBits
    // From the last one on: where a pair's entries go, no entries are left to be moved.
    for place in stride(from: count - 1, through: 0, by: -1) {
      let pair = pair(at: place)
      let (first, second) = (pair[0], pair[1])
      (pair[0], pair[1]) = (.empty, .empty)
      if !first.isEmpty { put(first) }
      if !second.isEmpty { put(second) }
    }
  }
}
