extension Family {
  /// Qwen 3: Qwen 2 without biases, and with norms of queries and keys (Yang et al., arXiv 2505.09388).
  static let qwen3 = Family(
    modelType: "qwen3", architecture: "qwen3",
    defaults: Defaults(
      hiddenSize: 4096, intermediateSize: 22016, layerCount: 32, headCount: 32, keyValueHeadCount: 32,
      headSize: 128,
      vocabularySize: 151_936, maximumPositions: 32768),
    attentionInputBias: .field("attention_bias"), attentionOutputBias: .field("attention_bias"),
    shape: { model in model.forEachLayer { $0.attention.headNorm = .perHead } },
    readConfig: { config, model in try config.setQwenWindows(&model) },
    readGGUF: { keys, model in try keys.setWindows(&model, period: nil) })

  /// Qwen 3 MoE.
  static let qwen3Moe = Family(
    modelType: "qwen3_moe", architecture: "qwen3moe",
    defaults: Defaults(
      hiddenSize: 2048, intermediateSize: 6144, layerCount: 24, headCount: 32, keyValueHeadCount: 4,
      vocabularySize: 151_936, maximumPositions: 32768),
    attentionInputBias: .field("attention_bias"), attentionOutputBias: .field("attention_bias"),
    names: TensorNames.transformers.with([.router: "mlp.gate"]).withExperts(TensorNames.transformersExperts),
    ggufNames: TensorNames.gguf.withExperts(TensorNames.ggufExperts),
    shape: { model in model.forEachLayer { $0.attention.headNorm = .perHead } },
    readConfig: { config, model in
      let experts = try config.normalizableExperts(
        countFields: ["num_experts", "num_local_experts"], count: 128, chosen: 8)
      try config.setSparseLayers(&model, experts, size: config.size("moe_intermediate_size") ?? 768)
      // Unlike in the dense models, every layer has the window.
      guard try config.bool("use_sliding_window") ?? false else { return }
      let window = try config.window(default: 4096)
      model.forEachLayer { $0.attention.window = window }
    },
    readGGUF: { keys, model in try keys.setExperts(&model, keys.requiredExperts(.softmaxOfChosen)) })
}
