import Checkpoints
import Foundation
import TestSupport
import Testing
import Tokenization

/// Models of SentencePiece against sentencepiece itself; see make_sentencepiece.py.
@Suite struct SentencePieceTests {
  private static let models = [
    "bpe", "bpe-equal-scores", "bpe-user-defined", "bpe-few-characters", "unigram", "unigram-equal-scores",
    "unigram-normalized",
  ]

  @Test(arguments: models) func modelGivesTheReferencesIds(name: String) throws {
    let folder = try self.folder(name)
    var encoder = Encoder(try Tokenizer.open(.folder(folder), cacheFolder: nil))
    let texts = try records("\(fixtures)/tokenizers/sentencepiece/\(name).jsonl")
    #expect(texts.count == 60)
    for record in texts {
      // SentencePiece takes the text of control tokens as text.
      let text = Array(record.text("text").utf8)
      let (ids, ends) = try encode(text, with: &encoder, literalSpecials: true)
      #expect(ids == record.ids("ids"), "\(name): \(record.text("text").debugDescription)")
      #expect(zip(ends, ends.dropFirst()).allSatisfy { $0 <= $1 } && Int(ends.last ?? 0) <= text.count)
    }
    try FileManager.default.removeItem(atPath: folder)
  }

  /// All bytes of a run of unknown characters end where the run does, as in the reference.
  @Test func bytesOfOneCharacterAreAllOfTheResponse() throws {
    let folder = try temporaryFolder()
    let source = try Data(contentsOf: URL(fileURLWithPath: "\(fixtures)/tokenizers/llama2/tokenizer.json"))
    var root = try #require(try JSONSerialization.jsonObject(with: source) as? [String: Any])
    let vocabulary = try #require((root["model"] as? [String: Any])?["vocab"] as? [String: Int])
    let tokens = vocabulary.sorted { $0.value < $1.value }.map { [$0.key, -1.0] as [Any] }
    root["model"] = ["type": "Unigram", "unk_id": 0, "byte_fallback": true, "vocab": tokens] as [String: Any]
    try JSONSerialization.data(withJSONObject: root).write(
      to: URL(fileURLWithPath: "\(folder)/tokenizer.json"))
    var encoder = Encoder(try Tokenizer.open(.folder(folder), cacheFolder: nil))
    try Array("a 🙂 b".utf8).withUnsafeBytes { text in
      let encoding = try encoder.encode(text)
      // The space and the four bytes; the space after them is no part.
      #expect(encoding.tokenCount(upTo: 6) - encoding.firstToken(endingPast: 2) == 4)
      #expect(encoding.tokenCount(upTo: text.count) == encoding.count)
    }
    try FileManager.default.removeItem(atPath: folder)
  }

  @Test func beginningIsPutAsConfigured() throws {
    let folder = try self.folder("bpe")
    #expect(try Tokenizer.open(.folder(folder), cacheFolder: nil).prefix == [1])
    let settings: [(String, prefix: [UInt32], suffix: [UInt32])] = [
      (#"{"add_bos_token": false}"#, [], []), (#"{"add_bos_token": true, "add_eos_token": true}"#, [1], [2]),
      (#"{"bos_token": {"content": "</s>"}}"#, [2], []),
    ]
    for (configuration, prefix, suffix) in settings {
      try configuration.write(
        toFile: "\(folder)/tokenizer_config.json", atomically: true, encoding: .utf8)
      let tokenizer = try Tokenizer.open(.folder(folder), cacheFolder: nil)
      #expect(tokenizer.prefix == prefix && tokenizer.suffix == suffix, "\(configuration)")
    }
    try FileManager.default.removeItem(atPath: folder)
  }

  /// Whatever has been done to a model, opening it is an error in one line or encoding works.
  @Test(arguments: ["bpe-user-defined", "unigram"]) func damagedModelsAreSafe(name: String) throws {
    let folder = try self.folder(name)
    let path = "\(folder)/tokenizer.model"
    let model = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    var generator = SplitMix(seed: 11)
    var failures = 0
    for round in 0..<50 {
      var copy =
        round % 5 == 0 ? Array(model.prefix(Int.random(in: 0..<model.count, using: &generator))) : model
      for _ in 0..<(copy.isEmpty ? 0 : Int.random(in: 1...4, using: &generator)) {
        let index = Int.random(in: 0..<copy.count, using: &generator)
        copy[index] = UInt8.random(in: 0...255, using: &generator)
      }
      try Data(copy).write(to: URL(fileURLWithPath: path))
      do {
        let tokenizer = try Tokenizer.open(.folder(folder), cacheFolder: nil)
        var encoder = Encoder(tokenizer)
        let ids = try encode(Array("Hello  wörld▁\u{FFFD}🙂 <s>abc".utf8), with: &encoder).ids
        var bytes: [UInt8] = []
        try tokenizer.decode(ids, into: &bytes)
      } catch let error as TokenizerError {
        failures += 1
        #expect(!"\(error)".contains("\n"))
      }
    }
    #expect(failures > 0)
    try FileManager.default.removeItem(atPath: folder)
  }

  /// A folder with a model of the fixtures.
  private func folder(_ name: String) throws -> String {
    let folder = try temporaryFolder()
    try FileManager.default.copyItem(
      atPath: "\(fixtures)/tokenizers/sentencepiece/\(name).model", toPath: "\(folder)/tokenizer.model")
    return folder
  }
}
