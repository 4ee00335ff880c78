/// The first lane that is true of a comparison of 16 bytes, or nil.
@inline(__always)
func firstTrue(_ lanes: SIMD2<UInt64>) -> Int? {
  if lanes[0] | lanes[1] == 0 { return nil }
  let low = lanes[0].littleEndian.trailingZeroBitCount
  let high = lanes[1].littleEndian.trailingZeroBitCount
  return (low == 64 ? 64 + high : low) / 8
}

/// How many of eight bytes, from the first in memory on, are decimal digits before one that is not.
@inlinable
func digitCount(_ eightBytes: UInt64) -> Int {
  // A digit becomes 0...9 and does not reach its byte's top bit when 0x76 is added; the first byte that is
  // not a digit does, or has it already. Carries only disturb bytes after that one.
  let values = eightBytes.littleEndian ^ 0x3030_3030_3030_3030
  let others = ((values &+ 0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080
  return others.trailingZeroBitCount / 8
}

/// The value of the first `count` of eight bytes, 1 to 8 of them, all digits.
///
/// They are moved to the end behind zeros, and neighbours are added in three steps: pairs, fours, eights
/// (Lemire, "Quickly parsing eight digits").
@inline(__always)
func leadingDigits(_ eightBytes: UInt64, count: Int) -> UInt64 {
  var value = (eightBytes.littleEndian &- 0x3030_3030_3030_3030) &<< UInt64(64 - 8 * count)
  value = (value &* 10) &+ (value &>> 8)
  let even = (value & 0x0000_00FF_0000_00FF) &* 0x000F_4240_0000_0064
  let odd = ((value &>> 16) & 0x0000_00FF_0000_00FF) &* 0x0000_2710_0000_0001
  return (even &+ odd) &>> 32
}
