import Foundation
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

  /// Words that are one token each, of all lengths that caches tell apart and some more, of which any two may
  /// differ in one letter; and others that are a token a letter. Their tokens are known without an encoder.
  @Test func everyLetterOfAWordCounts() throws {
    var generator = SplitMix(seed: 12)
    let lengths = 1...18
    var whole: Set<String> = []
    for length in lengths {
      for _ in 0..<4 {
        let word = letters("abcdefghijklm", length, &generator)
        whole.insert(word)
        for place in 0..<length {
          let start = word.index(word.startIndex, offsetBy: place)
          whole.insert(
            word.replacingCharacters(in: start...start, with: letters("abcdefghijklm", 1, &generator)))
        }
      }
    }
    let singles = "nopqrstuvwxyz".map(String.init) + ["\u{120}"]
    let vocabulary = Dictionary(
      uniqueKeysWithValues: (singles + whole.sorted()).enumerated().map { ($1, UInt32($0)) })
    let words =
      whole.sorted()
      + lengths.flatMap { length in
        (0..<4).map { _ in letters("nopqrstuvwxyz", length, &generator) }
      }

    var encoder = Encoder(try wordTokenizer(vocabulary))
    for count in [1, 2, 3, 400] {
      for _ in 0..<(count < 400 ? 2000 : 20) {
        let chosen = (0..<count).map { _ in words.randomElement(using: &generator) ?? "" }
        let text = chosen.joined(separator: " ")
        let tokens = chosen.flatMap { word in
          vocabulary[word] == nil ? word.map(String.init) + [" "] : [word, " "]
        }.dropLast()
        var end = 0
        let ends = tokens.map { token in
          end += token.utf8.count
          return UInt32(end)
        }
        let found = try encode(Array(text.utf8), with: &encoder)
        #expect(found.ids == tokens.map { vocabulary[$0 == " " ? "\u{120}" : $0] }, "\(text)")
        #expect(found.ends == ends, "\(text)")
      }
    }
  }

  private func letters(_ alphabet: String, _ count: Int, _ generator: inout SplitMix) -> String {
    String((0..<count).compactMap { _ in alphabet.randomElement(using: &generator) })
  }

  /// One that splits text into words and spaces, and merges nothing.
  private func wordTokenizer(_ vocabulary: [String: UInt32]) throws -> Tokenizer {
    let source: [String: Any] = [
      "added_tokens": [Any](),
      "pre_tokenizer": [
        "type": "Sequence",
        "pretokenizers": [
          ["type": "Split", "pattern": ["Regex": "[a-z]+|\\s"], "behavior": "Isolated", "invert": false],
          ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false],
        ],
      ],
      "decoder": ["type": "ByteLevel"],
      "model": ["type": "BPE", "ignore_merges": true, "vocab": vocabulary, "merges": [Any]()],
    ]
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try JSONSerialization.data(withJSONObject: source).write(
      to: URL(fileURLWithPath: "\(folder)/tokenizer.json"))
    return try Tokenizer.open(.folder(folder), cacheFolder: nil)
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
