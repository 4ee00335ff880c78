import CKernels
import TestSupport
import Testing

/// Strings by every instruction set of the machine, against a look at each byte.
@Suite struct JSONStringKernelTests {
  private static let letters = Array("\"\\/bfnrt".utf8)

  @Test(arguments: ["portable", "sse2", "avx512", "neon"])
  func findsWhereAStringIsNoLongerPlain(name: String) {
    guard let plain = grape_json_plain_named(name) else { return }
    checkPlain { plain($0, $1, $2) }
  }

  @Test func theBestDoesToo() { checkPlain(grape_json_plain) }

  @Test func othersAreUnknown() { #expect(grape_json_plain_named("mmx") == nil) }

  private func checkPlain(
    _ plain: (UnsafePointer<UInt8>, Int, UnsafeMutablePointer<Bool>) -> Int
  ) {
    var random = SplitMix(seed: 29)
    // Nothing but letters, backslashes among them, escapes of all kinds, and some of what ends a stretch.
    let alphabets = [
      Array("abn".utf8), Array("an\\\\".utf8), Self.letters + Array("\\\\\\\\au".utf8),
      Array("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaan\\\\\"".utf8) + [0x1F, 0x80, 0xFF],
    ]
    for length in Array(0...70) + [127, 128, 129, 191, 192, 300] {
      for alphabet in alphabets {
        for _ in 0..<30 {
          let text = (0..<length).map { _ in alphabet.randomElement(using: &random) ?? 0 }
          var hasEscape = false
          let count = plain(text, length, &hasEscape)
          let expected = plainCount(text)
          #expect(count == expected.count)
          #expect(hasEscape == expected.hasEscape)
        }
      }
    }
  }

  /// Escapes across the ends of blocks, and a backslash that ends the text.
  @Test(arguments: ["portable", "sse2", "avx512", "neon"])
  func anEscapeAcrossBlocksIsOne(name: String) {
    guard let plain = grape_json_plain_named(name) else { return }
    for length in [62, 63, 64, 65, 127, 128, 129, 192] {
      for ending in ["\\", "\\\\", "\\n", "\\\\n", "\\\\\\", "\\x", "n"].map({ Array($0.utf8) }) {
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: length - 1) + ending
        var hasEscape = false
        let count = plain(text, text.count, &hasEscape)
        let expected = plainCount(text)
        #expect(count == expected.count && hasEscape == expected.hasEscape, "\(length) \(ending)")
      }
    }
  }

  private func plainCount(_ text: [UInt8]) -> (count: Int, hasEscape: Bool) {
    var place = 0
    var hasEscape = false
    while place < text.count {
      if text[place] == UInt8(ascii: "\\") {
        guard place + 1 < text.count, Self.letters.contains(text[place + 1]) else { break }
        hasEscape = true
        place += 2
      } else {
        guard (0x20..<0x80).contains(text[place]), text[place] != UInt8(ascii: "\"") else { break }
        place += 1
      }
    }
    return (place, hasEscape)
  }

  @Test func decodesUpToTheFirstCodeUnit() {
    var random = SplitMix(seed: 31)
    let meanings: [(String, String)] = [
      ("\\\"", "\""), ("\\\\", "\\"), ("\\/", "/"), ("\\b", "\u{8}"), ("\\f", "\u{C}"), ("\\n", "\n"),
      ("\\r", "\r"), ("\\t", "\t"), ("u", "u"), ("n", "n"), ("é", "é"), ("€", "€"), ("plain ", "plain "),
    ]
    for _ in 0..<4_000 {
      var text: [UInt8] = []
      var decoded: [UInt8] = []
      for _ in 0..<Int.random(in: 0..<60, using: &random) {
        guard let (spelling, meaning) = meanings.randomElement(using: &random) else { continue }
        text += spelling.utf8
        decoded += meaning.utf8
      }
      let end = text.count
      if Bool.random(using: &random) { text += "\\u0041\\n\\\\more".utf8 }
      var out = [UInt8](repeating: 0xEE, count: text.count + 1)
      var read = 0
      let written = grape_json_decode(text, text.count, &out, &read)
      #expect(out[text.count] == 0xEE)
      // Machines without the instructions leave it to others.
      guard read > 0 else { continue }
      #expect(read == end)
      #expect(Array(out[..<written]) == decoded)
    }
  }
}
