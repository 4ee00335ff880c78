import Checkpoints
import Foundation
import Records
import Streams
import TestSupport
import Tokenization

/// The families whose tokenizers, texts and pairs are in the fixtures.
let families = [
  "gpt2", "llama3", "qwen2", "smollm", "olmo2", "llama2", "mistral", "gemma", "deepseek", "o200k", "tekken",
]

/// A family's tokenizer, compiled anew and kept in memory.
func tokenizer(_ family: String) throws -> Tokenizer {
  try Tokenizer.open(.folder("\(fixtures)/tokenizers/\(family)"), cacheFolder: nil)
}

/// A folder with a copy of a family's `tokenizer.json`, changed as text.
func folder(_ family: String, changing: (String) -> String = { $0 }) throws -> String {
  let folder = try temporaryFolder()
  let source = try String(
    contentsOfFile: "\(fixtures)/tokenizers/\(family)/tokenizer.json", encoding: .utf8)
  try changing(source).write(toFile: "\(folder)/tokenizer.json", atomically: true, encoding: .utf8)
  return folder
}

/// Where the folders of all tests are until the process ends.
private let folderOfAll: String = {
  atexit { try? FileManager.default.removeItem(atPath: folderOfAll) }
  return NSTemporaryDirectory() + "grape-tests-\(UUID().uuidString)"
}()

/// A folder that is there until all tests have ended: a new one, or the one of a name.
func temporaryFolder(_ name: String = UUID().uuidString) throws -> String {
  let path = "\(folderOfAll)/\(name)"
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  return path
}

/// The records of a file of JSON Lines.
func records(_ path: String) throws -> [[String: Any]] {
  try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
    try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
  }
}

extension [String: Any] {
  func text(_ name: String) -> String { self[name] as? String ?? "" }
  func ids(_ name: String) -> [UInt32] { (self[name] as? [NSNumber])?.map(\.uint32Value) ?? [] }
  func int(_ name: String) -> Int { (self[name] as? NSNumber)?.intValue ?? -1 }
}

/// The ids and ends of a text's tokens.
func encode(
  _ text: String, with tokenizer: Tokenizer, literalSpecials: Bool = false
) throws -> (ids: [UInt32], ends: [UInt32]) {
  var encoder = Encoder(tokenizer)
  return try encode(Array(text.utf8), with: &encoder, literalSpecials: literalSpecials)
}

func encode(
  _ text: [UInt8], with encoder: inout Encoder, literalSpecials: Bool = false
) throws -> (ids: [UInt32], ends: [UInt32]) {
  try text.withUnsafeBytes {
    let encoding = try encoder.encode($0, literalSpecials: literalSpecials)
    return (Array(encoding.ids), Array(encoding.ends))
  }
}
