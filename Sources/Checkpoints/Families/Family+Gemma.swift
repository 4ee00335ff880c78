extension Family {
  /// Gemma 1: Llama's layers with scaled embeddings, norms that are differences from 1, and GELU
  /// (Gemma Team, arXiv 2403.08295).
  static let gemma = Family(
    modelType: "gemma", architecture: "gemma",
    defaults: Defaults(
      hiddenSize: 3072, intermediateSize: 24576, layerCount: 28, headCount: 16, keyValueHeadCount: 16,
      headSize: 256,
      vocabularySize: 256_000, maximumPositions: 8192, activation: .geluTanh, tiesEmbeddings: true),
    attentionInputBias: .field("attention_bias"), attentionOutputBias: .field("attention_bias"),
    refusedFields: ["use_bidirectional_attention"],
    shape: { model in
      gemmaShape(&model)
      model.forEachLayer { $0.norms = .beforeEach }
    },
    readConfig: { _, model in
      // The first releases say gelu and mean its approximation.
      model.forEachLayer { if $0.feedForward.activation == .gelu { $0.feedForward.activation = .geluTanh } }
    })

  /// Gemma 2: norms before and behind attention and feed-forward, soft caps, and a sliding window in every
  /// second layer (Gemma Team, arXiv 2408.00118).
  static let gemma2 = Family(
    modelType: "gemma2", architecture: "gemma2",
    defaults: Defaults(
      hiddenSize: 2304, intermediateSize: 9216, layerCount: 26, headCount: 8, keyValueHeadCount: 4,
      headSize: 256,
      vocabularySize: 256_000, maximumPositions: 8192, activation: .geluTanh, tiesEmbeddings: true),
    fields: Fields(activation: "hidden_activation"),
    attentionInputBias: .field("attention_bias"), attentionOutputBias: .field("attention_bias"),
    refusedFields: ["use_bidirectional_attention"], names: .gemma, shape: gemmaShape,
    readConfig: { config, model in
      try config.setQueryScale(&model)
      let cap = try config.softCap("attn_logit_softcapping", default: 50)
      model.forEachLayer { $0.attention.softCap = cap }
      model.logitSoftCap = try config.softCap("final_logit_softcapping", default: 30)
      let sliding = try config.slidingLayers(count: model.layers.count) { $0 % 2 == 0 }
      try config.setWindows(&model, default: 4096, sliding: sliding)
    },
    readGGUF: { keys, model in
      keys.setQueryScale(&model, largestLayerCount: 46)
      let cap = Float(try keys.positive("attn_logit_softcapping") ?? 50)
      model.forEachLayer { $0.attention.softCap = cap }
      model.logitSoftCap = Float(try keys.positive("final_logit_softcapping") ?? 30)
      try keys.setWindows(&model, period: 2)
    })

  /// Gemma 3: norms of queries and keys in place of soft caps, and a sliding window in five of six layers,
  /// which turn with a base of their own (Gemma Team, arXiv 2503.19786).
  static let gemma3Text = Family(
    modelType: "gemma3_text", architecture: "gemma3",
    defaults: Defaults(
      hiddenSize: 2304, intermediateSize: 9216, layerCount: 26, headCount: 8, keyValueHeadCount: 4,
      headSize: 256, vocabularySize: 262_208, maximumPositions: 131_072, activation: .geluTanh,
      rotaryBase: 1e6,
      tiesEmbeddings: true),
    fields: Fields(activation: "hidden_activation"),
    attentionInputBias: .field("attention_bias"), attentionOutputBias: .field("attention_bias"),
    rotaries: .byKindOfLayer(slidingBase: 10_000, field: "rope_local_base_freq"),
    refusedFields: ["use_bidirectional_attention", "attn_logit_softcapping"], names: .gemma,
    shape: { model in
      gemmaShape(&model)
      model.forEachLayer { $0.attention.headNorm = .perHead }
    },
    readConfig: { config, model in
      try config.setQueryScale(&model)
      model.logitSoftCap = try config.softCap("final_logit_softcapping", default: nil)
      let period = try config.size("sliding_window_pattern") ?? 6
      let sliding = try config.slidingLayers(count: model.layers.count) { ($0 + 1) % period != 0 }
      try config.setWindows(&model, default: 4096, sliding: sliding)
    },
    readGGUF: { keys, model in
      keys.setQueryScale(&model, largestLayerCount: 62)
      model.logitSoftCap = try keys.nonzero("final_logit_softcapping").map { Float($0) }
      try keys.setWindows(&model, period: 6)
      try keys.setSlidingRotary(&model, base: 10_000)
    })

  private static let gemmaShape: @Sendable (inout ModelConfiguration) -> Void = { model in
    model.embeddingScale = Float(Double(model.hiddenSize).squareRoot())
    model.norm.weightOffset = 1
    model.forEachLayer { $0.norms = [.beforeEach, .behindEach] }
  }
}

extension TensorNames {
  fileprivate static let gemma = transformers.with([
    .attentionOutputNorm: "post_attention_layernorm", .feedForwardNorm: "pre_feedforward_layernorm",
    .feedForwardOutputNorm: "post_feedforward_layernorm",
  ])
}

extension JSONFields {
  fileprivate func setQueryScale(_ model: inout ModelConfiguration) throws(CheckpointError) {
    let scale = 1 / Float(try positive("query_pre_attn_scalar") ?? 256).squareRoot()
    model.forEachLayer { $0.attention.scale = scale }
  }

  /// A soft cap; null for none.
  fileprivate func softCap(_ name: StaticString, default absent: Float?) throws(CheckpointError) -> Float? {
    try positive(name).map { Float($0) } ?? (isNull(name) ? nil : absent)
  }
}

extension GGUFKeys {
  /// The largest model of a generation, told by its layers, scales by hidden size over
  /// heads; GGUF does not say so.
  fileprivate func setQueryScale(_ model: inout ModelConfiguration, largestLayerCount: Int) {
    guard self["attention.scale"] == nil, model.layers.count == largestLayerCount else { return }
    let hiddenSize = model.hiddenSize
    model.forEachLayer { $0.attention.scale = 1 / Float(hiddenSize / $0.attention.headCount).squareRoot() }
  }
}
