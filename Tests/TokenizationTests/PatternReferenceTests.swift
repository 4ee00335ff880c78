import Foundation
import TestSupport
import Testing
import Tokenization

/// Regular expressions against Oniguruma.
@Suite struct PatternReferenceTests {
  /// The pieces that Hugging Face tokenizers makes; see make_patterns.py. GRAPE_PATTERNS
  /// names a file with more of them.
  @Test func splitsAreTheReferences() throws {
    var paths = ["\(fixtures)/tokenizers/patterns/patterns.jsonl"]
    if let more = ProcessInfo.processInfo.environment["GRAPE_PATTERNS"] { paths.append(more) }
    for (index, path) in paths.enumerated() {
      var compiled = 0
      for record in try records(path) {
        let source = record.text("pattern")
        let matcher: ReferenceMatcher
        do { matcher = try ReferenceMatcher(source) } catch let error as TokenizerError {
          #expect(index == 1, "\(error)")
          continue
        }
        compiled += 1
        for case let example as [Any] in record["cases"] as? [Any] ?? [] {
          let text = example.first as? String ?? ""
          let expected = example.dropFirst().compactMap { ($0 as? NSNumber)?.intValue }
          #expect(try matcher.ends(in: text) == expected, "\(source) on \(text.debugDescription)")
        }
      }
      #expect(compiled > 60)
      if index == 1 { print("\(compiled) patterns") }
    }
  }
}

/// Tells the pieces that a split makes by a tokenizer without tokens: each piece is one unknown token.
private struct ReferenceMatcher {
  private let tokenizer: Tokenizer

  init(_ source: String) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let root: [String: Any] = [
      "model": [
        "type": "BPE", "vocab": ["<unk>": 0], "merges": [[String]](), "unk_token": "<unk>", "fuse_unk": true,
      ],
      "pre_tokenizer": [
        "type": "Split", "pattern": ["Regex": source], "behavior": "Isolated", "invert": false,
      ],
    ]
    try JSONSerialization.data(withJSONObject: root)
      .write(to: URL(fileURLWithPath: "\(folder)/tokenizer.json"))
    do {
      tokenizer = try Tokenizer.open(.folder(folder), cacheFolder: nil)
    } catch TokenizerError.file(_, let error) {
      throw error
    }
  }

  /// Where the pieces end, in code points.
  func ends(in text: String) throws -> [Int] {
    let bytes = Array(text.utf8)
    var counts = [Int](repeating: 0, count: bytes.count + 1)
    for (index, byte) in bytes.enumerated() {
      counts[index + 1] = counts[index] + (byte & 0xC0 == 0x80 ? 0 : 1)
    }
    var encoder = Encoder(tokenizer)
    return try encode(bytes, with: &encoder).ends.map { counts[Int($0)] }
  }
}
