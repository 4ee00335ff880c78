import Selection
import TestSupport
import Testing

@Suite struct SpoolTests {
  @Test(arguments: [0, 100, 1000, 1 << 20])
  func givesBackWhatWasAppended(_ memoryLimit: Int) throws {
    var generator = SplitMix(seed: UInt64(memoryLimit))
    let spool = Spool(memoryLimit: memoryLimit, chunkSize: 64)
    for _ in 0..<2 {
      var pieces: [(offset: Int, bytes: [UInt8])] = []
      var length = 0
      for _ in 0..<300 {
        let count = Int.random(in: 0...(Bool.random(using: &generator) ? 20 : 200), using: &generator)
        let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let cut = Int.random(in: 0...count, using: &generator)
        let offset = try bytes.withUnsafeBytes {
          try spool.append(.init(rebasing: $0[..<cut]), .init(rebasing: $0[cut...]))
        }
        #expect(offset == length)
        length += count
        pieces.append((offset, bytes))
      }
      #expect(spool.count == length)
      #expect(spool.spilled > 0 || memoryLimit == 1 << 20)
      #expect(length - spool.spilled <= memoryLimit + 200)
      for (offset, bytes) in pieces + pieces.shuffled(using: &generator) {
        #expect(try spool.read(offset, count: bytes.count).elementsEqual(bytes))
      }
      spool.removeAll()
      #expect(spool.count == 0)
      #expect(spool.spilled == 0)
    }
  }
}
