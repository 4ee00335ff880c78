import Streams

/// Stores bytes one behind the other where there is room for all of them: each is a move, without a check for
/// room.
struct BytePen {
  /// Where the next byte comes.
  private(set) var place: UnsafeMutableRawPointer

  init(at place: UnsafeMutableRawPointer) { self.place = place }

  @inline(__always)
  mutating func put(_ byte: UInt8) {
    place.storeBytes(of: byte, as: UInt8.self)
    place += 1
  }

  @inline(__always)
  mutating func put(_ text: StaticString) {
    place.copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
    place += text.utf8CodeUnitCount
  }

  /// Stores an integer in decimal: `longestDecimal` bytes at most.
  @inline(__always)
  mutating func put(decimal value: Int) {
    if value < 0 { put(ASCII.minus) }
    var rest = value.magnitude
    var count = 1
    while rest > 9 {
      rest /= 10
      count += 1
    }
    rest = value.magnitude
    var digit = place + count
    place = digit
    while count > 0 {
      digit -= 1
      count -= 1
      digit.storeBytes(of: ASCII.zero + UInt8(truncatingIfNeeded: rest % 10), as: UInt8.self)
      rest /= 10
    }
  }

  /// Bytes of the longest integer in decimal.
  static let longestDecimal = 20
}

extension ByteBuffer {
  /// Appends what `write` stores: no more bytes than `most`.
  @inline(__always)
  mutating func write(atMost most: Int, _ write: (inout BytePen) -> Void) {
    append(atMost: most) { start in
      var pen = BytePen(at: start)
      write(&pen)
      return pen.place - start
    }
  }
}
