import Foundation
import TestSupport
import Testing
import Tokenization

/// Merging against the obvious loop, with random merges and no splitting, so that a text is one piece.
@Suite struct MergeTests {
  @Test(arguments: 0..<6) func mergesAsTheObviousLoopDoes(seed: Int) throws {
    var generator = SplitMix(seed: UInt64(seed))
    let letters = Array("abcdef").prefix(2 + seed).map(String.init)
    let (vocabulary, merges) = randomMerges(letters, &generator)
    // A byte without a token is left out, whatever stands beside it.
    let alphabet = letters + (seed % 2 == 0 ? ["!"] : [])
    let folder = try temporaryFolder()
    try write(vocabulary, merges, folder)
    var encoder = Encoder(try Tokenizer.open(.folder(folder), cacheFolder: nil))
    for length in [1, 2, 3, 7, 14, 15, 16, 17, 40, 127, 128, 129, 300, 700] {
      for _ in 0..<(length < 50 ? 60 : 4) {
        let text = (0..<length).map { _ in alphabet.randomElement(using: &generator) ?? "" }
        let expected = slowly(text, vocabulary, merges)
        let (ids, ends) = try encode(Array(text.joined().utf8), with: &encoder)
        #expect(ids == expected.ids && ends == expected.ends, "\(text.joined())")
      }
    }
    try FileManager.default.removeItem(atPath: folder)
  }

  private func randomMerges(
    _ letters: [String], _ generator: inout SplitMix
  ) -> (vocabulary: [String: UInt32], merges: [[String]]) {
    var tokens = letters
    var vocabulary = Dictionary(uniqueKeysWithValues: letters.enumerated().map { ($1, UInt32($0)) })
    var merges: [[String]] = []
    for _ in 0..<60 {
      let pair = [
        tokens.randomElement(using: &generator) ?? "", tokens.randomElement(using: &generator) ?? "",
      ]
      let joined = pair.joined()
      if merges.contains(pair) || joined.count > 12 { continue }
      merges.append(pair)
      if vocabulary[joined] == nil {
        vocabulary[joined] = UInt32(vocabulary.count)
        tokens.append(joined)
      }
    }
    // Better merges need not have smaller tokens.
    merges.shuffle(using: &generator)
    return (vocabulary, merges)
  }

  private func write(_ vocabulary: [String: UInt32], _ merges: [[String]], _ folder: String) throws {
    let root: [String: Any] = [
      "added_tokens": [Any](),
      "pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": false, "use_regex": false],
      "model": ["type": "BPE", "vocab": vocabulary, "merges": merges] as [String: Any],
    ]
    try JSONSerialization.data(withJSONObject: root).write(
      to: URL(fileURLWithPath: "\(folder)/tokenizer.json"))
  }

  /// One merge after another: the best, the leftmost of equals.
  private func slowly(
    _ text: [String], _ vocabulary: [String: UInt32], _ merges: [[String]]
  ) -> (ids: [UInt32], ends: [UInt32]) {
    let ranks = Dictionary(merges.enumerated().map { ($1, $0) }, uniquingKeysWith: { max($0, $1) })
    var symbols = text.enumerated().filter { vocabulary[$1] != nil }.map { (text: $1, end: $0 + 1) }
    while true {
      let pairs = zip(symbols, symbols.dropFirst()).map { ranks[[$0.text, $1.text]] ?? Int.max }
      guard let best = pairs.min(), best != Int.max, let index = pairs.firstIndex(of: best) else { break }
      symbols[index] = (symbols[index].text + symbols[index + 1].text, symbols[index + 1].end)
      symbols.remove(at: index + 1)
    }
    return (symbols.map { vocabulary[$0.text] ?? .max }, symbols.map { UInt32($0.end) })
  }
}
