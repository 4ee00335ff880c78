/// Finds where the scalars of a JSON text end, and checks them on the way.
///
/// Strings are scanned 16 bytes at a step while they hold nothing but plain ASCII; whatever ends such a run (the
/// closing quote, an escape, a byte of a longer UTF-8 sequence, a control character) is looked at alone.
struct JSONScanner {
  let start: UnsafeRawPointer
  let end: UnsafeRawPointer

  @inline(__always)
  func byte(_ at: UnsafeRawPointer) -> UInt8 { at.load(as: UInt8.self) }

  @inline(__always)
  func offset(_ at: UnsafeRawPointer) -> UInt32 { UInt32(truncatingIfNeeded: at - start) }

  @inline(never)
  func error(_ reason: JSONError.Reason, _ at: UnsafeRawPointer) -> JSONError {
    JSONError(reason, at: at - start)
  }

  /// The first byte from `at` on that is not white space, or the end.
  @inline(__always)
  func skipSpace(_ at: UnsafeRawPointer) -> UnsafeRawPointer {
    var at = at
    while at < end, byte(at) <= ASCII.space {
      let byte = byte(at)
      guard
        byte == ASCII.space || byte == ASCII.lineFeed || byte == ASCII.carriageReturn || byte == ASCII.tab
      else { break }
      at += 1
    }
    return at
  }

  // MARK: Strings

  /// Where the string that opens at `quote` ends (past its closing quote), and whether it holds an escape.
  @inline(__always)
  func stringEnd(
    _ quote: UnsafeRawPointer
  ) throws(JSONError) -> (end: UnsafeRawPointer, hasEscape: Bool) {
    var at = quote + 1
    var hasEscape = false
    while true {
      at = skipPlainASCII(at)
      guard at < end else { throw error(.unterminatedString, at) }
      let byte = byte(at)
      if byte == ASCII.quote { return (at + 1, hasEscape) }
      if byte == ASCII.backslash {
        hasEscape = true
        at = try escapeEnd(at)
      } else if byte >= 0x80 {
        at = try multibyteEnd(at)
      } else {
        throw error(.controlCharacter, at)
      }
    }
  }

  /// The first byte from `at` on that is a quote, a backslash, a control character or not ASCII, or the end.
  @inline(__always)
  private func skipPlainASCII(_ at: UnsafeRawPointer) -> UnsafeRawPointer {
    var at = at
    while end - at >= 16 {
      // As signed bytes, what is less than a space is a control character or not ASCII.
      let bytes = at.loadUnaligned(as: SIMD16<Int8>.self)
      let special = (bytes .< Self.space) .| (bytes .== Self.quote) .| (bytes .== Self.backslash)
      if let plain = firstTrue(unsafeBitCast(special, to: SIMD2<UInt64>.self)) { return at + plain }
      at += 16
    }
    while at < end {
      let byte = Int8(truncatingIfNeeded: byte(at))
      if byte < Int8(ASCII.space) || byte == Int8(ASCII.quote) || byte == Int8(ASCII.backslash) { break }
      at += 1
    }
    return at
  }

  /// Where the escape that begins at `backslash` ends; an escaped surrogate pair is one escape.
  private func escapeEnd(_ backslash: UnsafeRawPointer) throws(JSONError) -> UnsafeRawPointer {
    let letter = backslash + 1
    guard letter < end else { throw error(.unterminatedString, letter) }
    switch byte(letter) {
    case ASCII.quote, ASCII.backslash, ASCII.slash, UInt8(ascii: "b"), ASCII.lowerF, ASCII.lowerN,
      UInt8(ascii: "r"), ASCII.lowerT:
      return letter + 1
    case ASCII.lowerU:
      let unit = try codeUnit(letter + 1)
      guard unit & 0xF800 == 0xD800 else { return letter + 5 }
      let second = letter + 5
      guard unit < 0xDC00, end - second >= 2, byte(second) == ASCII.backslash,
        byte(second + 1) == ASCII.lowerU, try codeUnit(second + 2) & 0xFC00 == 0xDC00
      else { throw error(.loneSurrogate, backslash) }
      return second + 6
    default:
      throw error(.badEscape, letter)
    }
  }

  /// The UTF-16 code unit spelled by the four hexadecimal digits at `at`.
  private func codeUnit(_ at: UnsafeRawPointer) throws(JSONError) -> UInt32 {
    var unit: UInt32 = 0
    for index in 0..<4 {
      guard at + index < end else { throw error(.unterminatedString, at + index) }
      guard let digit = hexDigit(byte(at + index)) else { throw error(.badEscape, at + index) }
      unit = unit << 4 | digit
    }
    return unit
  }

  /// Where the run of UTF-8 sequences of two to four bytes that begins at `at` ends.
  ///
  /// Well-formed is what the Unicode Standard's table 3-7 says: no overlong form, no surrogate, nothing past
  /// U+10FFFF.
  private func multibyteEnd(_ at: UnsafeRawPointer) throws(JSONError) -> UnsafeRawPointer {
    var at = at
    while at < end {
      let lead = byte(at)
      switch lead {
      case 0..<0x80:
        return at
      case 0xC2...0xDF:
        guard end - at >= 2, isContinuation(at + 1) else { throw error(.badUTF8, at) }
        at += 2
      case 0xE0...0xEF:
        guard end - at >= 3, isContinuation(at + 1), isContinuation(at + 2) else {
          throw error(.badUTF8, at)
        }
        let second = byte(at + 1)
        if lead == 0xE0 && second < 0xA0 || lead == 0xED && second > 0x9F { throw error(.badUTF8, at) }
        at += 3
      case 0xF0...0xF4:
        guard end - at >= 4, isContinuation(at + 1), isContinuation(at + 2), isContinuation(at + 3) else {
          throw error(.badUTF8, at)
        }
        let second = byte(at + 1)
        if lead == 0xF0 && second < 0x90 || lead == 0xF4 && second > 0x8F { throw error(.badUTF8, at) }
        at += 4
      default:
        throw error(.badUTF8, at)
      }
    }
    return at
  }

  @inline(__always)
  private func isContinuation(_ at: UnsafeRawPointer) -> Bool { byte(at) & 0xC0 == 0x80 }

  // Operators between two vectors of one type are single instructions; those that take a scalar are generic loops.
  private static var space: SIMD16<Int8> { SIMD16(repeating: Int8(ASCII.space)) }
  private static var quote: SIMD16<Int8> { SIMD16(repeating: Int8(ASCII.quote)) }
  private static var backslash: SIMD16<Int8> { SIMD16(repeating: Int8(ASCII.backslash)) }

  // MARK: Numbers and literals

  /// Where the number or literal that begins at `at` ends.
  @inline(__always)
  func scalarEnd(_ at: UnsafeRawPointer) throws(JSONError) -> UnsafeRawPointer {
    switch byte(at) {
    case ASCII.minus, ASCII.zero...ASCII.nine: return try numberEnd(at)
    case ASCII.lowerT: return try literalEnd(at, "true")
    case ASCII.lowerF: return try literalEnd(at, "false")
    case ASCII.lowerN: return try literalEnd(at, "null")
    case 0xEF where at == start: throw error(.byteOrderMark, at)
    default: throw error(.expectedValue, at)
    }
  }

  private func literalEnd(_ at: UnsafeRawPointer, _ word: StaticString) throws(JSONError) -> UnsafeRawPointer
  {
    for index in 0..<word.utf8CodeUnitCount {
      guard at + index < end else { throw error(.unexpectedEnd, at + index) }
      guard byte(at + index) == word.utf8Start[index] else { throw error(.expectedValue, at) }
    }
    return at + word.utf8CodeUnitCount
  }

  /// Where the number that begins at `at` ends: `-`? (`0` | [1-9][0-9]*) (`.` [0-9]+)? ([eE] [+-]? [0-9]+)?
  @inline(__always)
  private func numberEnd(_ at: UnsafeRawPointer) throws(JSONError) -> UnsafeRawPointer {
    var at = at
    if byte(at) == ASCII.minus { at += 1 }
    let integer = at
    at = skipDigits(at)
    guard at > integer else { throw error(at == end ? .unexpectedEnd : .badNumber, at) }
    guard at == integer + 1 || byte(integer) != ASCII.zero else { throw error(.badNumber, integer) }
    guard at < end, byte(at) == ASCII.point || byte(at) | 0x20 == ASCII.lowerE else { return at }
    return try fractionEnd(at)
  }

  /// Where the fraction and exponent, or the exponent, that begin at `at` end.
  private func fractionEnd(_ at: UnsafeRawPointer) throws(JSONError) -> UnsafeRawPointer {
    var at = at
    if byte(at) == ASCII.point {
      let fraction = at + 1
      at = skipDigits(fraction)
      guard at > fraction else { throw error(at == end ? .unexpectedEnd : .badNumber, at) }
    }
    if at < end, byte(at) | 0x20 == ASCII.lowerE {
      at += 1
      if at < end, byte(at) == ASCII.plus || byte(at) == ASCII.minus { at += 1 }
      let exponent = at
      at = skipDigits(exponent)
      guard at > exponent else { throw error(at == end ? .unexpectedEnd : .badNumber, at) }
    }
    return at
  }

  /// The first byte from `at` on that is not a decimal digit, or the end.
  @inline(__always)
  private func skipDigits(_ at: UnsafeRawPointer) -> UnsafeRawPointer {
    var at = at
    while end - at >= 8 {
      let digits = digitCount(at.loadUnaligned(as: UInt64.self))
      at += digits
      if digits < 8 { return at }
    }
    while at < end, byte(at) &- ASCII.zero <= 9 { at += 1 }
    return at
  }
}
