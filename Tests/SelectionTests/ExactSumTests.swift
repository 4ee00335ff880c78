import Selection
import TestSupport
import Testing

@Suite struct ExactSumTests {
  static func sum(_ terms: [Double]) -> Double {
    var sum = ExactSum()
    for term in terms { sum.add(term) }
    return sum.value
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func equalsIntegerArithmetic(_ seed: UInt64) {
    // Multiples of 2^-60 below 2^40 in magnitude: 100 bits, and 2,000 of them fit into 128.
    var generator = SplitMix(seed: seed)
    var expected: Int128 = 0
    var terms: [Double] = []
    for _ in 0..<2000 {
      let significand = Int64.random(in: -(1 << 53)...(1 << 53), using: &generator)
      let shift = Int.random(in: 0...47, using: &generator)
      terms.append(Double(sign: .plus, exponent: shift - 60, significand: Double(significand)))
      expected += Int128(significand) << Int128(shift)
    }
    #expect(Self.sum(terms) == Double(sign: .plus, exponent: -60, significand: Double(expected)))
  }

  @Test(
    arguments: [
      ([], 0), ([-0.0], 0), ([1e16, 1, -1e16], 1), ([1e308, 1e308, -1e308, -1e308, 0x1p-1074], 0x1p-1074),
      // Halves are rounded to even, what is the least more or less than a half is not.
      ([0x1p53, 1], 0x1p53), ([0x1p53, 1, 0x1p-1074], 0x1p53 + 2), ([0x1p53, 1, -0x1p-1074], 0x1p53),
      ([0x1p53, 2, 1], 0x1p53 + 4), ([-0x1p53, -1, -0x1p-1074], -0x1p53 - 2),
      ([0x1p-1074, 0x1p-1074, 0x1p-1022], 0x1.0000000000002p-1022), ([0x1p1023, 0x1p1023], .infinity),
      ([-0x1p1023, -0x1p1023], -.infinity), ([.greatestFiniteMagnitude, -.greatestFiniteMagnitude], 0),
    ] as [([Double], Double)])
  func roundsOnce(_ terms: [Double], _ sum: Double) { #expect(Self.sum(terms) == sum) }

  @Test func whatIsNotFiniteHasNoSum() {
    #expect(Self.sum([1, .infinity]).isNaN)
    #expect(Self.sum([.nan, 1]).isNaN)
    var sum = ExactSum()
    var other = ExactSum()
    other.add(.infinity)
    sum.merge(other)
    #expect(sum.value.isNaN)
    #expect(ExactSum(parts: sum.parts)?.value.isNaN == true)
  }

  @Test(arguments: 0..<5 as Range<UInt64>)
  func dependsOnNeitherOrderNorDivision(_ seed: UInt64) {
    var generator = SplitMix(seed: seed)
    let terms = (0..<500).map { _ in
      Double(
        sign: Bool.random(using: &generator) ? .plus : .minus,
        exponent: Int.random(in: -1000...1000, using: &generator),
        significand: Double.random(in: 1..<2, using: &generator))
    }
    let whole = Self.sum(terms)
    #expect(Self.sum(terms.shuffled(using: &generator)) == whole)
    let cut = Int.random(in: 0...500, using: &generator)
    var first = ExactSum()
    var second = ExactSum()
    for term in terms[..<cut] { first.add(term) }
    for term in terms[cut...] { second.add(term) }
    let restored = ExactSum(parts: second.parts)
    #expect(restored?.value == second.value)
    first.merge(restored ?? ExactSum())
    #expect(first.value == whole)
    #expect(
      first.parts
        == {
          var sum = ExactSum(); terms.forEach { sum.add($0) }; return sum.parts
        }())
  }

  @Test(arguments: [[0], [68, 1], [-2, 1], [3, -1], [3, 1 << 32], [67, 1 << 62], [-1, 0]])
  func partsOfNoSumAreRefused(_ parts: [Int]) { #expect(ExactSum(parts: parts) == nil) }
}
