import TestSupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension SplitMix {
  /// `count` numbers in -1 ... 1.
  mutating func floats(_ count: Int) -> [Float] {
    (0..<count).map { _ in Float.random(in: -1...1, using: &self) }
  }
}

func exponential(_ x: Double) -> Double { exp(x) }
func logarithm(_ x: Double) -> Double { log(x) }
func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
func complementaryError(_ x: Double) -> Double { erfc(x) }

/// The nearest bfloat16, ties to even, of a number that is not NaN.
func bfloat(_ x: Float) -> UInt16 {
  let low = x.bitPattern & 0xFFFF0000
  // The neighbour away from zero; past the largest finite one it is infinity.
  let below = Float(bitPattern: low), above = Float(bitPattern: low &+ 0x10000)
  if x.isInfinite || x == below { return UInt16(low >> 16) }
  let ceiling = above.isInfinite ? 0x1p128 : Double(abs(above))
  let down = Double(abs(x)) - Double(abs(below)), up = ceiling - Double(abs(x))
  let evenBelow = (low >> 16) % 2 == 0
  return UInt16((down < up || (down == up && evenBelow) ? low : low &+ 0x10000) >> 16)
}

func widened(_ x: UInt16) -> Double { Double(Float(bitPattern: UInt32(x) << 16)) }
