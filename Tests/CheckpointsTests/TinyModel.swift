import Checkpoints
import TestSupport

/// A model small enough to write by hand: one layer, hidden size 8, 2 heads of 4, one key-value head,
/// intermediate size 6, 5 tokens. Elements are zeros.
struct TinyModel {
  /// Members of config.json as JSON texts.
  var config: [String: String] = [
    "model_type": "\"llama\"", "hidden_size": "8", "num_hidden_layers": "1", "num_attention_heads": "2",
    "num_key_value_heads": "1", "intermediate_size": "6", "vocab_size": "5", "max_position_embeddings": "64",
    "rms_norm_eps": "1e-5",
  ]
  /// Shapes of the tensors.
  var tensors: [String: [Int]] = [
    "model.embed_tokens.weight": [5, 8], "lm_head.weight": [5, 8], "model.norm.weight": [8],
    "model.layers.0.input_layernorm.weight": [8], "model.layers.0.post_attention_layernorm.weight": [8],
    "model.layers.0.self_attn.q_proj.weight": [8, 8], "model.layers.0.self_attn.k_proj.weight": [4, 8],
    "model.layers.0.self_attn.v_proj.weight": [4, 8], "model.layers.0.self_attn.o_proj.weight": [8, 8],
    "model.layers.0.mlp.gate_proj.weight": [6, 8], "model.layers.0.mlp.up_proj.weight": [6, 8],
    "model.layers.0.mlp.down_proj.weight": [8, 6],
  ]

  static let attentionInputBiases = [
    "model.layers.0.self_attn.q_proj.bias": [8], "model.layers.0.self_attn.k_proj.bias": [4],
    "model.layers.0.self_attn.v_proj.bias": [4],
  ]

  /// A llama with fields of config.json added, replaced or, where nil, left out.
  init(_ changes: [String: String?] = [:]) {
    for (field, text) in changes { config[field] = text }
  }

  /// The same sizes with the biases of qwen2.
  static func qwen2(_ changes: [String: String?] = [:]) -> TinyModel {
    var model = TinyModel(["model_type": "\"qwen2\""])
    for (field, text) in changes { model.config[field] = text }
    model.tensors.merge(attentionInputBiases) { one, _ in one }
    return model
  }

  var configText: String {
    "{" + config.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ") + "}"
  }

  /// A safetensors file of the tensors, in F32.
  var safetensorsBytes: [UInt8] { Self.safetensorsBytes(tensors) }

  static func safetensorsBytes(
    _ tensors: [String: [Int]], dtype: String = "F32", elementSize: Int = 4
  ) -> [UInt8] {
    var entries: [String] = []
    var offset = 0
    for (name, shape) in tensors.sorted(by: { $0.key < $1.key }) {
      let end = offset + shape.reduce(elementSize, *)
      entries.append(
        "\"\(name)\":{\"dtype\":\"\(dtype)\",\"shape\":\(shape),\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    return safetensors("{" + entries.joined(separator: ",") + "}", data: offset)
  }

  func write(to folder: TemporaryFolder) throws {
    try folder.file("config.json", configText)
    try folder.file("model.safetensors", safetensorsBytes)
  }

  /// Writes the model to a new folder and opens it.
  func open() throws -> Checkpoint {
    let folder = try TemporaryFolder()
    try write(to: folder)
    return try Checkpoint.open(.folder(folder.path))
  }
}
