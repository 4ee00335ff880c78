import CKernels
import TestSupport
import Testing

/// The classes of ASCII characters by every instruction set of the machine, against a lookup for each byte.
@Suite struct ClassifyTests {
  @Test(arguments: ["portable", "avx2", "avx512", "neon"])
  func findsWhatOneLookupAfterTheOtherDoes(name: String) {
    guard let classify = grape_classify_named(name) else { return }
    check { classify($0, $1, $2, $3) }
  }

  @Test func theBestDoesToo() { check(grape_classify_ascii) }

  @Test func othersAreUnknown() { #expect(grape_classify_named("mmx") == nil) }

  private func check(
    _ classify: (UnsafePointer<UInt8>, Int, UnsafePointer<UInt8>, UnsafeMutablePointer<UInt8>) -> Int
  ) {
    var generator = SplitMix(seed: 4)
    let classes = (0..<128).map { _ in UInt8.random(in: 0...255, using: &generator) }
    for length in [0, 1, 7, 8, 15, 16, 31, 32, 33, 63, 64, 65, 127, 128, 200, 1000] {
      for round in 0..<40 {
        var text = (0..<length).map { _ in UInt8.random(in: 0...127, using: &generator) }
        if !round.isMultiple(of: 3), length > 0 {
          text[Int.random(in: 0..<length, using: &generator)] = UInt8.random(in: 128...255, using: &generator)
        }
        let expected = text.prefix { $0 < 128 }.map { classes[Int($0)] }
        var out = [UInt8](repeating: 0xEE, count: length + 1)
        let count = classify(text, length, classes, &out)
        #expect(count == expected.count)
        #expect(Array(out.prefix(expected.count)) == expected)
        #expect(out[length] == 0xEE)
      }
    }
  }
}
