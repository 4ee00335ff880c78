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
  let pieceLength = 64  // for which the stack has room
  let longest = 16  // ten digits and a comma, and room for eight bytes written at once
  let triples = threeDigits
  withUnsafeTemporaryAllocation(byteCount: pieceLength * longest, alignment: 8) { buffer in
    triples.withUnsafeBufferPointer { triples in
      guard let buffer = buffer.baseAddress, let triples = triples.baseAddress else { return }
      for first in stride(from: 0, to: values.count, by: pieceLength) {
        var end = buffer
        for index in first..<min(first + pieceLength, values.count) {
          end = put(values[index], triples, at: end)
        }
        bytes.append(contentsOf: UnsafeRawBufferPointer(start: buffer, count: end - buffer))
      }
    }
  }
  // The comma behind the last.
  if !values.isEmpty { bytes.removeLast() }
}

/// Stores a number and a comma at `place`; returns where they end, so that it stays in a register.
@inline(__always)
private func put(
  _ value: UInt32, _ triples: UnsafePointer<UInt32>, at place: UnsafeMutableRawPointer
) -> UnsafeMutableRawPointer {
  if value >= 1_000_000 { return putLarge(value, at: place) }
  // The thousands and the rest in bytes 0 to 5; a comma comes behind them.
  let thousands = value / 1000
  let digits = UInt64(triples[Int(thousands)]) | UInt64(triples[Int(value &- 1000 &* thousands)]) &<< 24
  // Zeros at the beginning are left out, but for the last digit.
  let zeroBits = (digits | 1 &<< 40).trailingZeroBitCount & 0x38
  let shown = (digits | 0x2C_3030_3030_3030) &>> UInt64(truncatingIfNeeded: zeroBits)
  place.storeBytes(of: shown.littleEndian, as: UInt64.self)
  return place + (7 &- zeroBits &>> 3)
}

@inline(never)
private func putLarge(_ value: UInt32, at place: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
  var end = place
  var unit: UInt32 = 1_000_000_000
  while unit > value { unit /= 10 }
  while unit > 0 {
    end.storeBytes(of: ASCII.zero + UInt8(value / unit % 10), as: UInt8.self)
    end += 1
    unit /= 10
  }
  end.storeBytes(of: ASCII.comma, as: UInt8.self)
  return end + 1
}

/// The three decimal digits of each number below 1000, one in a byte, the first in the lowest.
private let threeDigits = (0..<1000).map { (value: UInt32) in
  (value / 100) | (value / 10 % 10) << 8 | (value % 10) << 16
}
