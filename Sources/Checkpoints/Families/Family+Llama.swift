extension Family {
  /// Llama 1 to 3, SmolLM 1 and 2, and the many others that say `llama` (transformers' `LlamaConfig`).
  /// In GGUF files it stands for Mistral and Mixtral, too.
  static let llama = Family(
    modelType: "llama", architecture: "llama",
    defaults: Defaults(
      hiddenSize: 4096, intermediateSize: 11008, layerCount: 32, headCount: 32, keyValueHeadCount: nil,
      vocabularySize: 32000, maximumPositions: 2048),
    attentionInputBias: .field("attention_bias"), attentionOutputBias: .field("attention_bias"),
    feedForwardBias: .field("mlp_bias"),
    ggufNames: TensorNames.gguf.withExperts(TensorNames.ggufExperts), ggufLayout: .interleaved,
    readGGUF: { keys, model in
      try keys.setWindows(&model, period: nil)
      guard let experts = try keys.experts(.softmaxOfChosen) else { return }
      model.forEachLayer { $0.feedForward.experts = experts }
    })
}
