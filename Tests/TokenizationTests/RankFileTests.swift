import Foundation
import TestSupport
import Testing
import Tokenization

/// Vocabularies by rank, `tekken.json` and tiktoken's files, against mistral-common and
/// tiktoken; see make_ranks.py.
@Suite struct RankFileTests {
  private static let folder = "\(fixtures)/tokenizers/ranks"

  @Test func tekkenGivesTheReferencesIds() throws {
    let tokenizer = try Tokenizer.open(.folder(Self.folder), cacheFolder: nil)
    #expect(tokenizer.prefix == [1] && tokenizer.beginning == 1 && tokenizer.end == 2)
    var encoder = Encoder(tokenizer)
    for record in try records("\(Self.folder)/encode.jsonl") {
      let text = Array(record.text("text").utf8)
      let ids = try encode(text, with: &encoder, literalSpecials: true).ids
      #expect(ids == record.ids("tekken"), "\(record.text("text").debugDescription)")
    }
    // The usual control tokens, and those that fill up their number.
    #expect(try encode("[INST]<SPECIAL_23>", with: tokenizer).ids == [3, 23])
  }

  @Test func tiktokenGivesTheReferencesRanks() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try rankFile().write(toFile: "\(folder)/r50k_base.tiktoken", atomically: true, encoding: .utf8)
    let tokenizer = try Tokenizer.open(.folder(folder), cacheFolder: nil)
    #expect(tokenizer.prefix == [] && tokenizer.end == 50_256)
    var encoder = Encoder(tokenizer)
    for record in try records("\(Self.folder)/encode.jsonl") {
      let ids = try encode(Array(record.text("text").utf8), with: &encoder).ids
      #expect(ids == record.ids("tiktoken"), "\(record.text("text").debugDescription)")
    }
  }

  @Test func whatTheFilesLackIsNamed() throws {
    let ranks = try rankFile()
    let short = ranks.split(separator: "\n").prefix(300).joined(separator: "\n")
    let files = [
      (
        "new_base.tiktoken", short,
        "unsupported tokenizer: new_base.tiktoken, a tiktoken vocabulary of 300 tokens whose regular expression is not known"
      ),
      (
        "tokenizer.model", short,
        "unsupported tokenizer: tokenizer.model, a tiktoken vocabulary of 300 tokens whose regular expression is not known"
      ),
      ("a.tiktoken", "IQ== 0\nIg=\n", "malformed tokenizer: line 2 is not a token in Base64 and its rank"),
      (
        "a.tiktoken", "IQ== 0\nIg== 0\n",
        "malformed tokenizer: the rank in line 2 is not above the one before"
      ),
      ("a.tiktoken", "IQ== 99999999999", "malformed tokenizer: line 1 is not a token in Base64 and its rank"),
      (
        "r50k_base.tiktoken", ranks.replacingOccurrences(of: "YQ== 97\n", with: "+PDw8A== 97\n"),
        "malformed tokenizer: the byte 97 has no token"
      ),
      (
        "tekken.json", #"{"config":{"pattern":"a","default_vocab_size":9,"default_num_special_tokens":10}}"#,
        "malformed tokenizer: tekken.json has no valid default_vocab_size and default_num_special_tokens"
      ),
      (
        "tekken.json",
        #"{"config":{"pattern":"a","default_vocab_size":19,"default_num_special_tokens":10},"vocab":[]}"#,
        "malformed tokenizer: tekken.json has 0 tokens, fewer than the 9 that it says are used"
      ),
    ]
    for (name, contents, message) in files {
      let folder = try temporaryFolder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      try contents.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
      #expect { try Tokenizer.open(.folder(folder), cacheFolder: nil) } throws: {
        "\($0)" == "\(folder)/\(name): \(message)"
      }
    }
  }

  /// The vocabulary of tekken.json as a rank file, filled up to the size of r50k_base
  /// with tokens that are no text.
  private func rankFile() throws -> String {
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/tekken.json"))
    let root = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    let tokens = (root?["vocab"] as? [[String: Any]] ?? []).map { $0.text("token_bytes") }
    let fillers = (tokens.count..<50_256).map { (number: Int) -> String in
      let bytes: [UInt8] = [0xFF, UInt8(number >> 16), UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF)]
      return Data(bytes).base64EncodedString()
    }
    let lines = (tokens + fillers).enumerated().map { (place, token) in "\(token) \(place)\n" }
    return lines.joined()
  }
}
