extension Family {
  /// Granite 3 and 4's dense models: Llama's layers with four multipliers (after Yang
  /// et al., arXiv 2203.03466).
  static let granite = Family(
    modelType: "granite", architecture: "granite",
    defaults: Defaults(
      hiddenSize: 4096, intermediateSize: 11008, layerCount: 32, headCount: 32, keyValueHeadCount: nil,
      vocabularySize: 32000, maximumPositions: 2048),
    attentionInputBias: .field("attention_bias"), attentionOutputBias: .field("attention_bias"),
    feedForwardBias: .field("mlp_bias"), ggufLayout: .interleaved,
    readConfig: { config, model in
      model.embeddingScale = Float(try config.positive("embedding_multiplier") ?? 1)
      model.logitScale = Float(1 / (try config.positive("logits_scaling") ?? 1))
      let attention = Float(try config.positive("attention_multiplier") ?? 1)
      let residual = Float(try config.positive("residual_multiplier") ?? 1)
      model.forEachLayer {
        $0.attention.scale = attention
        $0.residualScale = residual
      }
    },
    readGGUF: { keys, model in
      model.embeddingScale = Float(try keys.nonzero("embedding_scale") ?? 1)
      model.logitScale = Float(1 / (try keys.nonzero("logit_scale") ?? 1))
      let residual = Float(try keys.nonzero("residual_scale") ?? 1)
      model.forEachLayer { $0.residualScale = residual }
    })
}
