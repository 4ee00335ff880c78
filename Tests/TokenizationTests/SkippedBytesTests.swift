import Foundation
import TestSupport
import Testing
import Tokenization

/// What is looked for in texts many bytes at a step is found wherever it stands.
@Suite struct SkippedBytesTests {
  private let lengths = 1...150

  @Test func everyByteIsCheckedForUTF8() throws {
    var encoder = Encoder(try tokenizer("gpt2"))
    for length in lengths {
      for place in 0..<length {
        var text = [UInt8](repeating: UInt8(ascii: "a"), count: length)
        text[place] = 0xFF
        let error = #expect(throws: TextError.self) { try encode(text, with: &encoder) }
        #expect(error?.description == "the text is not UTF-8 at byte \(place)")
      }
    }
  }

  @Test func everyCharacterIsComposed() throws {
    var encoder = Encoder(try tokenizer("qwen2"))
    for length in lengths {
      for place in 0..<length {
        let before = String(repeating: "a", count: place),
          after = String(repeating: "a", count: length - place - 1)
        let apart = try encode(Array("\(before)e\u{301}\(after)".utf8), with: &encoder).ids
        #expect(try apart == encode(Array("\(before)\u{e9}\(after)".utf8), with: &encoder).ids)
      }
    }
  }

  /// Added tokens that begin with one of two bytes.
  @Test func everyAddedTokenIsFound() throws {
    let added = ["<x>", "[y]"].enumerated().map { index, content in
      [
        "id": index + 1, "content": content, "special": true, "normalized": false, "lstrip": false,
        "rstrip": false, "single_word": false,
      ] as [String: Any]
    }
    let source: [String: Any] = [
      "added_tokens": added, "pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": false],
      "decoder": ["type": "ByteLevel"],
      "model": ["type": "BPE", "vocab": ["a": 0, "<x>": 1, "[y]": 2], "merges": [Any]()],
    ]
    let folder = try temporaryFolder()
    try JSONSerialization.data(withJSONObject: source).write(
      to: URL(fileURLWithPath: "\(folder)/tokenizer.json"))
    var encoder = Encoder(try Tokenizer.open(.folder(folder), cacheFolder: nil))
    for length in lengths {
      for place in 0..<length {
        for (token, id) in [("<x>", 1), ("[y]", 2)] as [(String, UInt32)] {
          let before = String(repeating: "a", count: place),
            after = String(repeating: "a", count: length - place - 1)
          var ids = [UInt32](repeating: 0, count: length)
          ids[place] = id
          #expect(try encode(Array((before + token + after).utf8), with: &encoder).ids == ids)
        }
      }
    }
  }
}
