extension Family {
  /// GPT-NeoX and Pythia: attention and feed-forward side by side, a part of each head turns (Black et al.,
  /// arXiv 2204.06745). Each head's query, key and value lie together.
  static let gptNeoX = Family(
    modelType: "gpt_neox", architecture: "gptneox",
    defaults: Defaults(
      hiddenSize: 6144, intermediateSize: 24576, layerCount: 44, headCount: 64, keyValueHeadCount: nil,
      vocabularySize: 50432, maximumPositions: 2048, normEpsilon: 1e-5, activation: .gelu, partialRotary: 0.25
    ),
    fields: Fields(
      normEpsilon: "layer_norm_eps", rotaryBase: "rotary_emb_base", partialRotary: "rotary_pct"),
    groupsHeads: false, hasHeadSize: false, attentionInputBias: .field("attention_bias", otherwise: true),
    attentionOutputBias: .field("attention_bias", otherwise: true), feedForwardBias: .always,
    turnsPartially: true,
    names: TensorNames(
      prefix: "gpt_neox.", tokenEmbedding: "embed_in", outputNorm: "final_layer_norm",
      outputHead: "embed_out",
      layers: "layers",
      modules: [
        .attentionNorm: "input_layernorm",
        .query: TensorNames.Module("attention.query_key_value", .headThird(0)),
        .key: TensorNames.Module("attention.query_key_value", .headThird(1)),
        .value: TensorNames.Module("attention.query_key_value", .headThird(2)),
        .attentionOutput: "attention.dense",
        .feedForwardNorm: "post_attention_layernorm", .up: "mlp.dense_h_to_4h", .down: "mlp.dense_4h_to_h",
      ]),
    ggufNames: TensorNames.gguf.with(TensorNames.ggufFusedAttention),
    shape: { model in
      model.norm.kind = .layer
      model.norm.hasBias = true
      model.forEachLayer {
        $0.isParallel = true
        $0.feedForward.isGated = false
      }
    },
    readConfig: { config, model in
      let isParallel = try config.bool("use_parallel_residual") ?? true
      model.forEachLayer { $0.isParallel = isParallel }
    },
    readGGUF: { keys, model in
      let isParallel = try keys.bool("use_parallel_residual") ?? true
      model.forEachLayer { $0.isParallel = isParallel }
    })
}
