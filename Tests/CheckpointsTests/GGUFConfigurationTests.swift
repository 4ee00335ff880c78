import Checkpoints
import TestSupport
import Testing

/// GGUF metadata, with the defaults of llama.cpp.
@Suite struct GGUFConfigurationTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func open(_ builder: GGUFBuilder) throws -> Checkpoint {
    try Checkpoint.open(.gguf(folder.file("x.gguf", builder.bytes)))
  }

  func expectError(
    _ reason: String, _ builder: GGUFBuilder, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) { try open(builder) }
    #expect(error?.reason == reason, sourceLocation: sourceLocation)
  }

  @Test func llama() throws {
    let checkpoint = try open(.llama())
    let configuration = checkpoint.configuration
    #expect(configuration.architecture == "llama")
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
    #expect(configuration.rotaries[0].layout == .interleaved)
    #expect(configuration.rotaries[0].scaling == .none)
    #expect(configuration.tiesEmbeddings)
    #expect(!configuration.layers[0].attention.hasInputBias && !configuration.layers[0].feedForward.hasBias)
    #expect(checkpoint.matrix(.outputHead)?.tensor.name == "token_embd.weight")
    #expect(checkpoint.matrix(.tokenEmbedding)?.floats().first == 0)
    #expect(checkpoint.vector(.outputNorm) == [40, 41, 42, 43, 44, 45, 46, 47])
  }

  @Test func qwen2() throws {
    let biases = [("q", 8), ("k", 4), ("v", 4)]
    let builder = GGUFBuilder.llama(architecture: "qwen2") {
      for (name, count) in biases {
        $0.tensor("blk.0.attn_\(name).bias", [UInt64(count)], elements: [Float](repeating: 1, count: count))
      }
      $0.value("qwen2.rope.freq_base", Float(1e6))
      $0.tensor("output.weight", [8, 5], elements: [Float](repeating: 2, count: 40))
    }
    let checkpoint = try open(builder)
    #expect(checkpoint.configuration.rotaries[0].layout == .halves)
    #expect(checkpoint.configuration.rotaries[0].base == 1e6)
    #expect(checkpoint.configuration.layers[0].attention.hasInputBias)
    #expect(!checkpoint.configuration.tiesEmbeddings)
    #expect(checkpoint.vector(.layer(0, .key), bias: true) == [1, 1, 1, 1])
    #expect(checkpoint.matrix(.outputHead)?.floats().first == 2)
    expectError(
      "expected tensor blk.0.attn_q.bias, found none of that name", .llama(architecture: "qwen2"))
  }

  @Test func optionalBiases() throws {
    let builder = GGUFBuilder.llama {
      $0.tensor("blk.0.attn_output.bias", [8], elements: [Float](repeating: 1, count: 8))
    }
    #expect(try open(builder).configuration.layers[0].attention.hasOutputBias)
  }

  @Test func required() {
    for key in [
      "block_count", "context_length", "embedding_length", "feed_forward_length", "attention.head_count",
    ] {
      expectError("llama.\(key): expected an integer, found none", .llama(without: [key]))
    }
    expectError(
      "llama.attention.layer_norm_rms_epsilon: expected a number, found none",
      .llama(without: ["attention.layer_norm_rms_epsilon"]))
    for name in ["token_embd.weight", "output_norm.weight", "blk.0.ffn_gate.weight"] {
      let reason = name == "token_embd.weight" ? "found none" : "found none of that name"
      expectError("expected tensor \(name), \(reason)", .llama(without: [name]))
    }
  }

  /// As many key-value heads as heads; one size for all layers may be said once for each.
  @Test func headCounts() throws {
    expectError(
      "tensor blk.0.attn_k.weight: expected shape [8, 8], found [4, 8]",
      .llama(without: ["attention.head_count_kv"]))
    let uniform = GGUFBuilder.llama(without: ["attention.head_count_kv"]) {
      $0.array("llama.attention.head_count_kv", type: 5, count: 2, [1, 0, 0, 0, 1, 0, 0, 0])
    }
    #expect(try open(uniform).configuration.layers[0].attention.keyValueHeadCount == 1)
    let mixed = GGUFBuilder.llama(without: ["attention.head_count_kv"]) {
      $0.array("llama.attention.head_count_kv", type: 5, count: 2, [1, 0, 0, 0, 2, 0, 0, 0])
    }
    expectError("llama.attention.head_count_kv: layers that differ are not supported", mixed)
    let odd = GGUFBuilder.llama(without: ["attention.head_count_kv"]) {
      $0.value("llama.attention.head_count_kv", 3)
    }
    expectError("llama.attention.head_count_kv: expected a divisor of the 2 heads, found 3", odd)
  }

  @Test func rotary() throws {
    func rotary(_ change: (inout GGUFBuilder) -> Void) throws -> RotaryConfiguration {
      try open(.llama(change)).configuration.rotaries[0]
    }
    #expect(try rotary { $0.value("llama.rope.scaling.factor", Float(4)) }.scaling == .linear(factor: 4))
    #expect(try rotary { $0.value("llama.rope.scale_linear", Float(4)) }.scaling == .linear(factor: 4))
    #expect(try rotary { $0.value("llama.rope.scaling.factor", Float(0)) }.scaling == .none)
    #expect(
      try rotary {
        $0.value("llama.rope.scaling.type", "none")
        $0.value("llama.rope.scaling.factor", Float(4))
      }.scaling == .none)
    #expect(try rotary { $0.value("llama.rope.dimension_count", 4) }.dimensions == 4)
    let factors = try rotary { $0.tensor("rope_freqs.weight", [2], elements: [1, 8]) }.frequencyFactors
    #expect(factors == [1, 8])

    expectError(
      "llama.rope.scaling.type: expected none, linear, yarn or longrope, found ntk, which is not supported",
      .llama { $0.value("llama.rope.scaling.type", "ntk") })
    expectError(
      "llama.rope.scaling.type: found longrope without rope_factors_short and rope_factors_long",
      .llama { $0.value("llama.rope.scaling.type", "longrope") })
    expectError(
      "llama.rope.dimension_count: heads of 4 elements cannot turn 6 of them",
      .llama { $0.value("llama.rope.dimension_count", 6) })
    expectError(
      "tensor rope_freqs.weight: expected F32 [2], found F32 [3]",
      .llama { $0.tensor("rope_freqs.weight", [3], elements: [1, 1, 1]) })
    expectError(
      "tensor rope_freqs.weight: expected finite numbers above 0",
      .llama { $0.tensor("rope_freqs.weight", [2], elements: [1, 0]) })
    expectError(
      "llama.rope.freq_base: expected a number above 0, found nan",
      .llama { $0.value("llama.rope.freq_base", Float.nan) })
  }

  @Test func whatIsNotImplementedIsNamed() throws {
    let architectures = """
      gemma, gemma2, gemma3, gpt-oss, gpt2, gptneox, granite, llama, olmo2, olmoe, phi3, qwen2, qwen2moe, qwen3, qwen3moe, \
      smollm3, stablelm, starcoder2
      """
    expectError(
      "general.architecture: expected one of \(architectures), found rwkv7, which is not supported",
      .llama(architecture: "rwkv7"))
    expectError("general.architecture: expected a string, found none", GGUFBuilder())
    expectError(
      "llama.expert_used_count: expected an integer up to the 8 experts, found another value",
      .llama { $0.value("llama.expert_count", 8) })
    expectError(
      "llama.expert_weights_scale: expected 1, found 2.0, which is not supported",
      .llama { $0.value("llama.expert_weights_scale", Float(2)) })
    expectError(
      "llama.attention.clamp_kqv: found 0.5, which is not supported",
      .llama { $0.value("llama.attention.clamp_kqv", Float(0.5)) })
    expectError(
      "llama.attention.causal: expected true, found false, which is not supported",
      .llama { $0.value("llama.attention.causal", false) })
    expectError(
      "llama.attention.value_length: expected 4, as for keys, found 8",
      .llama { $0.value("llama.attention.value_length", 8) })
    expectError(
      "one of 3 parts of a split GGUF; join them with llama-gguf-split --merge",
      .llama { $0.value("split.count", 3) })
    expectError(
      "tensor blk.0.attn_q_norm.weight: not used by this architecture; the model cannot be right without it",
      .llama { $0.tensor("blk.0.attn_q_norm.weight", [1], elements: [1]) })
    // Nothing changes with these.
    let harmless = GGUFBuilder.llama {
      $0.value("llama.expert_count", 0)
      $0.value("llama.attention.causal", true)
      $0.value("split.count", 1)
      $0.tensor("blk.0.attn_rot_embd.weight", [1], elements: [1])
    }
    #expect(throws: Never.self) { try open(harmless) }
  }

  @Test func unsupportedElements() {
    expectError(
      "tensor blk.0.ffn_gate.weight: elements of type IQ2_XXS are not supported",
      .llama(without: ["blk.0.ffn_gate.weight"]) { $0.tensor("blk.0.ffn_gate.weight", [8, 6], type: 16) })
  }

  @Test func vocabularies() throws {
    func tokens(_ count: Int) -> GGUFBuilder {
      .llama {
        $0.array(
          "tokenizer.ggml.tokens", type: 8, count: UInt64(count),
          (0..<count).flatMap { GGUFBuilder.string("t\($0)") })
      }
    }
    // Rows beyond the tokens are padding.
    #expect(try open(tokens(3)).configuration.vocabularySize == 5)
    expectError("tensor token_embd.weight: expected a row for each of 6 tokens, found 5", tokens(6))
  }
}
