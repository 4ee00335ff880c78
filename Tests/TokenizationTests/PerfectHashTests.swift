import TestSupport
import Testing
import Tokenization

/// A place of its own for every key, whatever the keys look like.
@Suite struct PerfectHashTests {
  @Test(arguments: [0, 1, 2, 3, 10, 1000, 50_000])
  func noTwoKeysShareAPlace(count: Int) throws {
    var generator = SplitMix(seed: 9)
    let numbers = (0..<UInt64(count)).map { $0 }
    let random = numbers.map { _ in UInt64.random(in: 0 ... .max, using: &generator) }
    let pairs = numbers.map { ($0 / 256) << 21 | $0 % 256 }
    let sets: [[UInt64]] = [numbers, random, pairs, numbers.map { $0 << 46 }]
    for keys in sets {
      let hash = try #require(PerfectHash.Builder(keys))
      let places = hash.places(keys)
      #expect(Set(places).count == Set(keys).count)
      #expect(places.allSatisfy { 0 <= $0 && $0 < hash.capacity })
      #expect(hash.capacity <= count * 2 + 4)
    }
  }

  @Test func equalKeysShareAPlace() throws {
    let keys: [UInt64] = [7, 8, 7, 9, 8, 7]
    let places = try #require(PerfectHash.Builder(keys)).places(keys)
    #expect(Set(places).count == 3)
    for (key, place) in zip(keys, places) { #expect(places[keys.firstIndex(of: key) ?? 0] == place) }
  }

  /// A damaged file may have any pilots.
  @Test func anyPilotsLeadInside() {
    var generator = SplitMix(seed: 10)
    let pilots = (0..<64).map { _ in UInt8.random(in: 0...255, using: &generator) }
    pilots.withUnsafeBufferPointer { pilots in
      for capacity in [1, 2, 77, 1 << 20] {
        let hash = PerfectHash(pilots: pilots, capacity: capacity)
        for _ in 0..<1000 {
          let place = hash?.place(UInt64.random(in: 0 ... .max, using: &generator)) ?? -1
          #expect(0 <= place && place < capacity)
        }
      }
      #expect(PerfectHash(pilots: pilots, capacity: 0) == nil)
      #expect(PerfectHash(pilots: UnsafeBufferPointer(rebasing: pilots.prefix(48)), capacity: 9) == nil)
    }
  }
}
