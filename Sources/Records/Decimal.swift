import CKernels
import Streams

/// Appends integers in decimal, each with a comma behind it.
func appendDecimals(_ values: UnsafeBufferPointer<UInt32>, to bytes: inout ByteBuffer) {
  let longest = 11  // ten digits and a comma
  guard var next = values.baseAddress else { return }
  let end = next + values.count
  threeDigits.withUnsafeBufferPointer { triples in
    guard let triples = triples.baseAddress else { return }
    bytes.append(atMost: values.count * longest) { start in
      var place = start
      while next < end {
        var length = 0
        next += grape_decimals(next, end - next, place.assumingMemoryBound(to: UInt8.self), &length)
        place += length
        // These are too few, some of them are too large, or the machine does not have the instructions.
        for _ in 0..<min(8, end - next) {
          place = put(next.pointee, triples, at: place)
          next += 1
        }
      }
      return place - start
    }
  }
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
