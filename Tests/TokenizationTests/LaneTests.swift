import TestSupport
import Testing
import Tokenization

/// Stretches split side by side against pieces found one by one.
@Suite struct LaneTests {
  private let parts =
    "the a I'll don't 's 'S' 're'x 12345 3.14 naïve \u{3000} \u{a0} 好,好。 🙂 é e\u{301} 'ſ == ::: // {\n} \r\n x\ty _"
    .split(separator: " ").map(String.init)
    + [" ", "  ", "     ", "\n", "\n\n  ", " \n \t", "\n   \n", " \u{2003} ", "\u{3000}\u{3000}好"]

  @Test(arguments: families) func stretchesMakeNoDifference(family: String) throws {
    let tokenizer = try tokenizer(family)
    var apart = Encoder(tokenizer)
    var whole = Encoder(tokenizer, splitsSideBySide: false)
    var generator = SplitMix(seed: 5)
    for length in [1, 5, 20, 30, 60, 100, 300, 1000, 2500] {
      for _ in 0..<(2500 / length) {
        let text = Array((0..<length).map { _ in parts.randomElement(using: &generator) ?? "" }.joined().utf8)
        let expected = try encode(text, with: &whole)
        #expect(try encode(text, with: &apart) == expected, "\(String(decoding: text, as: UTF8.self))")
      }
    }
  }

  /// Windows without a place that is sure to be between pieces, and pieces longer than windows.
  @Test(arguments: ["a", "é", "好", " ", "\n ", "0", "'", "=", "🙂", "e\u{301}", "\u{3000}"])
  func longRunsMakeNoDifference(unit: String) throws {
    let tokenizer = try tokenizer("qwen2")
    var apart = Encoder(tokenizer)
    var whole = Encoder(tokenizer, splitsSideBySide: false)
    for length in [60, 4090, 4096, 4100, 9000] {
      for text in ["", "x y"].flatMap({
        [$0 + repeating(unit, length), $0 + repeating(unit, length) + "x, y\n"]
      }) {
        let expected = try encode(Array(text.utf8), with: &whole)
        #expect(try encode(Array(text.utf8), with: &apart) == expected)
      }
    }
  }

  private func repeating(_ unit: String, _ length: Int) -> String {
    String(repeating: unit, count: length / unit.utf8.count)
  }
}
