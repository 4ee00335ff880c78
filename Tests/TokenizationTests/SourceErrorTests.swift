import Foundation
import Testing
import Tokenization

/// Sources that are wrong or have what is not supported: one clear line each.
@Suite struct SourceErrorTests {
  @Test(arguments: [
    (
      #""normalizer":null"#, #""normalizer":{"type":"BertNormalizer"}"#,
      "unsupported tokenizer: normalizer BertNormalizer"
    ),
    (#""type":"BPE""#, #""type":"WordPiece""#, "unsupported tokenizer: model WordPiece"),
    (
      #""type":"ByteLevel","add_prefix_space":false"#, #""type":"UnicodeScripts","add_prefix_space":false"#,
      "unsupported tokenizer: pre-tokenizer UnicodeScripts"
    ),
    (
      #""post_processor":null"#, #""post_processor":{"type":"BertProcessing"}"#,
      "malformed tokenizer: the post-processor's cls has no valid id"
    ),
    (
      #""end_of_word_suffix":null"#, #""end_of_word_suffix":"</w>""#,
      "unsupported tokenizer: end_of_word_suffix of the model"
    ),
    (
      #"["Ġ","Ġ"]"#, #"["Ġ","nowhere"]"#,
      "malformed tokenizer: the merges have 'nowhere', which the vocabulary has not"
    ),
    (#"["Ġ","Ġ"]"#, #"["Ġ"]"#, #"malformed tokenizer: merge ["Ġ"] is not a pair"#),
    (#""!":1,"#, #""!":2,"#, "malformed tokenizer: two tokens have the id 2: '!' and '\"'"),
    (#""!":1,"#, #""!":9000000000,"#, "malformed tokenizer: token id 9000000000 is out of range"),
    (#""!":1,"#, #""!":1.5,"#, "malformed tokenizer: the id of token \"!\" is not an integer"),
    (
      #""id":0,"content""#, #""id":7,"content""#,
      "malformed tokenizer: the added token \"<|endoftext|>\" has an id other than 0, which the vocabulary gives it"
    ),
  ]) func errorSaysWhatIsWrong(old: String, new: String, description: String) throws {
    let path = try folder("gpt2") { source in
      // Without the white space of the fixture, members can be found as text.
      let object = try? JSONSerialization.jsonObject(with: Data(source.utf8))
      #expect(object != nil)
      let compact = source.replacingOccurrences(of: #"\n\s*"#, with: "", options: .regularExpression)
        .replacingOccurrences(of: #"": "#, with: #"":"#).replacingOccurrences(of: #", ""#, with: #",""#)
      #expect(compact.contains(old), "\(old)")
      return compact.replacingOccurrences(of: old, with: new)
    }
    #expect { try Tokenizer.open(.folder(path), cacheFolder: nil) } throws: { error in
      #expect("\(error)" == "\(path)/tokenizer.json: \(description)")
      return error is TokenizerError
    }
    try FileManager.default.removeItem(atPath: path)
  }

  @Test func aFolderWithoutATokenizerIsNamed() throws {
    let folder = try temporaryFolder()
    #expect { try Tokenizer.open(.folder(folder)) } throws: {
      "\($0)"
        == "\(folder): no tokenizer: expected tokenizer.json, tekken.json, tokenizer.model or a .tiktoken file"
    }
    try Data().write(to: URL(fileURLWithPath: "\(folder)/tokenizer.model"))
    #expect { try Tokenizer.open(.folder(folder)) } throws: {
      "\($0)" == "\(folder)/tokenizer.model: malformed tokenizer: a SentencePiece model without pieces"
    }
    try Data("{".utf8).write(to: URL(fileURLWithPath: "\(folder)/tokenizer.json"))
    #expect { try Tokenizer.open(.folder(folder)) } throws: {
      "\($0)".hasPrefix("\(folder)/tokenizer.json: malformed tokenizer: ")
    }
    try FileManager.default.removeItem(atPath: folder)
  }

  @Test func textThatIsNotUTF8IsRefused() throws {
    var encoder = Encoder(try tokenizer("gpt2"))
    let bad: [[UInt8]] = [
      [0x80], [0xC0, 0x80], [0xC3], [0x41, 0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
      [0xF0, 0x80, 0x80, 0x80], [0xFF], [0xE0, 0x9F, 0xBF],
      [UInt8](repeating: 0x61, count: 15) + [0xC3, 0x28],
    ]
    for bytes in bad { #expect(throws: TextError.self) { try encode(bytes, with: &encoder) } }
    #expect { try encode([0x61, 0xC3, 0x28], with: &encoder) } throws: {
      "\($0)" == "the text is not UTF-8 at byte 1"
    }
    #expect(try encode(Array("ok".utf8), with: &encoder).ids.count == 2)
  }

  @Test func unknownIdsAreNotDecoded() throws {
    let tokenizer = try tokenizer("gpt2")
    var bytes: [UInt8] = []
    #expect(throws: TokenizerError.unknownToken(600)) { try tokenizer.decode([1, 600], into: &bytes) }
  }
}
