extension Family {
  /// Llama 1 to 3, SmolLM 1 and 2, and the many others that say `llama` (transformers' `LlamaConfig`).
  static let llama = Family(
    name: "llama",
    defaults: Defaults(
      hiddenSize: 4096, intermediateSize: 11008, layerCount: 32, headCount: 32, keyValueHeadCount: nil,
      vocabularySize: 32000, maximumPositions: 2048),
    attentionInputBias: .field("attention_bias"),
    attentionOutputBias: .field("attention_bias"),
    feedForwardBias: .field("mlp_bias"),
    ggufLayout: .interleaved,
    names: .transformers)
}
