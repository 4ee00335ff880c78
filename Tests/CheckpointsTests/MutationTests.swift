import Checkpoints
import TestSupport
import Testing

/// Damaged files: opening one gives an error or a checkpoint whose tensors can be read, and never crashes.
@Suite struct MutationTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Reads all that a file of tensors offers; the sum keeps the reads.
  func read(_ tensors: some Sequence<Tensor>) -> Float {
    tensors.reduce(0) { $0 + $1.floats().reduce(0, +) + Float($1.bytes.last ?? 0) }
  }

  @discardableResult
  func openGGUF(_ bytes: [UInt8]) throws -> Bool {
    let path = try folder.file("x.gguf", bytes)
    let file: GGUFFile
    do { file = try GGUFFile(path: path) } catch is CheckpointError { return false }
    _ = read(file.tensors.values)
    for key in file.keys {
      _ = file[key]?.array?.strings.reduce(0) { $0 + $1.reduce(0) { $0 &+ Int($1) } }
      _ = file[key]?.array?.floats
      _ = file[key]?.string
    }
    do {
      let checkpoint = try Checkpoint.open(.gguf(path))
      #expect(checkpoint.matrix(.tokenEmbedding)?.width == checkpoint.configuration.hiddenSize)
      return true
    } catch is CheckpointError {
      return false
    }
  }

  @discardableResult
  func openFolder() throws -> Bool {
    do {
      let checkpoint = try Checkpoint.open(.folder(folder.path))
      _ = read(
        [checkpoint.matrix(.tokenEmbedding), checkpoint.matrix(.layer(0, .down))].compactMap(\.?.tensor))
      return true
    } catch is CheckpointError {
      return false
    }
  }

  /// A copy with some bits of a range flipped, or bytes replaced by telling ones.
  func mutated(_ bytes: [UInt8], _ range: Range<Int>, _ generator: inout SplitMix) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...3, using: &generator) {
      let offset = Int.random(in: range, using: &generator)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: bytes[offset] = [0, 0xFF, 0x7F, 0x80].randomElement(using: &generator) ?? 0
      case 1: bytes[offset] = UInt8(ascii: "9")
      default: bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      }
    }
    return bytes
  }

  @Test func truncatedGGUF() throws {
    for builder in [GGUFBuilder.llama()] {
      let bytes = builder.bytes
      #expect(try openGGUF(bytes))
      for count in 0..<bytes.count {
        #expect(try !openGGUF(Array(bytes[..<count])), "the first \(count) bytes")
      }
    }
  }

  @Test func mutatedGGUF() throws {
    var generator = SplitMix(seed: 1)
    let llama = GGUFBuilder.llama {
      $0.array("tokenizer.ggml.tokens", type: 8, count: 2, GGUFBuilder.string("a") + GGUFBuilder.string("bc"))
    }
    let bytes = llama.bytes
    #expect(try openGGUF(bytes))
    var survivors = 0
    for _ in 0..<6000 where try openGGUF(mutated(bytes, 0..<bytes.count - llama.data.count, &generator)) {
      survivors += 1
    }
    // Some damage is harmless, most is not.
    #expect((1..<3000).contains(survivors))
    let blocks = try Self.blocks.get()
    for _ in 0..<2000 { try openGGUF(mutated(blocks, 0..<1216, &generator)) }
  }

  static let blocks = Result { try bytes("\(fixtures)/gguf/blocks.gguf") }

  @Test func truncatedSafetensors() throws {
    try TinyModel().write(to: folder)
    #expect(try openFolder())
    let bytes = TinyModel().safetensorsBytes
    for count in stride(from: 0, to: bytes.count, by: 1) {
      try folder.file("model.safetensors", Array(bytes[..<count]))
      #expect(try !openFolder(), "the first \(count) bytes")
    }
  }

  @Test func mutatedSafetensors() throws {
    var generator = SplitMix(seed: 2)
    let model = TinyModel()
    try model.write(to: folder)
    let bytes = model.safetensorsBytes
    let header = bytes.count - model.tensors.values.reduce(0) { $0 + $1.reduce(4, *) }
    var survivors = 0
    for _ in 0..<4000 {
      try folder.file("model.safetensors", mutated(bytes, 0..<header, &generator))
      if try openFolder() { survivors += 1 }
    }
    #expect((1..<2000).contains(survivors))
  }

  @Test func mutatedConfig() throws {
    var generator = SplitMix(seed: 3)
    let model = TinyModel(["rope_scaling": #"{"type": "linear", "factor": 2}"#])
    try model.write(to: folder)
    let config = Array(model.configText.utf8)
    var survivors = 0
    for _ in 0..<4000 {
      try folder.file("config.json", mutated(config, 0..<config.count, &generator))
      if try openFolder() { survivors += 1 }
    }
    #expect((1..<2000).contains(survivors))
  }
}
