extension Family {
  /// GPT-2: learned positions, LayerNorm, and matrices that are stored `[in, out]` (Radford et al., 2019).
  static let gpt2 = Family(
    modelType: "gpt2", architecture: "gpt2",
    defaults: Defaults(
      hiddenSize: 768, intermediateSize: nil, layerCount: 12, headCount: 12, keyValueHeadCount: nil,
      vocabularySize: 50257, maximumPositions: 1024, normEpsilon: 1e-5, activation: .geluTanh,
      tiesEmbeddings: true),
    fields: Fields(
      hiddenSize: "n_embd", intermediateSize: "n_inner", layerCount: "n_layer", headCount: "n_head",
      maximumPositions: "n_positions", normEpsilon: "layer_norm_epsilon", activation: "activation_function"),
    groupsHeads: false, hasHeadSize: false, attentionInputBias: .always, attentionOutputBias: .always,
    feedForwardBias: .always, rotaries: .none, refusedFields: ["add_cross_attention"],
    names: TensorNames(
      prefix: "transformer.", tokenEmbedding: "wte", positionEmbedding: "wpe", outputNorm: "ln_f",
      outputHead: "lm_head", layers: "h",
      modules: [
        .attentionNorm: "ln_1", .query: TensorNames.Module("attn.c_attn", .query, isTransposed: true),
        .key: TensorNames.Module("attn.c_attn", .key, isTransposed: true),
        .value: TensorNames.Module("attn.c_attn", .value, isTransposed: true),
        .attentionOutput: TensorNames.Module("attn.c_proj", isTransposed: true), .feedForwardNorm: "ln_2",
        .up: TensorNames.Module("mlp.c_fc", isTransposed: true),
        .down: TensorNames.Module("mlp.c_proj", isTransposed: true),
      ]),
    ggufNames: TensorNames.gguf.with(TensorNames.ggufFusedAttention),
    shape: { model in
      model.learnsPositions = true
      model.norm.kind = .layer
      model.norm.hasBias = true
      model.forEachLayer {
        $0.attention.rotary = nil
        $0.feedForward.isGated = false
      }
    },
    readConfig: { config, model in
      if try config.bool("scale_attn_weights") == false { model.forEachLayer { $0.attention.scale = 1 } }
      guard try config.bool("scale_attn_by_inverse_layer_idx") ?? false else { return }
      for layer in model.layers.indices { model.layers[layer].attention.scale /= Float(layer + 1) }
    })
}
