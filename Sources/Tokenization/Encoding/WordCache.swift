import Streams

/// Short pieces seen lately and their tokens: a table in which each piece has one of two entries side by side.
///
/// Most pieces of any text are in the first of their two, so what that takes decides how fast texts are
/// encoded: whether a piece is one token or several, a hit costs one look at 32 bytes and the same
/// instructions, so that the processor has nothing to guess. A newcomer displaces the second one and becomes
/// the first when it is seen again; so a frequent piece is not lost to one that is not.
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
  }

  /// The most tokens an entry holds.
  static let maximumTokens = 3

  private static let pairBits: UInt64 = 16
  /// Two entries have one line of the processor's caches. Zeros are the entry of no piece.
  private let memory = ZeroedMemory(byteCount: 2 * MemoryLayout<Entry>.stride << Int(pairBits))

  private var places = CachePlaces(bits: pairBits)
  let masks = PieceMasks()

  /// The first of the two entries for a piece.
  @inline(__always)
  func pair(_ key: PieceKey) -> UnsafeMutablePointer<Entry> {
    // The upper bits of the products depend on all bits, and only those count.
    let hash = key.low &* 0x9E37_79B9_7F4A_7C15 ^ key.high &* 0xD1B5_4A32_D192_ED03
    return memory.base.assumingMemoryBound(to: Entry.self) + 2 &* places[hash]
  }

  /// Makes the second entry of a pair the first one if it is the piece's. Returns whether it is.
  @inline(__always)
  func promote(_ key: PieceKey, in pair: UnsafeMutablePointer<Entry>) -> Bool {
    guard pair[1].key == key else { return false }
    (pair[0], pair[1]) = (pair[1], pair[0])
    return true
  }

  /// Puts an entry in its pair. Returns where it is.
  mutating func put(_ entry: Entry, in pair: UnsafeMutablePointer<Entry>) -> UnsafePointer<Entry> {
    let place = pair[0].key.count == 0 ? pair : pair + 1
    place.pointee = entry
    places.noteInsertion()
    return UnsafePointer(place)
  }
}
