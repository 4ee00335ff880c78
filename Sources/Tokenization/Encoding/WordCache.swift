/// Short pieces seen lately and their tokens: a table in which each piece has one place and the latest wins.
///
/// Whatever the piece takes to encode, a hit costs one look at 32 bytes.
struct WordCache: ~Copyable {
  struct Entry {
    /// Of no piece when the length in it is 0.
    var key: PieceKey
    var ids: (UInt32, UInt32, UInt32)
    /// How many ids count.
    var count: UInt8
    /// Where the first two tokens' texts end in the piece.
    var ends: (UInt8, UInt8)
  }

  /// The most tokens an entry holds.
  static let maximumTokens = 3

  private static let bits = 13
  private let entries: UnsafeMutablePointer<Entry>

  init() {
    let empty = Entry(key: .none, ids: (0, 0, 0), count: 0, ends: (0, 0))
    entries = .allocate(capacity: 1 << Self.bits)
    entries.initialize(repeating: empty, count: 1 << Self.bits)
  }

  deinit { entries.deallocate() }

  /// The place for a piece, by its hash.
  @inline(__always)
  func entry(_ hash: UInt64) -> UnsafeMutablePointer<Entry> {
    // The low bits choose the slot of the word table and the high half is compared there.
    entries + Int(truncatingIfNeeded: hash & (1 << UInt64(Self.bits) - 1))
  }
}
