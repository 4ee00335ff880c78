import CKernels

/// Strings are scanned 64 bytes at a step while they are printable ASCII, whose escapes are told from quotes
/// that end them without a look at each; whatever else comes is looked at alone. Short strings end in a first
/// step of 16 bytes.
extension JSONScanner {
  /// Where the string that opens at `quote` ends (past its closing quote), and whether it holds an escape.
  @inline(__always)
  func stringEnd(
    _ quote: UnsafeRawPointer
  ) throws(JSONError) -> (end: UnsafeRawPointer, hasEscape: Bool) {
    var at = quote + 1
    if end - at >= 16 {
      if let plain = Self.plainCount(at) {
        at += plain
        if byte(at) == ASCII.quote { return (at + 1, false) }
      } else {
        at += 16
      }
    }
    return try longStringEnd(at)
  }

  /// Where the string ends that `at` lies in, and whether it holds an escape from there on.
  @inline(never)
  private func longStringEnd(
    _ at: UnsafeRawPointer
  ) throws(JSONError) -> (end: UnsafeRawPointer, hasEscape: Bool) {
    var at = at
    var hasEscape = false
    while true {
      at += grape_json_plain(at.assumingMemoryBound(to: UInt8.self), end - at, &hasEscape)
      guard at < end else { throw error(.unterminatedString, at) }
      switch byte(at) {
      case ASCII.quote: return (at + 1, hasEscape)
      case ASCII.backslash:
        hasEscape = true
        at = try escapeEnd(at)
      case 0x80...: at = try multibyteEnd(at)
      default: throw error(.controlCharacter, at)
      }
    }
  }

  /// How many of the 16 bytes at `at` come before one that is not plain; nil if all are.
  @inline(__always)
  private static func plainCount(_ at: UnsafeRawPointer) -> Int? {
    // As signed bytes, what is less than a space is a control character or not ASCII.
    let bytes = at.loadUnaligned(as: SIMD16<Int8>.self)
    let special = (bytes .< Self.space) .| (bytes .== Self.quote) .| (bytes .== Self.backslash)
    return firstTrue(unsafeBitCast(special, to: SIMD2<UInt64>.self))
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

  // Operators between two vectors of one type are single instructions; those that take a scalar are generic
  // loops.
  private static var space: SIMD16<Int8> { SIMD16(repeating: Int8(ASCII.space)) }
  private static var quote: SIMD16<Int8> { SIMD16(repeating: Int8(ASCII.quote)) }
  private static var backslash: SIMD16<Int8> { SIMD16(repeating: Int8(ASCII.backslash)) }
}
