import Streams

/// Tokens of at most 11 bytes that pieces have been lately: a table in which each piece has one place and the latest wins.
///
/// Most pieces of any text are among them, so what they take decides how fast texts are encoded. An entry is what the slot
/// of a `ShortWordTable` is; an empty one is zeros.
struct RecentTokens: ~Copyable {
  private static let bits: UInt64 = 15
  /// Lengths are told apart up to this one, which stands for all longer ones.
  private static let longest = ShortWordTable.maximumCount + 1
  private let memory = ZeroedMemory(byteCount: MemoryLayout<SIMD2<UInt64>>.stride << Int(bits))
  var table: Table

  init() {
    let masks = UnsafeMutablePointer<SIMD2<UInt64>>.allocate(capacity: Self.longest)
    for count in 1...Self.longest {
      let first: UInt64 = count < 8 ? 1 << UInt64(8 * count) - 1 : .max
      let others: UInt64 = count > 8 ? 1 << UInt64(8 * min(count - 8, 3)) - 1 : 0
      (masks + count - 1).initialize(to: SIMD2(first, others))
    }
    table = Table(
      entries: memory.base.assumingMemoryBound(to: SIMD2<UInt64>.self), masks: masks,
      places: CachePlaces(bits: Self.bits))
  }

  deinit { table.masks.deallocate() }

  /// Where the entries are; valid as long as the owner.
  struct Table {
    fileprivate let entries: UnsafeMutablePointer<SIMD2<UInt64>>
    /// What keeps the bytes of a piece among the first 8 and the next 3, for each length from 1 on.
    fileprivate let masks: UnsafeMutablePointer<SIMD2<UInt64>>
    fileprivate var places: CachePlaces

    /// The token that a piece of any length is, if it is there.
    ///
    /// - Parameters:
    ///   - piece: the piece's bytes, behind which 16 in all can be read.
    ///   - count: how many they are. A piece without bytes, which only a damaged table makes, is never there.
    @inline(__always)
    func find(_ piece: UnsafePointer<UInt8>, count: Int) -> (id: UInt32, isFound: Bool) {
      let bytes = UnsafeRawPointer(piece)
      let place = min(UInt(bitPattern: count &- 1), UInt(RecentTokens.longest - 1))
      let mask = masks[Int(bitPattern: place)]
      let first = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)) & mask.x
      let others = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)) & mask.y
      let rest = others | UInt64(truncatingIfNeeded: place &+ 1) &<< 24
      let entry = entry(first, rest).pointee
      let difference = entry.x ^ first | (entry.y ^ rest) & 0xFFFF_FFFF
      return (UInt32(truncatingIfNeeded: entry.y &>> 32), difference == 0)
    }

    /// Puts a token in.
    ///
    /// - Parameters:
    ///   - id: the token.
    ///   - key: its bytes, at most `ShortWordTable.maximumCount`.
    mutating func insert(_ id: UInt32, _ key: PieceKey) {
      let rest = ShortWordTable.rest(key)
      entry(key.low, rest).pointee = SIMD2(key.low, rest | UInt64(id) << 32)
      places.noteInsertion()
    }

    @inline(__always)
    private func entry(_ first: UInt64, _ rest: UInt64) -> UnsafeMutablePointer<SIMD2<UInt64>> {
      // Odd factors: the upper bits of the products depend on all bytes.
      let hash = first &* 0x9E37_79B9_7F4A_7C15 ^ rest &* 0xD1B5_4A32_D192_ED03
      return entries + places[hash]
    }
  }
}
