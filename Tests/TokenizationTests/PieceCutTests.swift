import Foundation
import TestSupport
import Testing
import Tokenization

/// Texts that are cut before they are merged give the same tokens as texts that are not.
@Suite struct PieceCutTests {
  @Test(arguments: ["llama2", "mistral", "gemma"]) func cutTextsGiveTheTokensOfWholeOnes(family: String)
    throws
  {
    let folder = try uncut(family)
    var cut = Encoder(try tokenizer(family))
    var whole = Encoder(try Tokenizer.open(.folder(folder), cacheFolder: nil))
    var generator = SplitMix(seed: 5)
    for _ in 0..<500 {
      let text = randomText(&generator)
      let first = try encode(Array(text.utf8), with: &cut)
      let second = try encode(Array(text.utf8), with: &whole)
      #expect(first.ids == second.ids && first.ends == second.ends, "\(text.debugDescription)")
    }
    try FileManager.default.removeItem(atPath: folder)
  }

  /// A family's tokenizer with a merge of the unknown token, which forbids cuts; no
  /// text has the other half of it.
  private func uncut(_ family: String) throws -> String {
    let folder = try TokenizationTests.folder(family)
    let path = URL(fileURLWithPath: "\(folder)/tokenizer.json")
    var root = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: path)) as? [String: Any])
    var model = try #require(root["model"] as? [String: Any])
    var vocabulary = try #require(model["vocab"] as? [String: Int])
    let merges = try #require(model["merges"] as? [[String]])
    vocabulary["\u{10FFFF}never"] = vocabulary.count
    vocabulary["<unk>\u{10FFFF}never"] = vocabulary.count
    model["vocab"] = vocabulary
    model["merges"] = merges + [["<unk>", "\u{10FFFF}never"]]
    root["model"] = model
    try JSONSerialization.data(withJSONObject: root).write(to: path)
    return folder
  }

  private func randomText(_ generator: inout SplitMix) -> String {
    let words = [
      "the", "don't", " I'll", "Hello", " world", "12345", "3.14", "naïve", "Straße", " ", "  ", "   ", "\n",
      "\r\n",
      "\t", "-", "--", "ab", "(x)", "self.", " def __init__(self):", "e\u{301}", "好", "🙂", "é", "▁", "▁▁",
      "▁the", "=",
      "<s>", "</s>", "</", "import", "\u{1}", "|", "~", "Q: What's 2+2?", "return", ".py", ", ",
      "aaaaaaaaaaaa",
    ]
    let count = Int.random(in: 1...40, using: &generator)
    return (0..<count).map { _ in words.randomElement(using: &generator) ?? "" }.joined()
  }
}
