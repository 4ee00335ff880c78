/// 64 bytes of a text, looked at together: sets of them are bits of a word, the lowest for the first byte.
///
/// Operators between two vectors of one type are single instructions; those that take a scalar are generic loops.
struct ByteBlock {
  static let count = 64

  private let first: SIMD16<Int8>
  private let second: SIMD16<Int8>
  private let third: SIMD16<Int8>
  private let fourth: SIMD16<Int8>

  /// The 64 bytes from `at` on.
  @inline(__always)
  init(_ at: UnsafeRawPointer) {
    first = at.loadUnaligned(as: SIMD16<Int8>.self)
    second = at.loadUnaligned(fromByteOffset: 16, as: SIMD16<Int8>.self)
    third = at.loadUnaligned(fromByteOffset: 32, as: SIMD16<Int8>.self)
    fourth = at.loadUnaligned(fromByteOffset: 48, as: SIMD16<Int8>.self)
  }

  /// Whether all bytes are ASCII characters other than control characters: as signed bytes, those not below a space.
  @inline(__always)
  var isPrintableASCII: Bool {
    let space = SIMD16<Int8>(repeating: Int8(ASCII.space))
    let others = (first .< space) .| (second .< space) .| (third .< space) .| (fourth .< space)
    let words = unsafeBitCast(others, to: SIMD2<UInt64>.self)
    return words[0] | words[1] == 0
  }

  /// Which of the bytes are `byte`.
  ///
  /// Of each comparison's eight-byte words, all ones in the bytes that are equal, one bit of each byte is taken, another
  /// bit of each word. The words together are then a matrix of 8 × 8 bits whose transpose is the set.
  @inline(__always)
  func places(of byte: UInt8) -> UInt64 {
    let pattern = SIMD16<Int8>(repeating: Int8(bitPattern: byte))
    let rows =
      Self.bits(first .== pattern, 0) | Self.bits(second .== pattern, 2) | Self.bits(third .== pattern, 4)
      | Self.bits(fourth .== pattern, 6)
    return Self.transposed((rows[0] | rows[1]).littleEndian)
  }

  @inline(__always)
  private static func bits(_ equal: SIMDMask<SIMD16<Int8>>, _ bit: UInt64) -> SIMD2<UInt64> {
    let ones: UInt64 = 0x0101_0101_0101_0101
    return unsafeBitCast(equal, to: SIMD2<UInt64>.self) & SIMD2(ones &<< bit, ones &<< (bit &+ 1))
  }

  /// The transpose of a matrix of bits, a row to a byte (Warren, Hacker's Delight, 7-3 "Transposing a Bit Matrix").
  @inline(__always)
  private static func transposed(_ rows: UInt64) -> UInt64 {
    var x = rows
    var exchanged = (x ^ (x &>> 7)) & 0x00AA_00AA_00AA_00AA
    x ^= exchanged ^ (exchanged &<< 7)
    exchanged = (x ^ (x &>> 14)) & 0x0000_CCCC_0000_CCCC
    x ^= exchanged ^ (exchanged &<< 14)
    exchanged = (x ^ (x &>> 28)) & 0x0000_0000_F0F0_F0F0
    return x ^ exchanged ^ (exchanged &<< 28)
  }
}
