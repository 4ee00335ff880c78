/// Appends an integer in decimal.
package func appendDecimal(_ value: Int, to bytes: inout [UInt8]) {
  withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { buffer in
    if value < 0 { bytes.append(ASCII.minus) }
    let start = putDecimal(UInt64(value.magnitude), before: buffer.count, of: buffer)
    bytes.append(contentsOf: UnsafeBufferPointer(rebasing: buffer[start...]))
  }
}

/// Appends integers in decimal, with commas between them.
package func appendDecimals(_ values: UnsafeBufferPointer<UInt32>, to bytes: inout [UInt8]) {
  // From the last value to the first of each piece, as digits come from the last to the first.
  let longest = 11  // ten digits and a comma
  let pieceLength = 256
  withUnsafeTemporaryAllocation(of: UInt8.self, capacity: pieceLength * longest) { buffer in
    for piece in stride(from: 0, to: values.count, by: pieceLength) {
      var start = buffer.count
      for index in (piece..<min(piece + pieceLength, values.count)).reversed() {
        start = putDecimal(UInt64(values[index]), before: start, of: buffer)
        if index > 0 {
          start -= 1
          buffer[start] = ASCII.comma
        }
      }
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: buffer[start...]))
    }
  }
}

/// Writes the digits of `value` so that they end before `end`; returns where they begin.
@inline(__always)
private func putDecimal(
  _ value: UInt64, before end: Int, of buffer: UnsafeMutableBufferPointer<UInt8>
) -> Int {
  var start = end
  var rest = value
  while rest >= 100 {
    let (hundreds, pair) = rest.quotientAndRemainder(dividingBy: 100)
    start -= 2
    buffer[start] = digitPairs.utf8Start[2 * Int(pair)]
    buffer[start + 1] = digitPairs.utf8Start[2 * Int(pair) + 1]
    rest = hundreds
  }
  if rest >= 10 {
    start -= 1
    buffer[start] = ASCII.zero + UInt8(rest % 10)
    rest /= 10
  }
  start -= 1
  buffer[start] = ASCII.zero + UInt8(rest)
  return start
}

/// 00, 01, … 99.
private let digitPairs: StaticString = """
  00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748\
  4950515253545556575859606162636465666768697071727374757677787980818283848586878889909192939495969798\
  99
  """
