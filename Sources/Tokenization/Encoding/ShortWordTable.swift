/// The tokens of at most 11 bytes that a piece equal to them becomes, each in a place of its own. They are
/// most of any text, and one look at 16 bytes finds them.
///
/// A slot is two numbers: the first 8 bytes of the token, and the 3 others, its length
/// from bit 24 and its id from bit
/// 32. The second number is 0 in an empty slot.
struct ShortWordTable {
  private let slots: UnsafePointer<SIMD2<UInt64>>
  private let hash: PerfectHash
  private let vocabularySize: UInt32

  /// The longest token in the table.
  static let maximumCount = 11

  /// The table in a compiled tokenizer; nil when it has no place or no pilot.
  ///
  /// - Parameters:
  ///   - slots: the slots.
  ///   - pilots: those of the `PerfectHash` by the hashes of the tokens' keys.
  ///   - vocabularySize: only ids below it are found.
  init?(
    _ slots: UnsafeBufferPointer<SIMD2<UInt64>>, pilots: UnsafeBufferPointer<UInt8>, vocabularySize: UInt32
  ) {
    guard let hash = PerfectHash(pilots: pilots, capacity: slots.count), let base = slots.baseAddress
    else { return nil }
    self.slots = base
    self.hash = hash
    self.vocabularySize = vocabularySize
  }

  /// The second number of a piece's slot without the id.
  @inline(__always)
  static func rest(_ key: PieceKey) -> UInt64 {
    key.high & 0xFF_FFFF | UInt64(truncatingIfNeeded: key.count) &<< 24
  }

  /// The token with at most `maximumCount` bytes, or `CacheSection.none`.
  ///
  /// - Parameters:
  ///   - key: its bytes.
  ///   - hash: the hash of the key.
  @inline(__always)
  func find(_ key: PieceKey, hash: UInt64) -> UInt32 {
    let slot = slots[self.hash.place(hash)]
    let difference = slot.x ^ key.low | (slot.y ^ Self.rest(key)) & 0xFFFF_FFFF
    let id = UInt32(truncatingIfNeeded: slot.y &>> 32)
    return difference == 0 && id < vocabularySize ? id : CacheSection.none
  }

  /// The slots of a table of these tokens, one number after the other, and their pilots. The first of
  /// tokens with the same bytes counts.
  ///
  /// - Throws: `TokenizerError` for tokens that were made to have no `PerfectHash`.
  static func build(
    _ tokens: [(id: UInt32, key: PieceKey)]
  ) throws(TokenizerError) -> (slots: [UInt64], pilots: [UInt8]) {
    let hashes = tokens.map(\.key.hash)
    guard let hash = PerfectHash.Builder(hashes) else { throw .malformed("its tokens cannot be told apart") }
    var slots = [UInt64](repeating: 0, count: hash.capacity * 2)
    for (token, place) in zip(tokens, hash.places(hashes)) {
      let rest = rest(token.key)
      if slots[place * 2 + 1] == 0 {
        slots[place * 2] = token.key.low
        slots[place * 2 + 1] = rest | UInt64(token.id) << 32
      } else if slots[place * 2] != token.key.low || slots[place * 2 + 1] & 0xFFFF_FFFF != rest {
        throw .malformed("its tokens cannot be told apart")
      }
    }
    return (slots, hash.pilots)
  }
}
