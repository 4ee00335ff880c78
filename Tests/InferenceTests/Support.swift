#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

let fixtures = #filePath.split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 } + "/Fixtures"

/// A repeatable source of randomness (Steele, Lea and Flood's SplitMix64).
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

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
