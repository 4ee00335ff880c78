import Checkpoints
import TestSupport
import Testing

@Suite struct FingerprintTests {
  /// The digest of a fixture is a constant, computed with Python's xxhash from the definition: it depends
  /// on nothing but the checkpoint.
  @Test func isStable() throws {
    let folder = try TemporaryFolder()
    try folder.copy("models/llama-3", as: "llama-3")
    let fingerprint = try Checkpoint.open(.folder(folder.path + "/llama-3/")).fingerprint
    #expect(try fingerprint == Checkpoint.open(.folder("\(fixtures)/models/llama-3")).fingerprint)
    #expect(fingerprint == "llama-3@789259ee")
    let gguf = try Checkpoint.open(.gguf("\(fixtures)/gguf/q4_1.gguf")).fingerprint
    #expect(gguf == "q4_1@9f3d2a98")
  }

  /// A change of an element at the beginning, in the middle or at the end of a tensor shows,
  /// as one of the metadata does.
  @Test func showsChanges() throws {
    let folder = try TemporaryFolder()
    func fingerprint(_ bytes: [UInt8]) throws -> String {
      try Checkpoint.open(.gguf(folder.file("x.gguf", bytes))).fingerprint
    }
    let builder = GGUFBuilder.llama()
    let original = builder.bytes
    var seen: Set = [try fingerprint(original)]
    let data = original.count - builder.data.count
    // token_embd.weight is the first tensor, 160 bytes.
    for offset in [data, data + 80, data + 159] {
      var bytes = original
      bytes[offset] ^= 1
      #expect(seen.insert(try fingerprint(bytes)).inserted)
    }
    let other = GGUFBuilder.llama { $0.value("general.name", "other") }
    #expect(seen.insert(try fingerprint(other.bytes)).inserted)

    let model = TinyModel(["rope_theta": "20000"])
    #expect(try digest(TinyModel()) != digest(model))
    #expect(try digest(TinyModel()) == digest(TinyModel()))
  }

  /// The digest of a model in a folder of its own name.
  func digest(_ model: TinyModel) throws -> Substring? {
    try model.open().fingerprint.split(separator: "@").last
  }
}
