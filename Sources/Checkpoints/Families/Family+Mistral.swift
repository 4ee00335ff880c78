extension Family {
  /// Mistral 7B and its like: Llama's layers, in older ones with a sliding window (Jiang
  /// et al., arXiv 2310.06825).
  static let mistral = Family(
    modelType: "mistral", architecture: nil,
    defaults: Defaults(
      hiddenSize: 4096, intermediateSize: 14336, layerCount: 32, headCount: 32, keyValueHeadCount: 8,
      vocabularySize: 32000, maximumPositions: 131_072),
    readConfig: { config, model in
      guard let window = try config.window(default: 4096) else { return }
      for layer in model.layers.indices { model.layers[layer].attention.window = window }
    })

  /// Mixtral: Mistral with experts in place of each feed-forward (Jiang et al., arXiv 2401.04088).
  static let mixtral = Family(
    modelType: "mixtral", architecture: nil,
    defaults: Defaults(
      hiddenSize: 4096, intermediateSize: 14336, layerCount: 32, headCount: 32, keyValueHeadCount: 8,
      vocabularySize: 32000, maximumPositions: 131_072, normEpsilon: 1e-5, rotaryBase: 1e6),
    names: TensorNames.transformers.with([.router: "block_sparse_moe.gate"]).withExperts([
      .gate: "block_sparse_moe.experts.#.w1", .up: "block_sparse_moe.experts.#.w3",
      .down: "block_sparse_moe.experts.#.w2",
    ]),
    readConfig: { config, model in
      let experts = try config.experts(
        countFields: ["num_local_experts", "num_experts"], count: 8, chosen: 2, .softmaxOfChosen)
      let window = try config.window(default: nil)
      for layer in model.layers.indices {
        model.layers[layer].attention.window = window
        model.layers[layer].feedForward.experts = experts
      }
    })
}
