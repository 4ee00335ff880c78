import Foundation
import TestSupport
import Testing
import Tokenization

/// Variants of tokenizers of characters as Hugging Face tokenizers reads them; see make_characters.py.
@Suite struct CharacterTests {
  static let path = "\(fixtures)/tokenizers/characters/characters.jsonl"

  @Test func variantsGiveTheReferencesTokensAndTexts() throws {
    let variants = try records(Self.path)
    #expect(variants.count > 60)
    for variant in variants { try check(variant) }
  }

  private func check(_ variant: [String: Any]) throws {
    let name = variant.text("name")
    let folder = try temporaryFolder()
    try tokenizerJSON(variant).write(to: URL(fileURLWithPath: "\(folder)/tokenizer.json"))
    let tokenizer = try Tokenizer.open(.folder(folder), cacheFolder: nil)
    var encoder = Encoder(tokenizer)
    for record in variant["cases"] as? [[String: Any]] ?? [] {
      let text = Array(record.text("text").utf8)
      let (ids, ends) = try encode(text, with: &encoder)
      #expect(ids == record.ids("ids"), "\(name): \(record.text("text").debugDescription)")
      // The reference has no ends within characters.
      let characterEnds = ends.map { end in
        UInt32((Int(end)...text.count).first { $0 == text.count || text[$0] & 0xC0 != 0x80 } ?? 0)
      }
      #expect(characterEnds == record.ids("ends"), "\(name): \(record.text("text").debugDescription)")
      var bytes: [UInt8] = []
      try tokenizer.decode(ids, into: &bytes)
      let decoded = String(decoding: bytes, as: UTF8.self).utf8
      #expect(Array(decoded) == Array(record.text("decoded").utf8), "\(name): \(ids)")
    }
    try FileManager.default.removeItem(atPath: folder)
  }

  /// The fixture of the variant's base with its changes.
  private func tokenizerJSON(_ variant: [String: Any]) throws -> Data {
    let path = "\(fixtures)/tokenizers/\(variant.text("base"))/tokenizer.json"
    let source = try Data(contentsOf: URL(fileURLWithPath: path))
    var root = try #require(try JSONSerialization.jsonObject(with: source) as? [String: Any])
    for (key, value) in variant["changes"] as? [String: Any] ?? [:] { root[key] = value }
    let changes = variant["model"] as? [String: Any] ?? [:]
    if changes["type"] != nil {
      root["model"] = changes
    } else {
      var model = try #require(root["model"] as? [String: Any])
      for (key, value) in changes { model[key] = value }
      let renamed = variant["renamed"] as? [String: String] ?? [:]
      let vocabulary = try #require(model["vocab"] as? [String: Int])
      // As bytes: String equality would not tell composed from decomposed.
      let strings = Set(vocabulary.keys.map { Array((renamed[$0] ?? $0).utf8) })
      let merges = try #require(model["merges"] as? [[String]])
      model["merges"] = merges.filter { pair in
        (pair + [pair.joined()]).allSatisfy { strings.contains(Array($0.utf8)) }
      }
      model["vocab"] = Dictionary(uniqueKeysWithValues: vocabulary.map { (renamed[$0] ?? $0, $1) })
      root["model"] = model
    }
    if let flags = variant["flags"] as? [String: Any], !flags.isEmpty, changes["type"] == nil {
      let tokens = root["added_tokens"] as? [[String: Any]] ?? []
      root["added_tokens"] = tokens.map { $0.merging(flags) { $1 } }
    }
    return try JSONSerialization.data(withJSONObject: root)
  }
}
