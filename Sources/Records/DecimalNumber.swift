/// A number as JSON spells it, taken apart: ± `digits` × 10^`exponent`.
@usableFromInline
struct DecimalNumber {
  /// The whole spelling, for what 64 bits of digits cannot hold.
  private let raw: UnsafeRawBufferPointer
  private let isNegative: Bool
  private let digits: UInt64
  private let exponent: Int

  /// Whether `digits` and `exponent` are the number, and not cut. If `digits` is 0,
  /// so is the number in any case.
  private let isExact: Bool

  /// - Parameter raw: a number that the parser has checked.
  @usableFromInline
  init(_ raw: UnsafeRawBufferPointer) {
    self.raw = raw
    var index = 0
    isNegative = raw.first == ASCII.minus
    if isNegative { index = 1 }
    var digits: UInt64 = 0
    var significant = 0  // digits since the first that is not zero
    var scale = 0
    var afterPoint = false
    while index < raw.count {
      let byte = raw[index]
      let digit = byte &- ASCII.zero
      if digit <= 9 {
        if significant < 19 { digits = digits &* 10 &+ UInt64(digit) }
        if significant > 0 || digit > 0 { significant += 1 }
        if afterPoint { scale -= 1 }
      } else if byte == ASCII.point {
        afterPoint = true
      } else {
        break
      }
      index += 1
    }
    var isExact = significant <= 19
    if index < raw.count {  // at `e` or `E`
      let written = plainInteger(UnsafeRawBufferPointer(rebasing: Self.withoutPlus(raw[(index + 1)...])))
      if let written { scale += written } else { isExact = false }
    }
    self.digits = digits
    self.exponent = scale
    self.isExact = isExact
  }

  private static func withoutPlus(_ exponent: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer>
  {
    exponent.first == ASCII.plus ? exponent.dropFirst() : exponent
  }

  /// The number as an `Int`, if it is one.
  @usableFromInline
  var integer: Int? {
    if digits == 0 { return 0 }
    guard isExact else { return nil }
    var magnitude = digits
    var exponent = exponent
    while exponent < 0 {
      guard magnitude % 10 == 0 else { return nil }
      magnitude /= 10
      exponent += 1
    }
    while exponent > 0 {
      let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
      guard !overflow else { return nil }
      magnitude = product
      exponent -= 1
    }
    if isNegative { return magnitude == Int.min.magnitude ? Int.min : Int(exactly: magnitude).map { -$0 } }
    return Int(exactly: magnitude)
  }

  /// The double nearest to the number, ties to even.
  ///
  /// Up to 19 digits and powers of ten up to 10^±19 — every score that this toolkit writes — the quotient or
  /// product is taken exactly in 128 bits and rounded once. The rest is the standard library's.
  @usableFromInline
  var double: Double {
    let magnitude: Double
    if digits == 0 {
      magnitude = 0
    } else if isExact, -19...0 ~= exponent {
      magnitude = Self.quotient(digits, by: Self.powersOfTen[-exponent])
    } else if isExact, 1...19 ~= exponent {
      let (high, low) = digits.multipliedFullWidth(by: Self.powersOfTen[exponent])
      magnitude = Self.rounded(high, low)
    } else {
      return Double(String(decoding: raw, as: UTF8.self)) ?? .nan
    }
    return isNegative ? -magnitude : magnitude
  }

  private static let powersOfTen: [UInt64] = (0...19).map { power in
    (0..<power).reduce(1) { product, _ in product * 10 }
  }

  /// `dividend` / `divisor`, both at least 1, rounded once.
  private static func quotient(_ dividend: UInt64, by divisor: UInt64) -> Double {
    // With both shifted to the left end, the quotient of dividend × 2^63 lies between 2^62 and 2^64.
    let dividendShift = dividend.leadingZeroBitCount
    let divisorShift = divisor.leadingZeroBitCount
    let high = dividend << dividendShift
    let (quotient, remainder) = (divisor << divisorShift).dividingFullWidth((high >> 1, high << 63))
    // Below the 53 bits that are kept there are at least 10 more: the remainder only
    // matters for whether any is set.
    let sticky = quotient | (remainder == 0 ? 0 : 1)
    return scale(Double(sticky), by: divisorShift - dividendShift - 63)
  }

  /// The 128-bit integer `high` × 2^64 + `low` rounded once.
  private static func rounded(_ high: UInt64, _ low: UInt64) -> Double {
    guard high != 0 else { return Double(low) }
    let shift = high.leadingZeroBitCount
    let top = shift == 0 ? high : high << shift | low >> (64 - shift)
    let rest = low << shift
    return scale(Double(top | (rest == 0 ? 0 : 1)), by: 64 - shift)
  }

  /// `value` × 2^`power`, exact as long as the result is a normal number.
  private static func scale(_ value: Double, by power: Int) -> Double {
    value * Double(bitPattern: UInt64(1023 + power) << 52)
  }
}
