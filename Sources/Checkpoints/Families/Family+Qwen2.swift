extension Family {
  /// Qwen 1.5 to 2.5 (Yang et al., arXiv 2412.15115; transformers' `Qwen2Config`).
  static let qwen2 = Family(
    modelType: "qwen2", architecture: "qwen2",
    defaults: Defaults(
      hiddenSize: 4096, intermediateSize: 22016, layerCount: 32, headCount: 32, keyValueHeadCount: 32,
      vocabularySize: 151_936, maximumPositions: 32768),
    attentionInputBias: .always,
    readConfig: { config, model in try config.setQwenWindows(&model) },
    readGGUF: { keys, model in try keys.setWindows(&model, period: nil) })

  /// Qwen 1.5 MoE and Qwen 2 MoE: experts, and one more that every token goes through.
  static let qwen2Moe = Family(
    modelType: "qwen2_moe", architecture: "qwen2moe",
    defaults: Defaults(
      hiddenSize: 2048, intermediateSize: 5632, layerCount: 24, headCount: 16, keyValueHeadCount: 16,
      vocabularySize: 151_936, maximumPositions: 32768),
    attentionInputBias: .field("qkv_bias", otherwise: true),
    names: TensorNames.transformers.with([
      .router: "mlp.gate", .sharedGate: "mlp.shared_expert.gate_proj", .sharedUp: "mlp.shared_expert.up_proj",
      .sharedDown: "mlp.shared_expert.down_proj", .sharedRouter: "mlp.shared_expert_gate",
    ]).withExperts(TensorNames.transformersExperts),
    ggufNames: TensorNames.gguf.withExperts(TensorNames.ggufExperts),
    readConfig: { config, model in
      var experts = try config.normalizableExperts(countFields: ["num_experts"], count: 60, chosen: 4)
      experts.sharedIntermediateSize = try config.size("shared_expert_intermediate_size") ?? 5632
      try config.setSparseLayers(&model, experts, size: config.size("moe_intermediate_size") ?? 1408)
      guard try config.bool("use_sliding_window") ?? false else { return }
      let firstFull = try config.size("max_window_layers", from: 0) ?? 28
      let sliding = try config.slidingLayers(count: model.layers.count) { $0 % 2 == 0 && $0 < firstFull }
      try config.setWindows(&model, default: 4096, sliding: sliding)
    },
    readGGUF: { keys, model in
      var experts = try keys.requiredExperts(.softmaxOfAll)
      experts.sharedIntermediateSize = try keys.size("expert_shared_feed_forward_length") ?? 5632
      try keys.setExperts(&model, experts)
    })
}

extension JSONFields {
  /// Qwen's windows: with `use_sliding_window`, those of the layers from `max_window_layers` on.
  func setQwenWindows(_ model: inout ModelConfiguration) throws(CheckpointError) {
    let usesWindow = try bool("use_sliding_window") ?? false
    let window = usesWindow ? try window(default: 4096) : nil
    let firstWindowed = try size("max_window_layers", from: 0) ?? 28
    let sliding = try slidingLayers(count: model.layers.count) { window != nil && $0 >= firstWindowed }
    guard sliding.contains(true) else { return }
    guard window != nil else {
      throw error(
        "layer_types", "expected full_attention, as use_sliding_window is not set, found sliding_attention")
    }
    try setWindows(&model, default: 4096, sliding: sliding)
  }

  /// Qwen's sparse layers: every `decoder_sparse_step`th but those in `mlp_only_layers`
  /// has experts of `size`.
  func setSparseLayers(
    _ model: inout ModelConfiguration, _ experts: ExpertsConfiguration, size: Int
  ) throws(CheckpointError) {
    let step = try self.size("decoder_sparse_step") ?? 1
    let dense = Set(try integers("mlp_only_layers") ?? [])
    for layer in model.layers.indices where !dense.contains(layer) && (layer + 1).isMultiple(of: step) {
      model.layers[layer].feedForward.experts = experts
      model.layers[layer].feedForward.intermediateSize = size
    }
  }
}
