import Checkpoints
import TestSupport
import Testing

/// config.json in its spellings, with the defaults of transformers' LlamaConfig and Qwen2Config.
@Suite struct ConfigTests {
  func expectError(_ reason: String, _ model: TinyModel, sourceLocation: SourceLocation = #_sourceLocation) {
    let error = #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) { try model.open() }
    #expect(error?.reason == reason, sourceLocation: sourceLocation)
  }

  @Test func fields() throws {
    let configuration = try TinyModel().open().configuration
    #expect(configuration.hiddenSize == 8)
    #expect(configuration.layers.count == 1)
    #expect(configuration.layers[0].attention.headCount == 2)
    #expect(configuration.layers[0].attention.keyValueHeadCount == 1)
    #expect(configuration.layers[0].attention.headSize == 4)
    #expect(configuration.layers[0].feedForward.intermediateSize == 6)
    #expect(configuration.vocabularySize == 5)
    #expect(configuration.maximumPositions == 64)
    #expect(configuration.norm.epsilon == 1e-5)
    #expect(configuration.rotaries[0].base == 10_000)
    #expect(configuration.rotaries[0].dimensions == 4)
    #expect(configuration.rotaries[0].scaling == .none)
    #expect(configuration.rotaries[0].frequencyFactors == nil)
    #expect(!configuration.tiesEmbeddings)
    #expect(!configuration.layers[0].attention.hasInputBias)
  }

  /// Defaults of sizes show in the shapes that are asked for.
  @Test func defaults() throws {
    expectError(
      "tensor model.layers.0.input_layernorm.weight: expected shape [4096], found [8]",
      TinyModel(["hidden_size": nil]))
    expectError(
      "tensor model.layers.0.mlp.gate_proj.weight: expected shape [11008, 8], found [6, 8]",
      TinyModel(["intermediate_size": nil]))
    expectError(
      "tensor model.layers.0.mlp.gate_proj.weight: expected shape [22016, 8], found [6, 8]",
      .qwen2(["intermediate_size": nil]))
    expectError(
      "tensor model.embed_tokens.weight: expected shape [32000, 8], found [5, 8]",
      TinyModel(["vocab_size": nil]))
    expectError(
      "tensor model.embed_tokens.weight: expected shape [151936, 8], found [5, 8]",
      .qwen2(["vocab_size": nil]))
    expectError(
      "tensor model.layers.0.self_attn.q_proj.weight: expected shape [128, 8], found [8, 8]",
      TinyModel(["num_attention_heads": nil, "head_dim": "4"]))
    expectError(
      "expected tensor model.layers.1.input_layernorm.weight, found none of that name",
      TinyModel(["num_hidden_layers": nil]))
    // As many key-value heads as heads, but 32 in Qwen2Config.
    expectError(
      "tensor model.layers.0.self_attn.k_proj.weight: expected shape [8, 8], found [4, 8]",
      TinyModel(["num_key_value_heads": nil]))
    expectError(
      "tensor model.layers.0.self_attn.k_proj.weight: expected shape [8, 8], found [4, 8]",
      .qwen2(["num_key_value_heads": "null"]))
    expectError(
      "num_key_value_heads: expected a divisor of the 2 heads, found 32", .qwen2(["num_key_value_heads": nil])
    )

    let llama = try TinyModel(["max_position_embeddings": nil, "rms_norm_eps": nil]).open().configuration
    #expect(llama.maximumPositions == 2048)
    #expect(llama.norm.epsilon == 1e-6)
    let qwen2 = try TinyModel.qwen2(["max_position_embeddings": nil, "rms_norm_eps": "null"]).open()
      .configuration
    #expect(qwen2.maximumPositions == 32768)
    #expect(qwen2.norm.epsilon == 1e-6)
  }

  @Test func headSizeApartFromWidth() throws {
    var model = TinyModel(["head_dim": "6"])
    model.tensors["model.layers.0.self_attn.q_proj.weight"] = [12, 8]
    model.tensors["model.layers.0.self_attn.k_proj.weight"] = [6, 8]
    model.tensors["model.layers.0.self_attn.v_proj.weight"] = [6, 8]
    model.tensors["model.layers.0.self_attn.o_proj.weight"] = [8, 12]
    let checkpoint = try model.open()
    #expect(checkpoint.configuration.layers[0].attention.headSize == 6)
    #expect(checkpoint.configuration.rotaries[0].dimensions == 6)
    expectError("head_dim: heads of 3 elements cannot turn 3 of them", TinyModel(["head_dim": "3"]))
    #expect(try TinyModel(["head_dim": "null"]).open().configuration.layers[0].attention.headSize == 4)
  }

  @Test func rotary() throws {
    func rotary(_ changes: [String: String?]) throws -> RotaryConfiguration {
      try TinyModel(changes).open().configuration.rotaries[0]
    }
    #expect(try rotary(["rope_theta": "500000.0"]).base == 500_000)
    #expect(try rotary(["rope_theta": "5e5", "rope_scaling": "null"]).base == 500_000)
    #expect(
      try rotary(["rope_parameters": #"{"rope_theta": 1e6, "rope_type": "default"}"#]).base == 1_000_000)
    // The inner one goes before the outer one; the outer one serves where there is no inner one.
    #expect(try rotary(["rope_theta": "7", "rope_parameters": #"{"rope_theta": 9}"#]).base == 9)
    #expect(try rotary(["rope_theta": "7", "rope_parameters": "{}"]).base == 7)
    // An older field with something in it goes before the newer one.
    let both = try rotary([
      "rope_scaling": #"{"type": "linear", "factor": 2}"#,
      "rope_parameters": #"{"rope_type": "linear", "factor": 3, "rope_theta": 5}"#,
    ])
    #expect(both.scaling == .linear(factor: 2))
    #expect(both.base == 10_000)
    #expect(
      try rotary(["rope_scaling": "{}", "rope_parameters": #"{"rope_type": "linear", "factor": 3}"#]).scaling
        == .linear(factor: 3))
    #expect(
      try rotary(["rope_scaling": #"{"rope_type": "linear", "factor": 2.5}"#]).scaling == .linear(factor: 2.5)
    )
    #expect(
      try rotary(["rope_scaling": #"{"type": "default", "rope_type": "linear", "factor": 2.5}"#]).scaling
        == .linear(factor: 2.5))

    let llama3 = #""rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0"#
    func scaling(_ positions: Int) -> RotaryConfiguration.Scaling {
      .llama3(factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalMaximumPositions: positions)
    }
    #expect(
      try rotary(["rope_scaling": "{\(llama3), \"original_max_position_embeddings\": 32}"]).scaling
        == scaling(32))
    #expect(
      try rotary(["rope_parameters": "{\(llama3), \"original_max_position_embeddings\": 32}"]).scaling
        == scaling(32))
    #expect(try rotary(["rope_parameters": "{\(llama3)}"]).scaling == scaling(64))
    #expect(
      try rotary([
        "original_max_position_embeddings": "16",
        "rope_parameters": "{\(llama3), \"original_max_position_embeddings\": 32}",
      ]).scaling == scaling(16))
  }

  @Test func rotaryErrors() {
    expectError(
      "rope_scaling.rope_type: expected default, linear, dynamic, llama3, yarn or longrope, found mrope, which is not "
        + "supported",
      TinyModel(["rope_scaling": #"{"type": "mrope", "factor": 4}"#]))
    expectError(
      "rope_scaling.short_factor: expected 2 numbers above 0, found 1",
      TinyModel(["rope_scaling": #"{"type": "longrope", "short_factor": [1], "long_factor": [1, 2]}"#]))
    expectError(
      "rope_scaling.long_factor: expected 2 numbers above 0, found 1",
      TinyModel(["rope_scaling": #"{"type": "longrope", "short_factor": [1, 1], "long_factor": [1, 0]}"#]))
    expectError(
      "rope_parameters.full_attention: rotary embeddings of its own for a kind of layer are not supported",
      TinyModel(["rope_parameters": #"{"full_attention": {"rope_type": "default"}}"#]))
    expectError(
      "rope_parameters.factor: expected a number, found none",
      TinyModel(["rope_parameters": #"{"rope_type": "linear"}"#]))
    expectError(
      "rope_parameters.low_freq_factor: expected a number, found none",
      TinyModel(["rope_parameters": #"{"rope_type": "llama3", "factor": 8}"#]))
    expectError(
      "rope_parameters.factor: expected a number above 0, found -1",
      TinyModel(["rope_parameters": #"{"rope_type": "linear", "factor": -1}"#]))
    expectError("rope_theta: expected a number above 0, found \"x\"", TinyModel(["rope_theta": "\"x\""]))
    expectError("rope_theta: expected a number above 0, found 1e999", TinyModel(["rope_theta": "1e999"]))
    expectError("rope_scaling: expected an object, found 3", TinyModel(["rope_scaling": "3"]))
  }

  @Test func whatIsNotImplementedIsNamed() {
    let families = """
      gemma, gemma2, gemma3_text, gpt2, gpt_neox, gpt_oss, granite, llama, mistral, mixtral, olmo2, olmo3, olmoe, phi3, qwen2, \
      qwen2_moe, qwen3, qwen3_moe, smollm3, stablelm, starcoder2
      """
    expectError(
      "model_type: expected one of \(families), found gpt_bigcode, which is not supported",
      TinyModel(["model_type": "\"gpt_bigcode\""]))
    expectError("model_type: expected a string, found none", TinyModel(["model_type": nil]))
    expectError(
      "hidden_act: found mish, which is not supported", TinyModel(["hidden_act": "\"mish\""]))
    expectError(
      "quantization_config: quantized checkpoints are supported as GGUF only",
      TinyModel(["quantization_config": #"{"quant_method": "gptq"}"#]))
    expectError(
      "partial_rotary_factor: expected 1, found 0.5, which is not supported",
      TinyModel(["partial_rotary_factor": "0.5"]))
    expectError(
      "partial_rotary_factor: expected at most 1, found 1.5",
      TinyModel(["model_type": "\"phi3\"", "partial_rotary_factor": "1.5"]))
    expectError(
      "rope_parameters.partial_rotary_factor: expected 1, found 0.25, which is not supported",
      TinyModel(["rope_parameters": #"{"partial_rotary_factor": 0.25}"#]))
    expectError(
      "per_layer_config: layers that differ in size are not supported", TinyModel(["per_layer_config": "{}"]))
  }

  @Test func slidingWindows() throws {
    func windows(_ changes: [String: String]) throws -> [Int?] {
      let window = ["use_sliding_window": "true", "sliding_window": "32", "max_window_layers": "0"]
      let model = TinyModel.qwen2(window.merging(changes) { $1 })
      return try model.open().configuration.layers.map(\.attention.window)
    }
    #expect(try windows([:]) == [32])
    #expect(try windows(["layer_types": #"["sliding_attention"]"#]) == [32])
    for changes in [
      ["use_sliding_window": "false"], ["sliding_window": "null"], ["max_window_layers": "1"],
      ["layer_types": #"["full_attention"]"#],
    ] {
      #expect(try windows(changes) == [nil])
    }
    expectError(
      "layer_types: expected full_attention or sliding_attention, found linear_attention",
      .qwen2(["layer_types": #"["linear_attention"]"#]))
    expectError(
      "layer_types: expected 1 of them, found 2",
      .qwen2(["layer_types": #"["full_attention", "full_attention"]"#]))
    expectError(
      "layer_types: expected full_attention, as use_sliding_window is not set, found sliding_attention",
      .qwen2(["layer_types": #"["sliding_attention"]"#]))
  }

  @Test func wrongTypesAndRanges() {
    expectError(
      "hidden_size: expected an integer from 1 to 2147483648, found 0", TinyModel(["hidden_size": "0"]))
    expectError(
      "hidden_size: expected an integer from 1 to 2147483648, found -8", TinyModel(["hidden_size": "-8"]))
    expectError(
      "hidden_size: expected an integer from 1 to 2147483648, found 8.5", TinyModel(["hidden_size": "8.5"]))
    expectError(
      "hidden_size: expected an integer from 1 to 2147483648, found 9223372036854775808",
      TinyModel(["hidden_size": "9223372036854775808"]))
    expectError(
      "num_hidden_layers: expected an integer from 1 to 65536, found 2147483647",
      TinyModel(["num_hidden_layers": "2147483647"]))
    expectError(
      "tie_word_embeddings: expected true or false, found 1", TinyModel(["tie_word_embeddings": "1"]))
    expectError("model_type: expected a string, found 7", TinyModel(["model_type": "7"]))
    expectError("rms_norm_eps: expected a number above 0, found 0", TinyModel(["rms_norm_eps": "0"]))
    expectError("head_dim: expected at least 1, found 0", TinyModel(["num_attention_heads": "16"]))
  }

  @Test func malformed() throws {
    let folder = try TemporaryFolder()
    try folder.file("config.json", "{\"model_type\": }")
    let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(.folder(folder.path)) }
    #expect(error?.description == "\(folder.path)/config.json: not JSON: expected a value at byte 16")
  }
}
