import Streams

/// Appends `utf8`, valid UTF-8, as a JSON string: in quotes, with only what must be escaped escaped.
package func appendEscaped(_ utf8: UnsafeRawBufferPointer, to bytes: inout ByteBuffer) {
  bytes.append(ASCII.quote)
  var plain = 0  // where the run of bytes that stand for themselves begins
  for index in 0..<utf8.count {
    let byte = utf8[index]
    guard byte < ASCII.space || byte == ASCII.quote || byte == ASCII.backslash else { continue }
    bytes.append(UnsafeRawBufferPointer(rebasing: utf8[plain..<index]))
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
      bytes.append(ASCII.lowerU)
      bytes.append(ASCII.zero)
      bytes.append(ASCII.zero)
      bytes.append(hexadecimalDigit(UInt64(byte >> 4)))
      bytes.append(hexadecimalDigit(UInt64(byte & 15)))
    }
  }
  bytes.append(UnsafeRawBufferPointer(rebasing: utf8[plain...]))
  bytes.append(ASCII.quote)
}

/// The lower-case digit of a value from 0 to 15.
func hexadecimalDigit(_ value: UInt64) -> UInt8 {
  UInt8(truncatingIfNeeded: value) &+ (value < 10 ? ASCII.zero : UInt8(ascii: "a") &- 10)
}

/// The value of a hexadecimal digit, or nil.
@inlinable
func hexDigit(_ byte: UInt8) -> UInt32? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
  case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
  case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
  default: nil
  }
}
