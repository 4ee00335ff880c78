import Records

extension ModelConfiguration {
  /// Reads the `config.json` of a transformers model. What it leaves out has transformers' defaults. A field
  /// that changes the computation in a way that is not implemented is an error that names it.
  init(_ config: JSONFields, family: Family) throws {
    let defaults = family.defaults, fields = family.fields
    try Self.refuseWhatIsNotImplemented(config, family)
    let hiddenSize = try config.size(fields.hiddenSize) ?? defaults.hiddenSize
    let headCount = try config.size(fields.headCount) ?? defaults.headCount
    let keyValueHeadCount = try config.keyValueHeads(headCount, family)
    let headSize = try config.headSize(hiddenSize: hiddenSize, headCount: headCount, family)
    let maximumPositions = try config.size(fields.maximumPositions) ?? defaults.maximumPositions
    let layerCount = try config.size(fields.layerCount, limit: 1 << 16) ?? defaults.layerCount
    let intermediateSize =
      try config.size(fields.intermediateSize) ?? defaults.intermediateSize ?? 4 * hiddenSize

    let layer = LayerConfiguration(
      attention: AttentionConfiguration(
        headCount: headCount, keyValueHeadCount: keyValueHeadCount, headSize: headSize,
        scale: 1 / Float(headSize).squareRoot(), hasInputBias: try family.attentionInputBias.applies(config),
        hasOutputBias: try family.attentionOutputBias.applies(config)),
      feedForward: FeedForwardConfiguration(
        intermediateSize: intermediateSize, activation: try config.activation(family),
        hasBias: try family.feedForwardBias.applies(config)))
    self.init(
      architecture: family.modelType, hiddenSize: hiddenSize,
      vocabularySize: try config.size("vocab_size") ?? defaults.vocabularySize,
      maximumPositions: maximumPositions,
      tiesEmbeddings: try config.bool("tie_word_embeddings") ?? defaults.tiesEmbeddings,
      norm: NormConfiguration(
        epsilon: Float(try config.positive(fields.normEpsilon) ?? defaults.normEpsilon)),
      layers: [LayerConfiguration](repeating: layer, count: layerCount), rotaries: [])
    family.shape(&self)
    try family.readConfig(config, &self)
    try config.setRotaries(&self, family)
    try check { config.error("head_dim", $0) }
  }

  private static func refuseWhatIsNotImplemented(_ config: JSONFields, _ family: Family) throws {
    if let quantization = try config.fields("quantization_config"),
      try quantization.string("quant_method") != family.quantization ?? ""
    {
      throw config.error("quantization_config", "quantized checkpoints are supported as GGUF only")
    }
    if config.has("per_layer_config") {
      throw config.error("per_layer_config", "layers that differ in size are not supported")
    }
    for field in family.refusedFields {
      guard let value = config[field], value.bool != false else { continue }
      throw config.error(field, "found \(value.bool == true ? "true" : "a value"), which is not supported")
    }
  }

  /// Refuses what the forward pass could not carry out.
  func check(_ error: (String) -> CheckpointError) throws(CheckpointError) {
    for layer in layers {
      guard layer.attention.headCount * layer.attention.headSize <= 1 << 31 else {
        throw error("expected up to 2^31 elements in all heads, found more")
      }
      guard let rotary = layer.attention.rotary else { continue }
      guard rotaries.indices.contains(rotary) else { throw error("no rotary embedding \(rotary)") }
      let count = 2 * rotaries[rotary].pairCount
      guard count >= 2, count <= layer.attention.headSize else {
        throw error(
          "heads of \(layer.attention.headSize) elements cannot turn \(rotaries[rotary].dimensions) of them")
      }
    }
  }
}

extension JSONFields {
  fileprivate func keyValueHeads(_ headCount: Int, _ family: Family) throws(CheckpointError) -> Int {
    guard family.groupsHeads else { return headCount }
    // A null is not an absent field: it is transformers' way to say "as many as heads".
    let absent = object["num_key_value_heads"] == nil ? family.defaults.keyValueHeadCount : nil
    let count = try size("num_key_value_heads") ?? absent ?? headCount
    guard headCount.isMultiple(of: count) else {
      throw error("num_key_value_heads", "expected a divisor of the \(headCount) heads, found \(count)")
    }
    return count
  }

  fileprivate func headSize(hiddenSize: Int, headCount: Int, _ family: Family) throws(CheckpointError) -> Int
  {
    let absent = object["head_dim"] == nil ? family.defaults.headSize : nil
    let size = try size("head_dim") ?? absent ?? hiddenSize / headCount
    guard size > 0 else { throw error("head_dim", "expected at least 1, found \(size)") }
    guard family.hasHeadSize || size == hiddenSize / headCount else {
      throw error("head_dim", "expected \(hiddenSize / headCount), found \(size), which is not supported")
    }
    return size
  }

  /// The activation that a field names.
  fileprivate func activation(_ family: Family) throws(CheckpointError) -> Activation {
    guard let name = try string(family.fields.activation) else { return family.defaults.activation }
    guard let activation = Activation(transformersName: name) else {
      throw error(family.fields.activation, "found \(name), which is not supported")
    }
    return activation
  }

  /// Which layers attend in a sliding window: what `layer_types` says, or where it is absent, `otherwise`.
  func slidingLayers(
    count: Int, otherwise: (Int) throws(CheckpointError) -> Bool
  ) throws(CheckpointError) -> [Bool] {
    guard let types = self["layer_types"] else {
      var layers: [Bool] = []
      for layer in 0..<count { layers.append(try otherwise(layer)) }
      return layers
    }
    var layers: [Bool] = []
    for type in types.elements {
      switch type.string {
      case "full_attention": layers.append(false)
      case "sliding_attention": layers.append(true)
      default:
        throw error(
          "layer_types", "expected full_attention or sliding_attention, found \(type.string ?? "no name")")
      }
    }
    guard layers.count == count else {
      throw error("layer_types", "expected \(count) of them, found \(layers.count)")
    }
    return layers
  }

  /// The window that a field gives; absent, the default, and null for none.
  func window(default absent: Int?) throws(CheckpointError) -> Int? {
    try size("sliding_window") ?? (isNull("sliding_window") ? nil : absent)
  }

  /// Gives the sliding layers the window of `sliding_window`, which they must have.
  func setWindows(
    _ model: inout ModelConfiguration, default absent: Int?, sliding: [Bool]
  ) throws(CheckpointError) {
    guard sliding.contains(true) else { return }
    guard let window = try window(default: absent) else {
      throw error(
        "sliding_window", "expected an integer, as there are layers of sliding_attention, found none")
    }
    for (layer, isSliding) in sliding.enumerated() where isSliding {
      model.layers[layer].attention.window = window
    }
  }
}

extension Family.BiasRule {
  fileprivate func applies(_ config: JSONFields) throws(CheckpointError) -> Bool {
    switch self {
    case .never: false
    case .always: true
    case .field(let name, let absent): try config.bool(name) ?? absent
    }
  }
}
