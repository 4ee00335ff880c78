extension JSONValue {
  /// The value of `true` or `false`.
  @inlinable
  package var bool: Bool? {
    switch kind {
    case .true: true
    case .false: false
    default: nil
    }
  }

  /// The number's value if it is an integer within the range of `Int`, however it is spelled (`20`,
  /// `2e1`, `20.0`) in up to 19 digits.
  @inlinable
  package var int: Int? {
    guard kind == .number else { return nil }
    return plainInteger(raw) ?? DecimalNumber(raw).integer
  }

  /// The double nearest to the number, ties to even, as IEEE 754 asks of a conversion; beyond its range, an
  /// infinity. It does not depend on the locale.
  package var double: Double? {
    guard kind == .number else { return nil }
    return DecimalNumber(raw).double
  }

  /// The text of a string.
  package var string: String? {
    guard kind == .string else { return nil }
    var bytes: [UInt8] = []
    appendString(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Whether this is a string whose text is `text`, byte for byte.
  @inlinable
  package func equals(_ text: StaticString) -> Bool {
    equals(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Whether this is a string whose text is `text`, or another value that is spelled so.
  package func reads(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { wanted in
      kind == .string ? equals(UnsafeRawBufferPointer(wanted)) : raw.elementsEqual(wanted)
    }
  }

  /// Whether this is a string whose text is `bytes`.
  @inlinable
  package func equals(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard kind == .string else { return false }
    if node.inside != 0 { return decodedEquals(bytes) }
    let content = stringContent
    guard content.count == bytes.count else { return false }
    for index in 0..<bytes.count where content[index] != bytes[index] { return false }
    return true
  }

  /// `equals` for a string with escapes.
  @usableFromInline
  func decodedEquals(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var decoded: [UInt8] = []
    appendString(to: &decoded)
    return decoded.elementsEqual(bytes)
  }
}

/// The integer that `raw`, a number of at most 18 digits and nothing else but a sign, spells; otherwise nil.
@inlinable
func plainInteger(_ raw: UnsafeRawBufferPointer) -> Int? {
  guard raw.count <= 19 else { return nil }
  let isNegative = raw.first == ASCII.minus
  let first = isNegative ? 1 : 0
  guard raw.count - first <= 18 else { return nil }
  var value = 0
  for index in first..<raw.count {
    let digit = raw[index] &- ASCII.zero
    guard digit <= 9 else { return nil }
    value = value &* 10 &+ Int(digit)
  }
  return isNegative ? 0 &- value : value
}
