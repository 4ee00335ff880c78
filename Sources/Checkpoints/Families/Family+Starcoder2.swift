extension Family {
  /// StarCoder2: LayerNorm, a plain feed-forward, and biases (Lozhkov et al., arXiv 2402.19173).
  static let starcoder2 = Family(
    modelType: "starcoder2", architecture: "starcoder2",
    defaults: Defaults(
      hiddenSize: 3072, intermediateSize: 12288, layerCount: 30, headCount: 24, keyValueHeadCount: 2,
      vocabularySize: 49152, maximumPositions: 4096, normEpsilon: 1e-5, activation: .geluTanh,
      tiesEmbeddings: true),
    fields: Fields(normEpsilon: "norm_epsilon"),
    attentionInputBias: .field("use_bias", otherwise: true),
    attentionOutputBias: .field("use_bias", otherwise: true),
    feedForwardBias: .field("use_bias", otherwise: true),
    names: TensorNames.transformers.with([.up: "mlp.c_fc", .down: "mlp.c_proj"]),
    shape: { model in
      model.norm.kind = .layer
      model.norm.hasBias = true
      model.forEachLayer { $0.feedForward.isGated = false }
    },
    readConfig: { config, model in
      let window = try config.window(default: nil)
      model.forEachLayer { $0.attention.window = window }
    },
    readGGUF: { keys, model in try keys.setWindows(&model, period: nil) })
}
