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

  /// Pieces are released at random, and the others moved together time and again.
  @Test(arguments: [300, 3000, 1 << 20], 0..<6 as Range<UInt64>)
  func keepsWhatIsNotReleased(_ memoryLimit: Int, _ seed: UInt64) throws {
    var generator = SplitMix(seed: seed)
    let spool = Spool(memoryLimit: memoryLimit, chunkSize: 64)
    var pieces: [(offset: Int, bytes: [UInt8])] = []
    var compactions = 0
    for step in 0..<600 {
      let count = Int.random(in: 0...(Bool.random(using: &generator) ? 20 : 200), using: &generator)
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let offset = try bytes.withUnsafeBytes { try spool.append($0, .init(rebasing: $0[..<0])) }
      #expect(offset >= (pieces.last.map { $0.offset + $0.bytes.count } ?? 0))
      pieces.append((offset, bytes))
      if step == 150, seed % 2 == 1 { spool.fix() }
      if step % 3 > 0, let index = pieces.indices.randomElement(using: &generator) {
        let piece = pieces.remove(at: index)
        spool.release(piece.offset, count: piece.bytes.count)
      }
      if spool.isWasteful {
        compactions += 1
        let first = pieces.firstIndex { $0.offset >= spool.movableStart } ?? pieces.endIndex
        let wanted = pieces[first...].reduce(0) { $0 + $1.bytes.count }
        let start = spool.movableStart
        let moved = spool.compact(pieces[first...].map { ($0.offset, $0.bytes.count) })
        for (index, offset) in zip(first..., moved) { pieces[index].offset = offset }
        #expect(moved.count == pieces.count - first && spool.count == start + wanted && !spool.isWasteful)
      }
      #expect(spool.count - spool.spilled <= memoryLimit + 200)
    }
    #expect(compactions > (memoryLimit == 300 ? 0 : 5))
    #expect(spool.spilled > 0 || memoryLimit == 1 << 20)
    for (offset, bytes) in pieces { #expect(try spool.read(offset, count: bytes.count).elementsEqual(bytes)) }
  }
}
