/// The difference of two numbers that were read from decimals: 0.7 - 0.4 is 0.3, where that of the doubles
/// nearest to them is 0.29999999999999993.
///
/// It is the doubles' difference rounded to about the fifteenth digit of the greater of the two:
/// to a power of ten of at least four units in its last place, while the doubles are within half a unit
/// of the decimals each. Where that power or its inverse is no double, or a number is not finite, the
/// doubles' difference stays as it is.
func decimalDifference(_ left: Double, _ right: Double) -> Double {
  let difference = left - right
  let greater = max(abs(left), abs(right))
  guard greater > 0, difference.isFinite else { return difference }
  let places = 14 - Int((Double(greater.exponent) * 0.30103).rounded(.down))
  guard powersOfTen.indices.contains(places) else { return difference }
  return (difference * powersOfTen[places]).rounded() / powersOfTen[places]
}

/// The powers of ten that are doubles.
private let powersOfTen = [
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
  1e19, 1e20, 1e21, 1e22,
]
