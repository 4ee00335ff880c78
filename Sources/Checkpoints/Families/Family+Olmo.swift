extension Family {
  /// OLMo 2: norms behind attention and feed-forward, and of all queries and all keys (OLMo
  /// et al., arXiv 2501.00656).
  static let olmo2 = Family(
    modelType: "olmo2", architecture: "olmo2",
    defaults: Defaults(
      hiddenSize: 4096, intermediateSize: 11008, layerCount: 32, headCount: 32, keyValueHeadCount: nil,
      vocabularySize: 50304, maximumPositions: 2048, normEpsilon: 1e-5),
    attentionInputBias: .field("attention_bias"), attentionOutputBias: .field("attention_bias"),
    names: .olmo2, shape: olmoShape,
    readGGUF: { keys, model in
      // OLMo 3 has the same architecture there; its layers with a window turn without scaling.
      try keys.setWindows(&model, period: 4)
      guard let base = model.rotaries.first?.base else { return }
      try keys.setSlidingRotary(&model, base: base)
    })

  /// OLMo 3: OLMo 2 with a sliding window in three of four layers.
  static let olmo3 = Family(
    modelType: "olmo3", architecture: nil,
    defaults: Defaults(
      hiddenSize: 4096, intermediateSize: 11008, layerCount: 32, headCount: 32, keyValueHeadCount: nil,
      vocabularySize: 50304, maximumPositions: 2048, normEpsilon: 1e-5, rotaryBase: 500_000),
    attentionInputBias: .field("attention_bias"), attentionOutputBias: .field("attention_bias"),
    rotaries: .byKindOfLayer(slidingBase: 500_000, field: nil), names: .olmo2, shape: olmoShape,
    readConfig: { config, model in
      let sliding = try config.slidingLayers(count: model.layers.count) { ($0 + 1) % 4 != 0 }
      try config.setWindows(&model, default: 4096, sliding: sliding)
    })

  /// OLMoE: norms of all queries and all keys, and experts (Muennighoff et al., arXiv 2409.02060).
  static let olmoe = Family(
    modelType: "olmoe", architecture: "olmoe",
    defaults: Defaults(
      hiddenSize: 2048, intermediateSize: 2048, layerCount: 16, headCount: 16, keyValueHeadCount: nil,
      vocabularySize: 50304, maximumPositions: 4096, normEpsilon: 1e-5),
    attentionInputBias: .field("attention_bias"), attentionOutputBias: .field("attention_bias"),
    refusedFields: ["clip_qkv"],
    names: TensorNames.transformers.with([.router: "mlp.gate"]).withExperts(TensorNames.transformersExperts),
    ggufNames: TensorNames.gguf.withExperts(TensorNames.ggufExperts),
    shape: { model in model.forEachLayer { $0.attention.headNorm = .wholeWidth } },
    readConfig: { config, model in
      let experts = try config.normalizableExperts(
        countFields: ["num_experts", "num_local_experts"], count: 64, chosen: 8)
      model.forEachLayer { $0.feedForward.experts = experts }
    },
    readGGUF: { keys, model in try keys.setExperts(&model, keys.requiredExperts(.softmaxOfAll)) })

  private static let olmoShape: @Sendable (inout ModelConfiguration) -> Void = { model in
    model.forEachLayer {
      $0.norms = .behindEach
      $0.attention.headNorm = .wholeWidth
    }
  }
}

extension TensorNames {
  fileprivate static let olmo2 = transformers.with([
    .attentionOutputNorm: "post_attention_layernorm", .feedForwardOutputNorm: "post_feedforward_layernorm",
  ])
}
