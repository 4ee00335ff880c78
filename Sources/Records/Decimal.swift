/// Appends an integer in decimal.
package func appendDecimal(_ value: Int, to bytes: inout [UInt8]) {
  withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { buffer in
    if value < 0 { bytes.append(ASCII.minus) }
    var start = buffer.count
    var rest = value.magnitude
    repeat {
      start -= 1
      buffer[start] = ASCII.zero + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
    bytes.append(contentsOf: UnsafeBufferPointer(rebasing: buffer[start...]))
  }
}

/// Appends integers in decimal, with commas between them.
package func appendDecimals(_ values: UnsafeBufferPointer<UInt32>, to bytes: inout [UInt8]) {
  let pieceLength = 256
  let longest = 16  // ten digits and a comma, and room for eight bytes written at once
  withUnsafeTemporaryAllocation(byteCount: pieceLength * longest, alignment: 8) { buffer in
    for piece in stride(from: 0, to: values.count, by: pieceLength) {
      var end = 0
      for index in piece..<min(piece + pieceLength, values.count) {
        if index > 0 {
          buffer[end] = ASCII.comma
          end += 1
        }
        let value = values[index]
        if value >= 100_000_000 {
          let (high, low) = value.quotientAndRemainder(dividingBy: 100_000_000)
          end += put(eightDigits(high), to: buffer, at: end)
          buffer.storeBytes(
            of: (eightDigits(low) | asciiZeros).littleEndian, toByteOffset: end, as: UInt64.self)
          end += 8
        } else {
          end += put(eightDigits(value), to: buffer, at: end)
        }
      }
      bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<end]))
    }
  }
}

private let asciiZeros: UInt64 = 0x3030_3030_3030_3030

/// Stores digits without the zeros before them; returns how many there are, at least one.
@inline(__always)
private func put(_ digits: UInt64, to buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
  let zeros = min(digits.trailingZeroBitCount / 8, 7)
  let shown = (digits | asciiZeros) >> UInt64(8 * zeros)
  buffer.storeBytes(of: shown.littleEndian, toByteOffset: offset, as: UInt64.self)
  return 8 - zeros
}

/// The eight decimal digits of a number below 10^8, each in a byte, the first in the lowest.
///
/// The number is halved three times, into parts below 10^4, 10^2 and 10, all parts at once: with n below 10^4,
/// n × 10486 >> 20 is n / 100, and with n below 100, n × 103 >> 10 is n / 10.
@inline(__always)
func eightDigits(_ value: UInt32) -> UInt64 {
  let (high, low) = value.quotientAndRemainder(dividingBy: 10_000)
  let fours = UInt64(high) | UInt64(low) << 32
  let hundreds = (fours &* 10_486) >> 20 & 0x0000_007F_0000_007F
  let twos = hundreds | (fours &- 100 &* hundreds) << 16
  let tens = (twos &* 103) >> 10 & 0x000F_000F_000F_000F
  return tens | (twos &- 10 &* tens) << 8
}
