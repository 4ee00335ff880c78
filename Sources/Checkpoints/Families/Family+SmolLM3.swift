extension Family {
  /// SmolLM3: Llama's layers, of which every fourth does not turn its heads (Yang et al., arXiv 2501.18795).
  static let smollm3 = Family(
    modelType: "smollm3", architecture: "smollm3",
    defaults: Defaults(
      hiddenSize: 2048, intermediateSize: 11008, layerCount: 36, headCount: 16, keyValueHeadCount: 4,
      vocabularySize: 128_256, maximumPositions: 32768, rotaryBase: 2e6, tiesEmbeddings: true),
    attentionInputBias: .field("attention_bias"), attentionOutputBias: .field("attention_bias"),
    feedForwardBias: .field("mlp_bias"), ggufLayout: .interleaved,
    readConfig: { config, model in
      let count = model.layers.count
      let interval = try config.size("no_rope_layer_interval") ?? 4
      let turns = try config.integers("no_rope_layers") ?? (1...count).map { $0 % interval == 0 ? 0 : 1 }
      guard turns.count >= count else {
        throw config.error("no_rope_layers", "expected \(count) of them, found \(turns.count)")
      }
      for layer in 0..<count where turns[layer] == 0 { model.layers[layer].attention.rotary = nil }
      let usesWindow = try config.bool("use_sliding_window") ?? false
      let window = usesWindow ? try config.window(default: nil) : nil
      let sliding = try config.slidingLayers(count: count) { window != nil && turns[$0] == 0 }
      try config.setWindows(&model, default: nil, sliding: sliding)
    },
    readGGUF: { _, model in
      for layer in stride(from: 3, to: model.layers.count, by: 4) {
        model.layers[layer].attention.rotary = nil
      }
    })
}
