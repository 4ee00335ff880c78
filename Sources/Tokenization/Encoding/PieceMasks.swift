/// What makes keys of pieces behind whose beginning 16 bytes can be read.
struct PieceMasks: ~Copyable {
  /// What keeps the bytes of a piece among 16, for each length from 1 on. The last one stands for all lengths
  /// beyond `PieceKey.maximumCount`.
  private let masks: UnsafeMutablePointer<SIMD2<UInt64>>

  private static let count = PieceKey.maximumCount + 1

  init() {
    masks = .allocate(capacity: Self.count)
    for count in 1...Self.count {
      let low: UInt64 = count < 8 ? 1 << UInt64(8 * count) - 1 : .max
      let high: UInt64 = count > 8 ? 1 << UInt64(8 * min(count - 8, 7)) - 1 : 0
      (masks + count - 1).initialize(to: SIMD2(low, high))
    }
  }

  deinit { masks.deallocate() }

  /// The key of a piece; one that no piece has where it is longer than `PieceKey.maximumCount` or, as only a
  /// damaged table makes it, without bytes.
  ///
  /// - Parameters:
  ///   - piece: the piece's bytes.
  ///   - count: how many they are; none is beyond `limit`.
  ///   - limit: the end of the memory that can be read at `piece`.
  @inline(__always)
  func key(_ piece: UnsafePointer<UInt8>, count: Int, limit: UnsafePointer<UInt8>) -> PieceKey {
    guard limit - piece >= 16 else { return PieceKey(piece, count: max(count, 0), limit: limit) }
    let place = min(UInt(bitPattern: count &- 1), UInt(PieceKey.maximumCount))
    let mask = masks[Int(bitPattern: place)]
    let bytes = UnsafeRawPointer(piece)
    let low = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)) & mask.x
    let high = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)) & mask.y
    return PieceKey(low: low, high: high | UInt64(truncatingIfNeeded: place &+ 1) &<< 56)
  }
}
