import Streams

/// Short pieces seen lately and their tokens: a table in which each piece has one place, and the latest wins.
///
/// Most pieces of any text are in it, so what they take decides how fast texts are encoded: whether a
/// piece is one token or several, a hit costs one look at 32 bytes and the same instructions, so that the
/// processor has nothing to guess.
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

  private static let bits: UInt64 = 16
  /// Zeros are the entry of no piece.
  private let memory = ZeroedMemory(byteCount: MemoryLayout<Entry>.stride << Int(bits))

  private var places = CachePlaces(bits: bits)
  let masks = PieceMasks()

  /// The place for a piece, by its hash.
  @inline(__always)
  func entry(_ hash: UInt64) -> UnsafeMutablePointer<Entry> {
    memory.base.assumingMemoryBound(to: Entry.self) + places[hash]
  }

  /// Puts an entry in its place.
  mutating func put(_ entry: Entry, at place: UnsafeMutablePointer<Entry>) {
    place.pointee = entry
    places.noteInsertion()
  }
}
