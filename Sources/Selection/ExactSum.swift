/// A sum of doubles that rounds once, when it is read.
///
/// Addition of doubles rounds at every step, so that a sum depends on the order of its terms. This one keeps
/// every bit: it is a fixed-point number of 68 digits in base 2^32, wide enough for 2^53 terms of any finite
/// double. The result is the double nearest to the true sum, whatever the order, and however the terms were
/// divided among sums that were then merged.
///
/// Source: R. M. Neal, "Fast exact summation using small and large superaccumulators", arXiv 1505.05571,
/// section 2.
///
/// - Complexity: O(1) to add a term, O(68) to merge and to read.
package struct ExactSum: Equatable, Sendable {
  /// Digit `i` weighs 2^(32 i - 1075). Between normalizations a digit lies outside 0 ..< 2^32.
  private var digits = [Int64](repeating: 0, count: ExactSum.digitCount)
  /// Whether a term was infinite or not a number, so that there is no sum.
  private var isUndefined = false
  /// Terms that may still be added before a digit could overflow: each moves a digit by less than 2^32.
  private var room = ExactSum.fullRoom

  private static let digitCount = 68
  private static let fullRoom = 1 << 30
  /// The weight of bit 0 of digit 0 is 2^-1075: an exponent field of 1 shifts a
  /// subnormal's last bit to 2^-1074.
  private static let lowestExponent = -1075

  /// Makes a sum of no terms: zero.
  package init() {}

  /// Adds a number. After one that is not finite the sum is not a number.
  package mutating func add(_ term: Double) {
    guard term.isFinite else {
      isUndefined = true
      return
    }
    let bits = term.bitPattern
    let field = Int(bits >> 52 & 0x7ff)
    let fraction = bits & 0xf_ffff_ffff_ffff
    let position = max(field, 1)
    let significand = field == 0 ? fraction : fraction | 1 << 52
    let shift = UInt64(position & 31)
    let low = (significand & 0xffff_ffff) << shift
    let high = (significand >> 32) << shift
    let first = Int64(low & 0xffff_ffff)
    let second = Int64((low >> 32) + (high & 0xffff_ffff))
    let third = Int64(high >> 32)
    let sign: Int64 = term.sign == .minus ? -1 : 1
    let index = position >> 5
    digits[index] += sign * first
    digits[index + 1] += sign * second
    digits[index + 2] += sign * third
    room -= 2
    if room <= 0 { normalize() }
  }

  /// Adds another sum's terms.
  package mutating func merge(_ other: ExactSum) {
    var other = other
    normalize()
    other.normalize()
    isUndefined = isUndefined || other.isUndefined
    for index in digits.indices { digits[index] &+= other.digits[index] }
    normalize()
  }

  /// Carries, so that every digit but the last lies in 0 ..< 2^32; the last has the sum's sign.
  private mutating func normalize() {
    var carry: Int64 = 0
    for index in 0..<(ExactSum.digitCount - 1) {
      let digit = digits[index] &+ carry
      digits[index] = digit & 0xffff_ffff
      carry = digit >> 32
    }
    digits[ExactSum.digitCount - 1] &+= carry
    room = ExactSum.fullRoom
  }

  /// The double nearest to the sum, ties to even; infinite when it is out of range.
  package var value: Double {
    guard !isUndefined else { return .nan }
    var magnitude = self
    magnitude.normalize()
    let isNegative = magnitude.digits[ExactSum.digitCount - 1] < 0
    if isNegative {
      for index in digits.indices { magnitude.digits[index] = -magnitude.digits[index] }
      magnitude.normalize()
    }
    guard let top = magnitude.digits.lastIndex(where: { $0 != 0 }) else { return 0 }
    // The three leading digits hold 65 bits or more: one sticky bit below them decides every rounding.
    func digit(_ index: Int) -> UInt128 { index < 0 ? 0 : UInt128(UInt64(magnitude.digits[index])) }
    var leading = digit(top) << 64 | digit(top - 1) << 32 | digit(top - 2)
    if top >= 3, magnitude.digits[..<(top - 2)].contains(where: { $0 != 0 }) { leading |= 1 }
    let exponent = 32 * (top - 2) + ExactSum.lowestExponent
    let rounded = Double(sign: .plus, exponent: exponent, significand: Double(leading))
    return isNegative ? -rounded : rounded
  }

  /// The sum's digits that are not zero, each after its place: what a partial summary keeps of it. Empty for
  /// zero, `[-1]` for what is not a number.
  package var parts: [Int] {
    guard !isUndefined else { return [-1] }
    var copy = self
    copy.normalize()
    return copy.digits.indices.filter { copy.digits[$0] != 0 }.flatMap { [$0, Int(copy.digits[$0])] }
  }

  /// Makes a sum from its `parts`; nil where they are not such.
  package init?(parts: [Int]) {
    if parts == [-1] {
      isUndefined = true
      return
    }
    guard parts.count.isMultiple(of: 2) else { return nil }
    for place in stride(from: 0, to: parts.count, by: 2) {
      let (index, digit) = (parts[place], parts[place + 1])
      let last = ExactSum.digitCount - 1
      let range = index == last ? -(1 << 32)...(1 << 32) : 0...0xffff_ffff
      guard digits.indices.contains(index), range.contains(digit) else { return nil }
      digits[index] = Int64(digit)
    }
  }
}
