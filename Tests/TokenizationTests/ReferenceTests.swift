import Foundation
import TestSupport
import Testing
import Tokenization

/// Tokens of awkward texts as Hugging Face tokenizers gives them.
@Suite struct ReferenceTests {
  @Test(arguments: families) func textsGiveTheReferencesIds(family: String) throws {
    let tokenizer = try tokenizer(family)
    var encoder = Encoder(tokenizer)
    let texts = try records("\(fixtures)/tokenizers/\(family)/encode.jsonl")
    #expect(texts.count == 133)
    for record in texts {
      let text = record.text("text")
      let ids = try encode(Array(text.utf8), with: &encoder).ids
      #expect(ids == record.ids("ids"), "\(text.debugDescription)")
      #expect(tokenizer.prefix + ids + tokenizer.suffix == record.ids("ids_special"))
    }
  }

  @Test(arguments: families) func idsDecodeToTheReferencesText(family: String) throws {
    let tokenizer = try tokenizer(family)
    for record in try records("\(fixtures)/tokenizers/\(family)/encode.jsonl") {
      var bytes: [UInt8] = []
      try tokenizer.decode(record.ids("ids"), into: &bytes)
      // As bytes: String equality would not tell composed from decomposed.
      #expect(Array(String(decoding: bytes, as: UTF8.self).utf8) == Array(record.text("decoded").utf8))
    }
  }

  @Test(arguments: families) func responseBeginsWhereTheReferenceHasIt(family: String) throws {
    let tokenizer = try tokenizer(family)
    var encoder = Encoder(tokenizer)
    let pairs = try records("\(fixtures)/tokenizers/\(family)/pairs.jsonl")
    #expect(pairs.count == 23)
    for pair in pairs {
      let prompt = Array(pair.text("prompt").utf8)
      let text = prompt + Array(pair.text("response").utf8)
      try text.withUnsafeBytes { text in
        let encoding = try encoder.encode(text)
        #expect(tokenizer.prefix + Array(encoding.ids) + tokenizer.suffix == pair.ids("tokens"))
        let start = tokenizer.prefix.count + encoding.firstToken(endingPast: prompt.count)
        #expect(start == pair.int("response_start"), "\(pair)")
      }
    }
  }

  @Test(arguments: families) func endsRiseToTheTextsLength(family: String) throws {
    var encoder = Encoder(try tokenizer(family))
    for record in try records("\(fixtures)/tokenizers/\(family)/encode.jsonl") {
      let text = Array(record.text("text").utf8)
      let ends = try encode(text, with: &encoder).ends
      #expect(zip(ends, ends.dropFirst()).allSatisfy { $0 <= $1 })
      if family != "qwen2" { #expect(Int(ends.last ?? 0) == text.count) }
    }
  }

  @Test func configuredTokensAreFound() throws {
    let llama = try tokenizer("llama3")
    #expect(llama.prefix == [595] && llama.suffix == [] && llama.addsBeginning)
    #expect(llama.beginning == 595 && llama.end == 596 && llama.vocabularySize == 600)
    let qwen = try tokenizer("qwen2")
    #expect(qwen.prefix == [] && qwen.beginning == nil && qwen.end == 597 && !qwen.addsBeginning)
    #expect(llama.identity.hasPrefix("llama3@") && llama.identity.utf8.count == 7 + 8)
    #expect(llama.identity != qwen.identity)
  }
}
