import TestSupport
import Testing
import Tokenization

/// The caches inside an encoder, which are small at first and grow.
@Suite struct EncoderCachesTests {
  /// So many different words that the caches grow to their full size, and that words displace each other.
  @Test(arguments: ["qwen2", "llama2"]) func whatWentBeforeMakesNoDifference(family: String) throws {
    let tokenizer = try tokenizer(family)
    var generator = SplitMix(seed: 11)
    var encoder = Encoder(tokenizer)
    for _ in 0..<60 {
      let words = (0..<500).map { _ in word(&generator) }
      let text = Array(words.joined(separator: " ").utf8)
      var fresh = Encoder(tokenizer)
      #expect(try encode(text, with: &encoder) == encode(text, with: &fresh))
    }
  }

  /// Two to seven letters, rarely the same twice.
  private func word(_ generator: inout SplitMix) -> String {
    let syllables = [
      "a", "en", "or", "st", "th", "qu", "i", "ing", "u", "re", "z", "ly", "k", "ed", "o", "ow",
    ]
    return (0..<Int.random(in: 2...4, using: &generator))
      .map { _ in syllables.randomElement(using: &generator) ?? "" }.joined()
  }
}
