import Streams

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Numbers as a report shows them, whatever the locale.
enum Numerals {
  /// With a fixed number of decimal places, at most 9; from 10^15 on, and where it is not
  /// finite, as Swift writes it.
  static func fixed(_ value: Double, _ places: Int) -> String {
    guard value.magnitude < 1e15 else { return value.description }
    let places = min(max(places, 0), 9)
    let unit = (0..<places).reduce(1) { product, _ in product * 10 }
    let whole = value.magnitude.rounded(.towardZero)
    let part = Int(((value.magnitude - whole) * Double(unit)).rounded())
    let (integer, fraction) = part == unit ? (Int(whole) + 1, 0) : (Int(whole), part)
    let digits = String(fraction)
    let padding = String(repeating: "0", count: places - min(digits.count, places))
    let sign = value < 0 && (integer > 0 || fraction > 0) ? "-" : ""
    return sign + grouped(integer) + (places > 0 ? "." + padding + digits : "")
  }

  /// As `fixed` where that takes at most 8 columns, else with as many of the places as do; as `-1.2e+45` or
  /// `-1e+145` where that would show fewer than three of the digits.
  static func short(_ value: Double, _ places: Int) -> String {
    let text = fixed(value, places)
    guard text.utf8.count > 8, value.isFinite else { return text }
    if value == 0 || value.magnitude >= 0.01 {
      let shorter = fixed(value, min(places, max(0, 7 - fixed(value, 0).utf8.count)))
      if shorter.utf8.count <= 8 { return shorter }
    }
    var exponent = Int(log10(value.magnitude).rounded(.down))
    // In two steps, as 10^-exponent may be out of range.
    var mantissa = value * pow(10, Double(-exponent / 2)) * pow(10, Double(-exponent - -exponent / 2))
    let places = value < 0 && exponent.magnitude >= 100 ? 0 : 1
    if fixed(mantissa.magnitude, places).hasPrefix("10") {
      (mantissa, exponent) = (mantissa / 10, exponent + 1)
    }
    return fixed(mantissa, places) + (exponent < 0 ? "e" : "e+") + String(exponent)
  }

  /// As a percentage with one decimal place.
  static func percent(_ part: Double) -> String { fixed(100 * part, 1) + "%" }

  /// Decimal places that show four digits of a spread: 3 for 1 to 10, 0 from 1,000 on.
  static func places(forSpread spread: Double) -> Int {
    guard spread > 0, spread.isFinite else { return 3 }
    return min(max(3 - Int(log10(spread).rounded(.down)), 0), 9)
  }
}
