extension Family {
  /// StableLM 2 and StableLM 3B: LayerNorm, SwiGLU, a part of each head turns (Bellagente
  /// et al., arXiv 2402.17834).
  static let stablelm = Family(
    modelType: "stablelm", architecture: "stablelm",
    defaults: Defaults(
      hiddenSize: 2560, intermediateSize: 6912, layerCount: 32, headCount: 32, keyValueHeadCount: 32,
      vocabularySize: 50304, maximumPositions: 4096, normEpsilon: 1e-5, partialRotary: 0.25),
    fields: Fields(normEpsilon: "layer_norm_eps"),
    hasHeadSize: false, attentionInputBias: .field("use_qkv_bias"), turnsPartially: true,
    names: TensorNames.transformers.with([
      .queryNorm: "self_attn.q_layernorm.norms.#", .keyNorm: "self_attn.k_layernorm.norms.#",
    ]),
    shape: { model in
      model.norm.kind = .layer
      model.norm.hasBias = true
    },
    readConfig: { config, model in
      try model.setStableLM(
        isParallel: config.bool("use_parallel_residual") ?? false,
        normalisesHeads: config.bool("qk_layernorm") ?? false)
    },
    readGGUF: { keys, model in
      try model.setStableLM(
        isParallel: keys.bool("use_parallel_residual") ?? false,
        normalisesHeads: keys.hasTensor(TensorSlot(role: .layer(0, .queryNorm)), .gguf))
    })
}

extension ModelConfiguration {
  /// Side by side, attention and feed-forward share a norm.
  fileprivate mutating func setStableLM(isParallel: Bool, normalisesHeads: Bool) {
    forEachLayer {
      $0.isParallel = isParallel
      $0.norms = isParallel ? .attentionInput : .beforeEach
      $0.attention.headNorm = normalisesHeads ? .eachHead : nil
    }
  }
}
