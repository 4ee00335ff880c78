import TestSupport
import Testing
import Tokenization

/// The cache against a dictionary, through many times of being full, with hashes that say little.
@Suite struct MergedWordCacheTests {
  @Test(arguments: [(4, 1 << 16), (10, 200), (6, 1000)])
  func whatIsFoundIsWhatWasPutIn(slotBits: Int, recordCapacity: Int) {
    var cache = MergedWordCache(slotBits: slotBits, recordCapacity: recordCapacity)
    var generator = SplitMix(seed: 6)
    var tokens: [[UInt8]: [UInt32]] = [:]
    var found = 0
    for round in 0..<20_000 {
      let length = Int.random(in: 1...(round.isMultiple(of: 9) ? 40 : 3), using: &generator)
      let word = (0..<length).map { _ in UInt8.random(in: 97...100, using: &generator) }
      let hash = UInt64(word[0] & 1) << 63 | UInt64(word.count & 1)
      var ids = [UInt32](repeating: 0, count: 64)
      var ends = ids
      let offset = UInt32(round)
      let made = cache.find(word, length, hash: hash, ids: &ids, ends: &ends, offset: offset)
      if made > 0 {
        found += 1
        #expect(Array(ids[..<made]) == tokens[word])
        #expect(Array(ends[..<made]) == (1...UInt32(made)).map { $0 + offset })
      } else {
        let new = (0..<Int.random(in: 1...length, using: &generator)).map { UInt32($0 * round) }
        tokens[word] = new
        cache.insert(
          word, length, hash: hash, ids: new, ends: (1...UInt32(new.count)).map { $0 + offset },
          count: new.count, offset: offset)
      }
    }
    #expect(found > 500)
  }
}
