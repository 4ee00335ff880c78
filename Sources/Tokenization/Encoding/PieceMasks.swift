/// What makes keys of pieces behind whose beginning 16 bytes can be read.
struct PieceMasks: ~Copyable {
  /// What keeps the bytes of a piece among 16, for each length from 0 on. The last one stands for all lengths
  /// beyond `PieceKey.maximumCount`.
  private let masks: UnsafeMutablePointer<SIMD2<UInt64>>

  /// So many bytes are read at a piece.
  static let reach = 16
  private static let longest = PieceKey.maximumCount + 1

  init() {
    masks = .allocate(capacity: Self.longest + 1)
    for count in 0...Self.longest {
      let low: UInt64 = count < 8 ? 1 << UInt64(8 * count) - 1 : .max
      let high: UInt64 = count > 8 ? 1 << UInt64(8 * min(count - 8, 7)) - 1 : 0
      (masks + count).initialize(to: SIMD2(low, high))
    }
  }

  deinit { masks.deallocate() }

  /// The key of a piece; one that no piece has where it is longer than `PieceKey.maximumCount` or, as only a
  /// damaged table makes it, without bytes.
  ///
  /// - Parameters:
  ///   - piece: the piece's bytes, of which `reach` can be read.
  ///   - count: how many they are.
  @inline(__always)
  func key(_ piece: UnsafePointer<UInt8>, count: Int) -> PieceKey {
    let length = min(UInt(bitPattern: count), UInt(Self.longest))
    let mask = masks[Int(bitPattern: length)]
    let bytes = UnsafeRawPointer(piece)
    let low = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)) & mask.x
    let high = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)) & mask.y
    return PieceKey(low: low, high: high | UInt64(truncatingIfNeeded: length) &<< 56)
  }

  /// The key of a piece that may be close to the end of the memory that can be read; see the other `key`.
  @inline(__always)
  func key(_ piece: UnsafePointer<UInt8>, count: Int, limit: UnsafePointer<UInt8>) -> PieceKey {
    limit - piece >= Self.reach
      ? key(piece, count: count) : PieceKey(piece, count: max(count, 0), limit: limit)
  }
}
