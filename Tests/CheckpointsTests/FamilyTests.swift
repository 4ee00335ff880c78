import Checkpoints
import Foundation
import TestSupport
import Testing

/// What config.json says beside the sizes, family by family, on the checkpoints of `Fixtures/families`.
@Suite struct FamilyTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Opens a fixture with changed fields; null removes one.
  func open(
    _ name: String, _ changes: [String: Any] = [:], wrapped: String? = nil, renamed: (String, String)? = nil
  ) throws -> Checkpoint {
    let source = "\(fixtures)/families/\(name)"
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(source)/config.json"))
    var config = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    for (field, value) in changes { config[field] = value is NSNull ? nil : value }
    if let wrapped {
      config = ["model_type": wrapped, "text_config": config, "vision_config": [String: Any]()]
    }
    try folder.file("config.json", [UInt8](JSONSerialization.data(withJSONObject: config)))
    var weights = try bytes("\(source)/model.safetensors")
    if let renamed {
      let length = Int(weights[0]) | Int(weights[1]) << 8 | Int(weights[2]) << 16
      let header = String(decoding: weights[8..<8 + length], as: UTF8.self)
        .replacingOccurrences(of: "\"\(renamed.0)", with: "\"\(renamed.1)")
      weights = safetensors(header) + weights[(8 + length)...]
    }
    try folder.file("model.safetensors", weights)
    return try Checkpoint.open(.folder(folder.path))
  }

  func expectError(
    _ reason: String, _ name: String, _ changes: [String: Any],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) {
      try open(name, changes)
    }
    #expect(error?.reason == reason, sourceLocation: sourceLocation)
  }

  @Test func whatIsNotImplementedIsNamed() {
    expectError("clip_qkv: found a value, which is not supported", "olmoe", ["clip_qkv": 8.0])
    expectError(
      "add_cross_attention: found true, which is not supported", "gpt2", ["add_cross_attention": true])
    for name in ["gemma2", "gemma3"] {
      expectError(
        "use_bidirectional_attention: found true, which is not supported", name,
        ["use_bidirectional_attention": true])
    }
    expectError(
      "attn_logit_softcapping: found a value, which is not supported", "gemma3",
      ["attn_logit_softcapping": 50])
    expectError(
      "hidden_activation: found mish, which is not supported", "gemma2", ["hidden_activation": "mish"])
    expectError(
      "activation_function: found tanh, which is not supported", "gpt2", ["activation_function": "tanh"])
    expectError("head_dim: expected 6, found 8, which is not supported", "stablelm", ["head_dim": 8])
    expectError(
      "quantization_config: quantized checkpoints are supported as GGUF only", "gpt-oss-mxfp4",
      ["quantization_config": ["quant_method": "fp8"]])
    expectError(
      "partial_rotary_factor: expected 1, found 0.5, which is not supported", "qwen3",
      ["partial_rotary_factor": 0.5])
    expectError(
      "rope_parameters.rope_type: yarn of an odd number of elements, 3, is not supported", "gpt-neox",
      ["rope_parameters": ["rope_type": "yarn", "factor": 2, "partial_rotary_factor": 0.25]])
  }

  @Test func wrongFields() {
    expectError(
      "num_experts_per_tok: expected at most the 5 experts, found 6", "mixtral", ["num_experts_per_tok": 6])
    expectError(
      "tensor model.layers.0.block_sparse_moe.gate.weight: expected shape [6, 36], found [5, 36]", "mixtral",
      ["num_local_experts": 6])
    expectError("no_rope_layers: expected 4 of them, found 1", "smollm3", ["no_rope_layers": [1]])
    expectError("no_rope_layers: expected integers, found \"x\"", "smollm3", ["no_rope_layers": ["x"]])
    expectError("mlp_only_layers: expected an array, found 1", "qwen3-moe", ["mlp_only_layers": 1])
    expectError(
      "sliding_window: expected an integer, as there are layers of sliding_attention, found none", "gemma3",
      ["sliding_window": Optional<Int>.none as Any])
    expectError(
      "tensor model.layers.0.self_attn.qkv_proj.weight: expected shape [60, 36], found [72, 36]", "phi3",
      ["num_key_value_heads": 2])
    expectError(
      "head_dim: expected up to 2^31 elements in all heads, found more", "llama",
      ["head_dim": 2_000_000_000, "num_attention_heads": 2_000_000_000, "num_key_value_heads": 1])
  }

  @Test func layersDiffer() throws {
    #expect(try open("gemma3").configuration.layers.map(\.attention.window) == [9, nil, 9, nil])
    #expect(try open("gemma3").configuration.layers.map(\.attention.rotary) == [1, 0, 1, 0])
    let gemma = try open("gemma3", ["layer_types": NSNull(), "sliding_window_pattern": 3]).configuration
    #expect(gemma.layers.map(\.attention.window) == [9, 9, nil, 9])
    #expect(try open("olmo3").configuration.layers.map(\.attention.window) == [9, 9, 9, nil])
    #expect(try open("smollm3").configuration.layers.map(\.attention.rotary) == [0, 0, 0, nil])
    #expect(try open("qwen2-windows").configuration.layers.map(\.attention.window) == [nil, nil, 11, 11])
    #expect(
      try open("qwen3-moe").configuration.layers.map { $0.feedForward.experts == nil } == [
        false, true, false,
      ])
  }

  /// A checkpoint that sees, too, has its language model under another prefix; towers are ignored.
  @Test(arguments: [
    ("language_model.model.", "language_model.model.norm.weight"),
    ("model.language_model.", "model.language_model.norm.weight"), ("", "norm.weight"),
  ]) func prefixes(prefix: String, name: String) throws {
    let checkpoint = try open("gemma3", wrapped: "gemma3", renamed: ("model.", prefix))
    #expect(checkpoint.configuration.architecture == "gemma3_text")
    #expect(checkpoint.matrix(.layer(1, .query))?.tensor.name == prefix + "layers.1.self_attn.q_proj.weight")
    #expect(checkpoint.vector(.outputNorm)?.count == 36)
    #expect(checkpoint.configuration.tiesEmbeddings)
  }

  @Test func wrappedModels() throws {
    #expect(try open("mistral", wrapped: "mistral3").configuration.layers[0].attention.window == 9)
    // Its attention is not causal in the prompt.
    let error = #expect(throws: CheckpointError.self) { try open("gemma2", wrapped: "paligemma") }
    #expect(error?.reason.hasSuffix("found paligemma, which is not supported") == true)
  }

  /// Parts of fused, interleaved, transposed and stacked tensors.
  @Test func parts() throws {
    func floats(_ name: String, _ tensor: String) throws -> (floats: [Float], width: Int) {
      let file = try SafetensorsFile(path: "\(fixtures)/families/\(name)/model.safetensors")
      let tensor = try #require(file.tensors[tensor])
      return (tensor.floats(), tensor.rowLength)
    }
    let phi = try open("phi3"), fused = try floats("phi3", "model.layers.1.self_attn.qkv_proj.weight")
    #expect(phi.matrix(.layer(1, .key))?.floats() == Array(fused.floats[36 * 36..<54 * 36]))
    let halves = try floats("phi3", "model.layers.0.mlp.gate_up_proj.weight")
    #expect(phi.matrix(.layer(0, .up))?.floats() == Array(halves.floats[43 * 36..<86 * 36]))

    let neox = try open("gpt-neox")
    let heads = try floats("gpt-neox", "gpt_neox.layers.0.attention.query_key_value.weight")
    let biases = try floats("gpt-neox", "gpt_neox.layers.0.attention.query_key_value.bias")
    // Heads of 12: the keys of head 2 are the second part of its 36 rows.
    let keys = try #require(neox.matrix(.layer(0, .key)))
    #expect(
      Array(keys.floats()[24 * 36..<36 * 36]) == Array(heads.floats[(2 * 36 + 12) * 36..<(2 * 36 + 24) * 36]))
    #expect(neox.vector(.layer(0, .key), bias: true)?.suffix(12) == biases.floats[84..<96])

    let gpt = try open("gpt2"), transposed = try floats("gpt2", "transformer.h.1.attn.c_attn.weight")
    let values = try #require(gpt.matrix(.layer(1, .value)))
    #expect(values.rows == 35 && values.width == 35)
    let value = values.floats()
    for k in 0..<35 {
      let expected = transposed.floats[k * 105 + 73]
      #expect(value[3 * 35 + k] == expected)
    }

    let oss = try open("gpt-oss"), stacked = try floats("gpt-oss", "model.layers.1.mlp.experts.gate_up_proj")
    let up = try #require(oss.matrix(.expert(1, 2, .up))).floats()
    // Row 7 of expert 2's up is column 15 of its tensor.
    for k in 0..<36 {
      let expected = stacked.floats[(72 + k) * 86 + 15]
      #expect(up[7 * 36 + k] == expected)
    }
  }
}
