/// Appends `utf8`, valid UTF-8, as a JSON string: in quotes, with only what must be escaped escaped.
package func appendEscaped(_ utf8: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
  bytes.append(ASCII.quote)
  var plain = 0  // where the run of bytes that stand for themselves begins
  for index in 0..<utf8.count {
    let byte = utf8[index]
    guard byte < ASCII.space || byte == ASCII.quote || byte == ASCII.backslash else { continue }
    bytes.append(contentsOf: utf8[plain..<index])
    plain = index + 1
    bytes.append(ASCII.backslash)
    switch byte {
    case ASCII.quote, ASCII.backslash: bytes.append(byte)
    case ASCII.lineFeed: bytes.append(ASCII.lowerN)
    case ASCII.carriageReturn: bytes.append(UInt8(ascii: "r"))
    case ASCII.tab: bytes.append(ASCII.lowerT)
    case 0x08: bytes.append(UInt8(ascii: "b"))
    case 0x0C: bytes.append(ASCII.lowerF)
    default:
      let digits: StaticString = "0123456789abcdef"
      bytes.append(contentsOf: [ASCII.lowerU, ASCII.zero, ASCII.zero])
      bytes.append(digits.utf8Start[Int(byte >> 4)])
      bytes.append(digits.utf8Start[Int(byte & 15)])
    }
  }
  bytes.append(contentsOf: utf8[plain...])
  bytes.append(ASCII.quote)
}

/// Appends an integer in decimal.
package func appendDecimal(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
  appendDecimals(CollectionOfOne(value), to: &bytes)
}

/// Appends integers in decimal, with commas between them.
package func appendDecimals(_ values: some Sequence<some FixedWidthInteger>, to bytes: inout [UInt8]) {
  // Digits go backwards into a small buffer: the sign and up to 20 digits.
  withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { buffer in
    var isFirst = true
    for value in values {
      var start = buffer.count
      var rest = UInt64(value.magnitude)
      repeat {
        start -= 1
        buffer[start] = ASCII.zero + UInt8(rest % 10)
        rest /= 10
      } while rest > 0
      if value < 0 {
        start -= 1
        buffer[start] = ASCII.minus
      }
      if !isFirst {
        start -= 1
        buffer[start] = ASCII.comma
      }
      isFirst = false
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: buffer[start...]))
    }
  }
}
