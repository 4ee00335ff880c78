import Checkpoints
import Foundation
import TestSupport
import Testing

/// Every tensor of four checkpoints against the safetensors library and the gguf
/// package (see make_digests.py).
@Suite struct ReferenceTests {
  struct Entry: Decodable {
    let model: String
    let name: String
    let shape: [Int]
    let crc32: UInt32
  }

  static let entries: [Entry] = {
    let text = (try? String(contentsOfFile: "\(fixtures)/models/digests.jsonl", encoding: .utf8)) ?? ""
    return text.split(separator: "\n").compactMap {
      try? JSONDecoder().decode(Entry.self, from: Data($0.utf8))
    }
  }()

  @Test(arguments: [("llama-3", 30), ("llama-2", 51), ("qwen-2.5", 38), ("q4_1.gguf", 21)])
  func everyTensor(model: String, count: Int) throws {
    let tensors = try Self.tensors(model)
    let entries = Self.entries.filter { $0.model == model }
    #expect(tensors.count == count)
    #expect(entries.count == count)
    for entry in entries {
      let tensor = try #require(tensors[entry.name])
      #expect(tensor.shape == entry.shape)
      #expect(crc32(tensor.floats()) == entry.crc32, "\(entry.name)")
    }
  }

  static func tensors(_ model: String) throws -> [String: Tensor] {
    if model.hasSuffix(".gguf") { return try GGUFFile(path: "\(fixtures)/gguf/\(model)").tensors }
    let folder = "\(fixtures)/models/\(model)"
    var tensors: [String: Tensor] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder)
    where name.hasSuffix(".safetensors") {
      tensors.merge(try SafetensorsFile(path: "\(folder)/\(name)").tensors) { one, _ in one }
    }
    return tensors
  }
}

/// The remainders of single bytes by the polynomial of CRC-32 (ISO 3309), bits reversed.
private let remainders: [UInt32] = (0..<256).map { byte in
  (0..<8).reduce(UInt32(byte)) { remainder, _ in
    remainder & 1 == 1 ? remainder >> 1 ^ 0xEDB8_8320 : remainder >> 1
  }
}

/// The CRC-32 of floats as little-endian bytes.
private func crc32(_ floats: [Float]) -> UInt32 {
  var crc = UInt32.max
  remainders.withUnsafeBufferPointer { remainders in
    for float in floats {
      var bits = float.bitPattern
      for _ in 0..<4 {
        crc = crc >> 8 ^ remainders[Int((crc ^ bits) & 0xFF)]
        bits >>= 8
      }
    }
  }
  return ~crc
}
