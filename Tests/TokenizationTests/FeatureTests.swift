import Foundation
import TestSupport
import Testing
import Tokenization

/// Variants of steps, flags and normalizers as Hugging Face tokenizers reads them; see make_features.py.
@Suite struct FeatureTests {
  static let path = "\(fixtures)/tokenizers/features/features.jsonl"

  @Test(arguments: try records(path).map { $0.text("name") }) func variantGivesTheReferencesTokens(
    name: String
  ) throws {
    let variant = try #require(try records(Self.path).first { $0.text("name") == name })
    let folder = try temporaryFolder()
    try tokenizerJSON(variant).write(to: URL(fileURLWithPath: "\(folder)/tokenizer.json"))
    let tokenizer = try Tokenizer.open(.folder(folder), cacheFolder: nil)
    var encoder = Encoder(tokenizer)
    let cases = variant["cases"] as? [[String: Any]] ?? []
    #expect(cases.count >= 14)
    for record in cases {
      let text = Array(record.text("text").utf8)
      let (ids, ends) = try encode(text, with: &encoder, literalSpecials: record["literal"] as? Bool ?? false)
      #expect(ids == record.ids("ids"), "\(record.text("text").debugDescription)")
      // The reference has no ends within characters.
      #expect(
        ends.map { characterEnd($0, text) } == record.ids("ends"), "\(record.text("text").debugDescription)")
      if record["ids_special"] != nil {
        #expect(tokenizer.prefix + ids + tokenizer.suffix == record.ids("ids_special"))
      } else {
        #expect(tokenizer.prefix + tokenizer.suffix == [])
      }
    }
    try FileManager.default.removeItem(atPath: folder)
  }

  /// The end of the character that a byte offset is within or at the end of.
  private func characterEnd(_ offset: UInt32, _ text: [UInt8]) -> UInt32 {
    var end = Int(offset)
    while end < text.count, text[end] & 0xC0 == 0x80 { end += 1 }
    return UInt32(end)
  }

  /// The gpt2 fixture with the variant's changes.
  private func tokenizerJSON(_ variant: [String: Any]) throws -> Data {
    let source = try Data(contentsOf: URL(fileURLWithPath: "\(fixtures)/tokenizers/gpt2/tokenizer.json"))
    var root = try #require(try JSONSerialization.jsonObject(with: source) as? [String: Any])
    for (key, value) in variant["changes"] as? [String: Any] ?? [:] { root[key] = value }
    var model = try #require(root["model"] as? [String: Any])
    for (key, value) in variant["model"] as? [String: Any] ?? [:] {
      model[key] = value
      if key == "merges", let pairs = (root["model"] as? [String: Any])?["merges"] as? [[String]] {
        model[key] = pairs.map { $0.joined(separator: " ") }
      }
    }
    root["model"] = model
    return try JSONSerialization.data(withJSONObject: root)
  }
}
