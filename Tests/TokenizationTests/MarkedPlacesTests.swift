import CKernels
import TestSupport
import Testing

/// Where numbers are odd, by every instruction set of the machine, against a look at each.
@Suite struct MarkedPlacesTests {
  @Test(arguments: ["portable", "avx512"])
  func findsWhatOneLookAfterTheOtherDoes(name: String) {
    guard let find = grape_marked_places_named(name) else { return }
    check { find($0, $1, $2) }
  }

  @Test func theBestDoesToo() { check(grape_marked_places) }

  @Test func othersAreUnknown() { #expect(grape_marked_places_named("mmx") == nil) }

  private func check(_ find: (UnsafePointer<UInt16>, Int, UnsafeMutablePointer<UInt32>) -> Int) {
    var generator = SplitMix(seed: 6)
    for count in [0, 1, 3, 4, 31, 32, 33, 63, 64, 65, 127, 128, 200, 1000] {
      for sparseness in [1, 2, 5, 30] {
        let numbers = (0..<count).map { _ in
          let number = UInt16.random(in: 0...UInt16.max, using: &generator)
          return Int.random(in: 0..<sparseness, using: &generator) == 0 ? number | 1 : number & ~1
        }
        let expected = numbers.indices.filter { numbers[$0] & 1 == 1 }
        var places = [UInt32](repeating: 0, count: count + 33)
        places[count + 32] = 0xEEEE
        let found = find(numbers, count, &places)
        #expect(places.prefix(found).map(Int.init) == expected)
        #expect(places[count + 32] == 0xEEEE)
      }
    }
  }
}
