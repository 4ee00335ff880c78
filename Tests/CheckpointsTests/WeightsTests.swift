import Checkpoints
import Foundation
import TestSupport
import Testing

/// Which files and tensors a folder's weights come from.
@Suite struct WeightsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func open() throws -> Checkpoint { try Checkpoint.open(.folder(folder.path)) }

  func expectError(_ description: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let error = #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) { try open() }
    #expect(error?.description == description, sourceLocation: sourceLocation)
  }

  @Test func bareDecoder() throws {
    var model = TinyModel(["tie_word_embeddings": "true"])
    model.tensors["lm_head.weight"] = nil
    let names = model.tensors.map { ($0.key.replacingOccurrences(of: "model.", with: ""), $0.value) }
    model.tensors = Dictionary(uniqueKeysWithValues: names)
    let checkpoint = try model.open()
    #expect(checkpoint.matrix(.layer(0, .query))?.tensor.name == "layers.0.self_attn.q_proj.weight")
    #expect(checkpoint.matrix(.outputHead)?.tensor.name == "embed_tokens.weight")
  }

  @Test func tiedEmbeddings() throws {
    var model = TinyModel(["tie_word_embeddings": "true"])
    // Both are there: each is used, as transformers does when they differ.
    #expect(try model.open().matrix(.outputHead)?.tensor.name == "lm_head.weight")
    #expect(try !model.open().configuration.tiesEmbeddings)
    model.tensors["lm_head.weight"] = nil
    #expect(try model.open().matrix(.outputHead)?.tensor.name == "model.embed_tokens.weight")
    #expect(try model.open().configuration.tiesEmbeddings)
    // Tying goes both ways.
    model.tensors["lm_head.weight"] = [5, 8]
    model.tensors["model.embed_tokens.weight"] = nil
    #expect(try model.open().matrix(.tokenEmbedding)?.tensor.name == "lm_head.weight")
    #expect(try model.open().configuration.tiesEmbeddings)

    var untied = TinyModel()
    untied.tensors["lm_head.weight"] = nil
    try untied.write(to: folder)
    expectError("\(folder.path): expected tensor lm_head.weight, found none of that name")
  }

  /// Biases that the configuration does not ask for are not used; those that it asks for must be there.
  @Test func biases() throws {
    var model = TinyModel()
    model.tensors.merge(TinyModel.attentionInputBiases) { one, _ in one }
    #expect(try model.open().vector(.layer(0, .query), bias: true) == nil)
    model.config["attention_bias"] = "true"
    try model.write(to: folder)
    expectError(
      "\(folder.path): expected tensor model.layers.0.self_attn.o_proj.bias, found none of that name")
    model.tensors["model.layers.0.self_attn.o_proj.bias"] = [8]
    #expect(try model.open().vector(.layer(0, .attentionOutput), bias: true)?.count == 8)
  }

  @Test func unusedTensorsAreIgnored() throws {
    var model = TinyModel()
    model.tensors["model.layers.0.self_attn.rotary_emb.inv_freq"] = [2]
    model.tensors["vision_tower.weight"] = [1]
    #expect(throws: Never.self) { try model.open() }
  }

  @Test func unsupportedElements() throws {
    let model = TinyModel()
    try folder.file("config.json", model.configText)
    try folder.file("model.safetensors", TinyModel.safetensorsBytes(model.tensors, dtype: "F8_E4M3"))
    expectError(
      "\(folder.path): tensor model.layers.0.input_layernorm.weight: elements of type F8_E4M3 are not supported"
    )
    // Bytes are codes of another format, not numbers.
    let weights = try folder.file(
      "model.safetensors", TinyModel.safetensorsBytes(model.tensors, dtype: "U8", elementSize: 1))
    expectError(
      "\(weights): tensor model.layers.0.input_layernorm.weight: elements of type U8 are not supported here")
  }

  // MARK: Shards

  /// Writes the tiny model as two shards and an index, in which `changes` are made.
  func writeShards(_ changes: [String: String?] = [:]) throws {
    let model = TinyModel()
    let names = model.tensors.keys.sorted()
    var map: [String: String] = [:]
    for (number, part) in [names.prefix(5), names.dropFirst(5)].enumerated() {
      let file = "model-0000\(number + 1)-of-00002.safetensors"
      let tensors = model.tensors.filter { part.contains($0.key) }
      try folder.file(file, TinyModel.safetensorsBytes(tensors))
      for name in part { map[name] = file }
    }
    for (name, file) in changes { map[name] = file }
    let entries = map.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \"\($0.value)\"" }
    try folder.file("config.json", model.configText)
    try folder.file(
      "model.safetensors.index.json",
      "{\"metadata\": {}, \"weight_map\": {\(entries.joined(separator: ", "))}}")
  }

  @Test func shards() throws {
    try writeShards()
    #expect(try open().matrix(.layer(0, .down))?.tensor.shape == [8, 6])

    try writeShards(["model.norm.weight": "model-00001-of-00002.safetensors"])
    expectError(
      "\(folder.path)/model-00001-of-00002.safetensors: expected tensor model.norm.weight, which "
        + "model.safetensors.index.json puts here")

    for name in ["../model.safetensors", "/etc/passwd", "..", ""] {
      try writeShards(["model.norm.weight": name])
      expectError(
        "\(folder.path)/model.safetensors.index.json: weight_map: expected a file name for each tensor")
    }

    try writeShards(["model.norm.weight": "model-00003-of-00002.safetensors"])
    #expect(throws: (any Error).self) { try open() }

    try folder.file("model.safetensors.index.json", "{}")
    expectError("\(folder.path)/model.safetensors.index.json: weight_map: expected an object")
    try folder.file("model.safetensors.index.json", #"{"weight_map": {"a": 7}}"#)
    expectError(
      "\(folder.path)/model.safetensors.index.json: weight_map: expected a file name for each tensor")
  }

  // MARK: Nothing to read

  @Test func noWeights() throws {
    expectError("\(folder.path): expected config.json and model.safetensors, or one .gguf file")
    try folder.file("config.json", TinyModel().configText)
    expectError(
      "\(folder.path): expected model.safetensors or model.safetensors.index.json, found neither")
    try folder.file("adapter_config.json", "{}")
    expectError(
      "\(folder.path): expected model.safetensors, found an adapter; merge it into its base model first")
    for name in ["pytorch_model.bin", "pytorch_model-00001-of-00002.bin"].reversed() {
      try folder.file(name)
      expectError(
        "\(folder.path): \(name) is a Python pickle, which can run any code and is not read; convert it to "
          + "safetensors, for example with transformers: AutoModelForCausalLM.from_pretrained(\"\(folder.path)\")"
          + ".save_pretrained(\"NEW_FOLDER\")")
      try FileManager.default.removeItem(atPath: "\(folder.path)/\(name)")
    }
  }
}
