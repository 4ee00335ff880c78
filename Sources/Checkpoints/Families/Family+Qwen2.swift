extension Family {
  /// Qwen 1.5 to 2.5 (transformers' `Qwen2Config`).
  static let qwen2 = Family(
    name: "qwen2",
    defaults: Defaults(
      hiddenSize: 4096, intermediateSize: 22016, layerCount: 32, headCount: 32, keyValueHeadCount: 32,
      vocabularySize: 151_936, maximumPositions: 32768),
    attentionInputBias: .always,
    attentionOutputBias: .never,
    feedForwardBias: .never,
    ggufLayout: .halves,
    names: .transformers)
}
