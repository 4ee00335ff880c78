extension ModelConfiguration {
  /// Reads the metadata of a GGUF file of `family`. What it leaves out has llama.cpp's defaults. A key that
  /// changes the computation in a way that is not implemented is an error that names it.
  init(_ file: GGUFFile, architecture: String, family: Family) throws {
    let keys = GGUFKeys(file: file, architecture: architecture)
    let names = family.ggufNames
    let hiddenSize = try keys.required("embedding_length")
    let layerCount = try keys.required("block_count", limit: 1 << 16)
    let headCount = try keys.required("attention.head_count")
    let keyValueHeadCount = try keys.keyValueHeads(headCount)
    let headSize = try keys.headSize(hiddenSize: hiddenSize, headCount: headCount)
    let maximumPositions = try keys.required("context_length")
    try Self.refuseWhatIsNotImplemented(keys)

    var layer = LayerConfiguration(
      attention: AttentionConfiguration(
        headCount: headCount, keyValueHeadCount: keyValueHeadCount, headSize: headSize,
        scale: 1 / Float(headSize).squareRoot()),
      feedForward: FeedForwardConfiguration(
        intermediateSize: try keys.size("feed_forward_length") ?? 4 * hiddenSize,
        activation: family.defaults.activation))
    layer.attention.scale = try keys.nonzero("attention.scale").map { Float($0) } ?? layer.attention.scale
    func hasBias(_ tensors: TensorRole.LayerTensor...) -> Bool {
      tensors.contains { keys.hasTensor(TensorSlot(role: .layer(0, $0), isBias: true), names) }
    }
    if case .always = family.attentionInputBias { layer.attention.hasInputBias = true }
    layer.attention.hasInputBias = layer.attention.hasInputBias || hasBias(.query, .key, .value)
    layer.attention.hasOutputBias = hasBias(.attentionOutput)
    layer.feedForward.hasBias = hasBias(.gate, .up, .down)
    self.init(
      architecture: architecture, hiddenSize: hiddenSize, vocabularySize: try keys.vocabularySize(names),
      maximumPositions: maximumPositions,
      tiesEmbeddings: !keys.hasTensor(TensorSlot(role: .outputHead), names),
      norm: NormConfiguration(epsilon: 0), layers: [LayerConfiguration](repeating: layer, count: layerCount),
      rotaries: [])
    family.shape(&self)
    // Where a family has norms that are differences from 1, its GGUF files have the sums.
    norm.weightOffset = 0
    let epsilonKey =
      norm.kind == .layer ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon"
    guard let epsilon = try keys.positive(epsilonKey) else {
      throw keys.error(epsilonKey, "expected a number, found none")
    }
    norm.epsilon = Float(epsilon)
    if layers.contains(where: { $0.attention.rotary != nil }) {
      rotaries = [try keys.rotary(family, headSize: headSize, maximumPositions)]
    }
    try family.readGGUF(keys, &self)
    if layers.contains(where: { $0.feedForward.experts == nil }), !keys.hasFeedForwardLength {
      throw keys.error("feed_forward_length", "expected an integer, found none")
    }
    try check { keys.error("rope.dimension_count", $0) }
  }

  private static func refuseWhatIsNotImplemented(_ keys: GGUFKeys) throws(CheckpointError) {
    // Each is 0 or absent where it changes nothing.
    for key in [
      "attention.clamp_kqv", "attention.max_alibi_bias", "attention.output_scale",
      "attention.temperature_scale", "expert_group_count", "expert_group_used_count",
      "leading_dense_block_count", "nextn_predict_layers", "attention.key_length_swa",
      "attention.value_length_swa", "rope.dimension_count_swa", "rope.scaling.alpha",
    ] {
      if let value = keys[key], value.double != 0 {
        throw keys.error(key, "found \(value.summary), which is not supported")
      }
    }
    if let scale = keys["expert_weights_scale"]?.double, scale != 0, scale != 1 {
      throw keys.error("expert_weights_scale", "expected 1, found \(scale), which is not supported")
    }
    if keys["attention.causal"]?.bool == false {
      throw keys.error("attention.causal", "expected true, found false, which is not supported")
    }
  }
}

extension GGUFKeys {
  fileprivate var hasFeedForwardLength: Bool { self["feed_forward_length"] != nil }

  fileprivate func keyValueHeads(_ headCount: Int) throws(CheckpointError) -> Int {
    let count = try size("attention.head_count_kv") ?? headCount
    guard headCount.isMultiple(of: count) else {
      throw error("attention.head_count_kv", "expected a divisor of the \(headCount) heads, found \(count)")
    }
    return count
  }

  fileprivate func headSize(hiddenSize: Int, headCount: Int) throws(CheckpointError) -> Int {
    let size = try self.size("attention.key_length") ?? hiddenSize / headCount
    guard size > 0 else { throw error("attention.key_length", "expected at least 1, found 0") }
    if let valueSize = try self.size("attention.value_length"), valueSize != size {
      throw error("attention.value_length", "expected \(size), as for keys, found \(valueSize)")
    }
    return size
  }

  /// The rows of the token embedding, which are at least the tokenizer's tokens.
  fileprivate func vocabularySize(_ names: TensorNames) throws(CheckpointError) -> Int {
    let name = names.name(TensorSlot(role: .tokenEmbedding))
    guard let embedding = try TensorTable(file).tensor(name) else {
      throw CheckpointError(file.path, "expected tensor \(name), found none")
    }
    let count = embedding.rowCount
    if let tokens = file["tokenizer.ggml.tokens"]?.array, tokens.count > count {
      throw CheckpointError(
        file.path, "tensor \(name): expected a row for each of \(tokens.count) tokens, found \(count)")
    }
    return count
  }

  /// Gives layers a sliding window: those that `attention.sliding_window_pattern` names, else all but every
  /// `period`th, or without a period every one.
  func setWindows(_ model: inout ModelConfiguration, period: Int?) throws(CheckpointError) {
    guard let window = try size("attention.sliding_window", from: 0), window > 0 else { return }
    let pattern = self["attention.sliding_window_pattern"]
    let period = pattern?.int ?? period
    for layer in model.layers.indices {
      let isSliding: Bool
      if let listed = pattern?.array {
        guard let flag = listed.flag(layer) else {
          throw error(
            "attention.sliding_window_pattern",
            "expected \(model.layers.count) of them, found \(listed.count)")
        }
        isSliding = flag
      } else if let period, period > 0 {
        isSliding = layer % period < period - 1
      } else {
        isSliding = true
      }
      if isSliding { model.layers[layer].attention.window = window }
    }
  }

  /// Gives the layers with a window a rotary embedding of their own, without scaling.
  func setSlidingRotary(_ model: inout ModelConfiguration, base: Double) throws(CheckpointError) {
    guard let full = model.rotaries.first else { return }
    model.rotaries.append(
      RotaryConfiguration(
        base: try positive("rope.freq_base_swa") ?? base, dimensions: full.dimensions, layout: full.layout))
    model.forEachLayer { if $0.attention.window != nil { $0.attention.rotary = 1 } }
  }

  /// The experts that the metadata describe; nil where there are none.
  func experts(_ weighting: ExpertsConfiguration.Weighting) throws(CheckpointError) -> ExpertsConfiguration? {
    guard let count = try size("expert_count", from: 0), count > 0 else { return nil }
    guard let chosen = try size("expert_used_count"), chosen <= count else {
      throw error("expert_used_count", "expected an integer up to the \(count) experts, found another value")
    }
    return ExpertsConfiguration(count: count, chosenCount: chosen, weighting: weighting)
  }

  fileprivate func rotary(
    _ family: Family, headSize: Int, _ maximumPositions: Int
  ) throws(CheckpointError) -> RotaryConfiguration {
    var rotary = RotaryConfiguration(
      base: try positive("rope.freq_base") ?? 10_000,
      dimensions: try size("rope.dimension_count") ?? headSize, layout: family.ggufLayout)
    let original = try size("rope.scaling.original_context_length") ?? maximumPositions
    // llama.cpp takes a factor of 0 for none, and a factor without a type for a linear one.
    let type = self["rope.scaling.type"]?.string ?? "linear"
    let factor = (self["rope.scaling.factor"] ?? self["rope.scale_linear"])?.double ?? 0
    guard factor >= 0, factor.isFinite else {
      throw error("rope.scaling.factor", "expected a number from 0, found \(factor)")
    }
    switch type {
    case "none": break
    case "linear": rotary.scaling = factor == 0 || factor == 1 ? .none : .linear(factor: factor)
    case "yarn":
      if let extrapolation = try nonzero("rope.scaling.yarn_ext_factor"), extrapolation != 1 {
        throw error(
          "rope.scaling.yarn_ext_factor", "expected 1, found \(extrapolation), which is not supported")
      }
      if let multiplier = try nonzero("rope.scaling.yarn_log_multiplier") {
        throw error("rope.scaling.yarn_log_multiplier", "found \(multiplier), which is not supported")
      }
      rotary.scaling = .yarn(
        factor: factor == 0 ? 1 : factor, betaFast: try positive("rope.scaling.yarn_beta_fast") ?? 32,
        betaSlow: try positive("rope.scaling.yarn_beta_slow") ?? 1, originalMaximumPositions: original,
        truncates: family.truncatesYarn)
      rotary.attentionFactor =
        try positive("rope.scaling.yarn_attn_factor") ?? RotaryConfiguration.yarnMagnitude(factor)
    case "longrope": break
    default:
      throw error(
        "rope.scaling.type", "expected none, linear, yarn or longrope, found \(type), which is not supported")
    }
    rotary.attentionFactor *= try positive("rope.scaling.attn_factor") ?? 1
    rotary.frequencyFactors = try factors("rope_freqs.weight", count: rotary.pairCount)
    if let short = try factors("rope_factors_short.weight", count: rotary.pairCount),
      let long = try factors("rope_factors_long.weight", count: rotary.pairCount)
    {
      rotary.scaling = .longrope(
        short: short.map { Double($0) }, long: long.map { Double($0) }, originalMaximumPositions: original)
    } else if type == "longrope" {
      throw error("rope.scaling.type", "found longrope without rope_factors_short and rope_factors_long")
    }
    return rotary
  }

  private func factors(_ name: String, count: Int) throws(CheckpointError) -> [Float]? {
    let table = TensorTable(file)
    let layered = try table.tensor("blk.0.\(name)")
    guard let tensor = try table.tensor(name) ?? layered else { return nil }
    guard tensor.type == .f32, tensor.shape == [count] else {
      throw CheckpointError(
        file.path, "tensor \(tensor.name): expected F32 [\(count)], found \(tensor.type.name) \(tensor.shape)"
      )
    }
    let factors = tensor.floats()
    guard factors.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw CheckpointError(file.path, "tensor \(tensor.name): expected finite numbers above 0")
    }
    return factors
  }
}

extension GGUFArray {
  /// Whether element `index`, a truth value or a number, is true or not 0; nil past the end.
  fileprivate func flag(_ index: Int) -> Bool? {
    guard index >= 0, index < count else { return nil }
    let value = self[index]
    return value?.bool ?? value?.int.map { $0 != 0 }
  }
}
