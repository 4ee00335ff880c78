import Checkpoints
import TestSupport
import Testing
import Tokenization

/// The vocabulary in a GGUF file's metadata, against the `tokenizer.json` it was made from.
@Suite struct GGUFTests {
  @Test func ggufEncodesAsItsTokenizerJSON() throws {
    let embedded = try Tokenizer.open(.gguf("\(fixtures)/gguf/q8_0.gguf"), cacheFolder: nil)
    let original = try Tokenizer.open(.folder("\(fixtures)/gguf"), cacheFolder: nil)
    #expect(embedded.vocabularySize == original.vocabularySize)
    #expect(embedded.end == original.end && embedded.prefix == original.prefix)
    var first = Encoder(embedded)
    var second = Encoder(original)
    for family in families {
      for record in try records("\(fixtures)/tokenizers/\(family)/encode.jsonl") {
        let text = Array(record.text("text").utf8)
        let ours = try encode(text, with: &first)
        let theirs = try encode(text, with: &second)
        #expect(ours.ids == theirs.ids && ours.ends == theirs.ends)
        #expect(ours.ids.isEmpty == text.isEmpty)
      }
    }
  }
}
