extension JSONFields {
  /// The experts that a config.json describes, their weights scaled to a sum of 1 with `norm_topk_prob`.
  func normalizableExperts(
    countFields: [StaticString], count: Int, chosen: Int
  ) throws(CheckpointError) -> ExpertsConfiguration {
    let weighting: ExpertsConfiguration.Weighting =
      try bool("norm_topk_prob") ?? false ? .softmaxOfChosen : .softmaxOfAll
    return try experts(countFields: countFields, count: count, chosen: chosen, weighting)
  }

  /// The experts that a config.json describes.
  ///
  /// - Parameters:
  ///   - countFields: names of the field that has their number; the first that is there counts.
  ///   - count: their number where none is there.
  ///   - chosen: how many a token goes through, where `num_experts_per_tok` does not say it.
  ///   - weighting: how the chosen ones are weighted.
  func experts(
    countFields: [StaticString], count: Int, chosen: Int, _ weighting: ExpertsConfiguration.Weighting
  ) throws(CheckpointError) -> ExpertsConfiguration {
    var count = count
    if let field = countFields.first(where: has) { count = try size(field, limit: 1 << 16) ?? count }
    let chosen = try size("num_experts_per_tok") ?? chosen
    guard chosen <= count else {
      throw error("num_experts_per_tok", "expected at most the \(count) experts, found \(chosen)")
    }
    return ExpertsConfiguration(count: count, chosenCount: chosen, weighting: weighting)
  }
}

extension GGUFKeys {
  /// The experts of an architecture that always has some.
  func requiredExperts(
    _ weighting: ExpertsConfiguration.Weighting
  ) throws(CheckpointError) -> ExpertsConfiguration {
    guard let experts = try experts(weighting) else {
      throw error("expert_count", "expected an integer, found none")
    }
    return experts
  }

  /// Gives every layer experts of the size that the metadata say.
  func setExperts(_ model: inout ModelConfiguration, _ experts: ExpertsConfiguration) throws(CheckpointError)
  {
    let size = try size("expert_feed_forward_length")
    model.forEachLayer {
      $0.feedForward.experts = experts
      $0.feedForward.intermediateSize = size ?? $0.feedForward.intermediateSize
    }
  }
}

extension TensorNames {
  /// The experts' matrices in most transformers checkpoints.
  static let transformersExperts: [TensorRole.LayerTensor: Module] = [
    .gate: "mlp.experts.#.gate_proj", .up: "mlp.experts.#.up_proj", .down: "mlp.experts.#.down_proj",
  ]

  /// The experts' matrices in GGUF files, stacked.
  static let ggufExperts: [TensorRole.LayerTensor: Module] = [
    .gate: "ffn_gate_exps", .up: "ffn_up_exps", .down: "ffn_down_exps",
  ]

  /// Query, key and value in one tensor of a GGUF file.
  static let ggufFusedAttention: [TensorRole.LayerTensor: Module] = [
    .query: Module("attn_qkv", .query), .key: Module("attn_qkv", .key), .value: Module("attn_qkv", .value),
  ]
}
