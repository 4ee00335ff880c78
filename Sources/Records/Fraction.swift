/// A number above 0 and up to 1, exactly as its decimal digits say.
///
/// A tenth of thirty is three, which the nearest double of 0.1 does not promise.
package struct Fraction: Sendable {
  private let numerator: Int
  /// A power of ten.
  private let denominator: Int

  /// Reads digits with or without a decimal point, at most 15 behind it: `1`, `0.25`, `.05`.
  package init?(_ text: String) {
    let parts = text.utf8.split(separator: ASCII.point, maxSplits: 1, omittingEmptySubsequences: false)
    let decimals = parts.count == 2 ? Array(parts[1]) : []
    let digits = parts[0] + decimals
    guard !digits.isEmpty, decimals.count <= 15 else { return nil }
    var numerator = 0
    for digit in digits {
      guard (ASCII.zero...ASCII.nine).contains(digit), numerator < 1_000_000_000_000_000 else { return nil }
      numerator = 10 * numerator + Int(digit - ASCII.zero)
    }
    let denominator = decimals.reduce(1) { power, _ in 10 * power }
    guard numerator > 0, numerator <= denominator else { return nil }
    self.numerator = numerator
    self.denominator = denominator
  }

  /// This part of `count` things, which is not negative, rounded down.
  package func floor(of count: Int) -> Int { divide(count).quotient }

  /// This part of `count` things, which is not negative, rounded up.
  package func ceiling(of count: Int) -> Int {
    let (quotient, remainder) = divide(count)
    return remainder == 0 ? quotient : quotient + 1
  }

  private func divide(_ count: Int) -> (quotient: Int, remainder: Int) {
    // The fraction is at most 1, so the quotient is at most `count`.
    denominator.dividingFullWidth(count.multipliedFullWidth(by: numerator))
  }
}

extension Fraction: Comparable {
  package static func < (left: Fraction, right: Fraction) -> Bool {
    let first = left.numerator.multipliedFullWidth(by: right.denominator)
    let second = right.numerator.multipliedFullWidth(by: left.denominator)
    return (first.high, first.low) < (second.high, second.low)
  }

  package static func == (left: Fraction, right: Fraction) -> Bool { !(left < right) && !(right < left) }
}
