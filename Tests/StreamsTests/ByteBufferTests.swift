import Streams
import TestSupport
import Testing

@Suite struct ByteBufferTests {
  /// Whatever is done to it, a buffer holds what an array holds to which the same is done.
  @Test(arguments: [1, 256]) func isLikeAnArray(capacity: Int) {
    var random = SplitMix(seed: 29)
    var buffer = ByteBuffer(capacity: capacity)
    var array: [UInt8] = []
    for _ in 0..<5_000 {
      let bytes = (0..<Int(random.next() % 300)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      switch random.next() % 40 {
      case 0:
        buffer.removeAll()
        array.removeAll()
      case 1:
        buffer.removeAll(keepingAtMost: 1 << 10)
        array.removeAll()
      case 2:
        let place = Int(random.next() % UInt64(array.count + 1))
        buffer.insert(bytes, at: place)
        array.insert(contentsOf: bytes, at: place)
      case 3:
        buffer.append(literal: "é and more")
        array += Array("é and more".utf8)
      case 4 where array.count >= 8:
        let word = random.next()
        let place = Int(random.next() % UInt64(array.count - 7))
        buffer.store(word.littleEndian, at: place)
        for index in 0..<8 { array[place + index] = UInt8(truncatingIfNeeded: word >> UInt64(8 * index)) }
      case 5:
        buffer.append(atMost: 2 * bytes.count) { start in
          for (index, byte) in bytes.enumerated() {
            start.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
          }
          return bytes.count
        }
        array += bytes
      case 6 where !array.isEmpty:
        buffer[array.count - 1] = 7
        array[array.count - 1] = 7
        buffer.removeLast()
        array.removeLast()
      case 7...20:
        buffer.append(UInt8(bytes.count & 255))
        array.append(UInt8(bytes.count & 255))
      default:
        buffer.append(bytes)
        array += bytes
      }
      #expect(buffer.count == array.count)
      #expect(buffer.isEmpty == array.isEmpty)
      #expect(buffer.last == array.last)
      #expect(buffer.raw.elementsEqual(array))
      if array.count > 20_000 {
        #expect(buffer[10..<20].elementsEqual(array[10..<20]))
        buffer.removeAll()
        array.removeAll()
      }
    }
  }
}
