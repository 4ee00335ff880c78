/// The scalar value at a place in well-formed UTF-8 where a character of two to four
/// bytes begins, and its length.
@inline(__always)
func decodeScalar(_ text: UnsafePointer<UInt8>) -> (code: UInt32, count: Int) {
  let first = UInt32(text[0])
  let second = UInt32(text[1] & 0x3F)
  if first < 0xE0 { return ((first & 0x1F) << 6 | second, 2) }
  let third = UInt32(text[2] & 0x3F)
  if first < 0xF0 { return ((first & 0x0F) << 12 | second << 6 | third, 3) }
  return ((first & 0x07) << 18 | second << 12 | third << 6 | UInt32(text[3] & 0x3F), 4)
}

/// The scalar value that begins at a place in well-formed UTF-8, and its length.
@inline(__always)
func scalar(_ text: UnsafePointer<UInt8>) -> (code: UInt32, count: Int) {
  text[0] < 0x80 ? (UInt32(text[0]), 1) : decodeScalar(text)
}

/// The scalar value that ends just before `position` in well-formed UTF-8, and its length.
func scalarBefore(_ text: UnsafePointer<UInt8>, _ position: Int) -> (code: UInt32, count: Int) {
  var start = position - 1
  while text[start] & 0xC0 == 0x80 { start -= 1 }
  return scalar(text + start)
}

/// The bytes of a scalar value in UTF-8.
func utf8(_ code: UInt32) -> (bytes: (UInt8, UInt8, UInt8, UInt8), count: Int) {
  func continuation(_ shift: UInt32) -> UInt8 { UInt8(0x80 | code >> shift & 0x3F) }
  switch code {
  case ..<0x80: return ((UInt8(code), 0, 0, 0), 1)
  case ..<0x800: return ((UInt8(0xC0 | code >> 6), continuation(0), 0, 0), 2)
  case ..<0x10000: return ((UInt8(0xE0 | code >> 12), continuation(6), continuation(0), 0), 3)
  default: return ((UInt8(0xF0 | code >> 18 & 7), continuation(12), continuation(6), continuation(0)), 4)
  }
}

/// Whether there are only characters of ASCII in so many times 8 bytes.
@inline(__always)
func isASCII(_ text: UnsafeRawPointer, words: Int = 1) -> Bool {
  var bytes: UInt64 = 0
  for word in 0..<words { bytes |= text.loadUnaligned(fromByteOffset: 8 * word, as: UInt64.self) }
  return bytes & 0x8080_8080_8080_8080 == 0
}

/// A place from `start` on before which there are only characters of ASCII: less than 16 bytes before the
/// first other one or before the end, or the end.
@inline(__always)
func skipASCII(_ text: UnsafeRawPointer, from start: Int, to end: Int) -> Int {
  var here = start
  while here &+ 64 <= end, isASCII(text + here, words: 8) { here &+= 64 }
  while here &+ 16 <= end, isASCII(text + here, words: 2) { here &+= 16 }
  // The last 16 bytes, of which some may have been seen before.
  if here &+ 16 > end, end &- start >= 16, isASCII(text + end - 16, words: 2) { here = end }
  return here
}

/// Where the first byte lies that makes `text` ill-formed UTF-8; nil for well-formed text.
///
/// - Complexity: O(n), 64 bytes a step over ASCII.
func firstInvalidByte(_ text: UnsafeRawBufferPointer) -> Int? {
  guard let base = text.baseAddress else { return nil }
  var position = 0
  while position < text.count {
    position = skipASCII(base, from: position, to: text.count)
    // Through the characters of the next 16 bytes, one by one.
    let stop = min(position + 16, text.count)
    while position < stop {
      let first = text[position]
      if first < 0x80 {
        position += 1
        continue
      }
      guard let count = sequenceLength(text, position) else { return position }
      position += count
    }
  }
  return nil
}

/// The length of the sequence of two to four bytes at a place; nil when there is no well-formed one (Unicode
/// table 3-7).
@inline(__always)
private func sequenceLength(_ text: UnsafeRawBufferPointer, _ position: Int) -> Int? {
  let first = text[position]
  let count: Int
  var range: ClosedRange<UInt8> = 0x80...0xBF
  switch first {
  case 0xC2...0xDF: count = 2
  case 0xE0:
    count = 3
    range = 0xA0...0xBF
  case 0xED:
    count = 3
    range = 0x80...0x9F
  case 0xE1...0xEF: count = 3
  case 0xF0:
    count = 4
    range = 0x90...0xBF
  case 0xF1...0xF3: count = 4
  case 0xF4:
    count = 4
    range = 0x80...0x8F
  default: return nil
  }
  guard position + count <= text.count, range.contains(text[position + 1]) else { return nil }
  for offset in 2..<max(2, count) where text[position + offset] & 0xC0 != 0x80 { return nil }
  return count
}
