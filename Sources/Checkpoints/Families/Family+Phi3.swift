extension Family {
  /// Phi-3, Phi-3.5 mini and Phi-4: Llama's layers with fused matrices (Abdin et al., arXiv 2404.14219).
  static let phi3 = Family(
    modelType: "phi3", architecture: "phi3",
    defaults: Defaults(
      hiddenSize: 3072, intermediateSize: 8192, layerCount: 32, headCount: 32, keyValueHeadCount: nil,
      vocabularySize: 32064, maximumPositions: 4096, normEpsilon: 1e-5, originalMaximumPositions: 4096),
    turnsPartially: true,
    names: TensorNames.transformers.with([
      .query: TensorNames.Module("self_attn.qkv_proj", .query),
      .key: TensorNames.Module("self_attn.qkv_proj", .key),
      .value: TensorNames.Module("self_attn.qkv_proj", .value),
      .gate: TensorNames.Module("mlp.gate_up_proj", .half(0)),
      .up: TensorNames.Module("mlp.gate_up_proj", .half(1)),
    ]),
    ggufNames: TensorNames.gguf.with(TensorNames.ggufFusedAttention).with([
      .gate: TensorNames.Module("ffn_up", .half(0)), .up: TensorNames.Module("ffn_up", .half(1)),
    ]),
    readConfig: { config, model in
      let window = try config.window(default: nil)
      model.forEachLayer { $0.attention.window = window }
    },
    readGGUF: { keys, model in try keys.setWindows(&model, period: nil) })
}
