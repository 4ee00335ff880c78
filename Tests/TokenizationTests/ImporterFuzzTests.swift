import Checkpoints
import Foundation
import TestSupport
import Testing
import Tokenization

/// Damaged sources: each is an error in one line or a tokenizer that works, never a crash. GRAPE_FUZZ
/// says how many of each kind to try.
@Suite(.serialized) struct ImporterFuzzTests {
  private static let count = ProcessInfo.processInfo.environment["GRAPE_FUZZ"].flatMap { Int($0) } ?? 24
  private static let seed =
    ProcessInfo.processInfo.environment["GRAPE_FUZZ_SEED"].flatMap { UInt64($0) } ?? 11

  /// Sources by the name that the importer goes by.
  @Test(arguments: [
    ("tokenizers/gpt2/tokenizer.json", "tokenizer.json"),
    ("tokenizers/llama2/tokenizer.json", "tokenizer.json"),
    ("tokenizers/gemma/tokenizer.json", "tokenizer.json"), ("tokenizers/ranks/tekken.json", "tekken.json"),
    ("tokenizers/sentencepiece/bpe.model", "tokenizer.model"),
    ("tokenizers/sentencepiece/unigram.model", "tokenizer.model"),
    ("gguf/q8_0.gguf", "model.gguf"),
  ]) func damagedSourcesAreErrorsOrWork(path: String, name: String) throws {
    let source = Array(try Data(contentsOf: URL(fileURLWithPath: "\(fixtures)/\(path)")))
    // Most of a GGUF file is weights.
    let metadata = name.hasSuffix(".gguf") ? min(source.count, 24_000) : source.count
    var generator = SplitMix(seed: Self.seed)
    let folder = try temporaryFolder()
    for number in 0..<Self.count {
      var damaged = source
      for _ in 0..<[1, 1, 2, 8][number % 4] {
        damage(&damaged, below: min(metadata, damaged.count), isText: name.hasSuffix("json"), &generator)
      }
      try open(damaged, "\(folder)/\(name)", number)
    }
    try FileManager.default.removeItem(atPath: folder)
  }

  @Test func damagedRankFilesAreErrorsOrWork() throws {
    var generator = SplitMix(seed: Self.seed)
    let folder = try temporaryFolder()
    let lines = (0..<400).map { number in
      let token = number < 256 ? [UInt8(number)] : [UInt8(number / 8), UInt8(97 + number % 8)]
      return "\(Data(token).base64EncodedString()) \(number)\n"
    }
    for number in 0..<Self.count * 4 {
      var damaged = Array(lines.joined().utf8)
      for _ in 0..<[1, 1, 2, 8][number % 4] {
        damage(&damaged, below: damaged.count, isText: true, &generator)
      }
      try open(damaged, "\(folder)/\(number % 2 == 0 ? "tokenizer.model" : "r50k_base.tiktoken")", number)
      for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
        try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
      }
    }
    try FileManager.default.removeItem(atPath: folder)
  }

  /// Flips, overwrites, cuts, copies or, in a text, replaces a number.
  private func damage(
    _ bytes: inout [UInt8], below limit: Int, isText: Bool, _ generator: inout SplitMix
  ) {
    guard limit > 8 else { return }
    let place = Int.random(in: 0..<limit, using: &generator)
    let length = min(Int.random(in: 1...12, using: &generator), bytes.count - place)
    switch Int.random(in: 0..<7, using: &generator) {
    case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 1: bytes[place] = UInt8.random(in: 0...255, using: &generator)
    case 2: bytes.removeSubrange(place..<place + length)
    case 3:
      bytes.insert(
        contentsOf: bytes[place..<place + length], at: Int.random(in: 0..<limit, using: &generator))
    case 4: for index in place..<place + length { bytes[index] = 0xFF }
    case 5 where Int.random(in: 0..<8, using: &generator) == 0: bytes.removeSubrange(place...)
    default:
      guard isText, let digit = bytes[place...].firstIndex(where: { (0x30...0x39).contains($0) }) else {
        return
      }
      let end = bytes[digit...].firstIndex { !(0x30...0x39).contains($0) } ?? bytes.count
      let numbers = ["-1", "0", "2097150", "4294967296", "99999999999999999999", "1e300", "null", "[]"]
      bytes.replaceSubrange(digit..<end, with: Array((numbers.randomElement(using: &generator) ?? "").utf8))
    }
  }

  private func open(_ bytes: [UInt8], _ path: String, _ number: Int) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let folder = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
    let location = path.hasSuffix(".gguf") ? ModelLocation.gguf(path) : .folder(folder)
    do {
      let tokenizer = try Tokenizer.open(location, cacheFolder: nil)
      let text = "Héllo <s>wörld 123\n 好🙂 <|endoftext|>"
      let ids = try encode(text, with: tokenizer).ids
      #expect(ids.count <= 8 * text.utf8.count)
      #expect(ids.allSatisfy { Int($0) < tokenizer.vocabularySize })
    } catch {
      #expect(!"\(error)".isEmpty && !"\(error)".contains("\n"), "damage \(number): \(error)")
    }
  }
}
