extension JSONValue {
  /// Replaces `integers` by the elements of an array of integers from 0 to 2^32 - 1, spelled as plain digits.
  ///
  /// It reads the array's bytes, eight at a time, and not the tape.
  ///
  /// - Returns: false, with `integers` unspecified, if this is no such array.
  package func readIntegers(into integers: inout [UInt32]) -> Bool {
    guard kind == .array else { return false }
    let missing = count - integers.count
    if missing > 0 { integers.append(contentsOf: repeatElement(0, count: missing)) }
    if missing < 0 { integers.removeLast(-missing) }
    let raw = raw
    return integers.withUnsafeMutableBufferPointer { integers in
      var at = 1  // past the bracket
      for index in integers.indices {
        while raw[at] <= ASCII.space || raw[at] == ASCII.comma { at += 1 }
        guard let value = integer(raw, &at) else { return false }
        integers[index] = value
      }
      return true
    }
  }
}

/// Reads the integer at `at` in the bytes of an array, and moves `at` past it; nil if it is not made
/// of digits only, or too large.
@inline(__always)
private func integer(_ raw: UnsafeRawBufferPointer, _ at: inout Int) -> UInt32? {
  var value: UInt64 = 0
  let start = at
  if raw.count - at >= 8 {
    let bytes = raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)
    let count = digitCount(bytes)
    guard count > 0 else { return nil }
    value = leadingDigits(bytes, count: count)
    at += count
  }
  // What is left of a long number, or a number near the end.
  while raw[at] &- ASCII.zero <= 9 {
    value = value &* 10 &+ UInt64(raw[at] &- ASCII.zero)
    at += 1
    guard at - start <= 10 else { return nil }
  }
  // The parser has seen to it that what follows an integer is a comma, white space or the bracket.
  let next = raw[at]
  guard at > start, next == ASCII.comma || next == ASCII.rightBracket || next <= ASCII.space else {
    return nil
  }
  return UInt32(exactly: value)
}
