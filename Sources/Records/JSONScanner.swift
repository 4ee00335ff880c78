/// Finds where the scalars of a JSON text end, and checks them on the way.
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

  /// Whether the byte at `at` is a digit or a minus sign.
  @inline(__always)
  func beginsNumber(_ at: UnsafeRawPointer) -> Bool {
    byte(at) &- ASCII.zero <= 9 || byte(at) == ASCII.minus
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
  func numberEnd(_ at: UnsafeRawPointer) throws(JSONError) -> UnsafeRawPointer {
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
  @inline(__always)
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
