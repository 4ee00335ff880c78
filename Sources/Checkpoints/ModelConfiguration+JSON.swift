import Records

extension ModelConfiguration {
  /// Reads the `config.json` of a transformers model, in the older spelling (`rope_theta`, `rope_scaling`) or the newer
  /// (`rope_parameters`). What it leaves out has transformers' defaults. A field that changes the computation in a way
  /// that is not implemented is an error that names it.
  init(_ config: JSONFields, family: Family) throws(CheckpointError) {
    let defaults = family.defaults
    let headCount = try config.size("num_attention_heads") ?? defaults.headCount
    let hiddenSize = try config.size("hidden_size") ?? defaults.hiddenSize
    // A null is not an absent field: it is transformers' way to say "as many as heads".
    let noKeyValueHeads = config.object["num_key_value_heads"] == nil ? defaults.keyValueHeadCount : nil
    let keyValueHeadCount = try config.size("num_key_value_heads") ?? noKeyValueHeads ?? headCount
    guard headCount.isMultiple(of: keyValueHeadCount) else {
      throw config.error(
        "num_key_value_heads", "expected a divisor of the \(headCount) heads, found \(keyValueHeadCount)")
    }
    let headSize = try config.size("head_dim") ?? hiddenSize / headCount
    guard headSize > 0, headSize.isMultiple(of: 2) else {
      throw config.error("head_dim", "expected an even number, found \(headSize)")
    }
    let maximumPositions = try config.size("max_position_embeddings") ?? defaults.maximumPositions
    let layerCount = try config.size("num_hidden_layers", limit: 1 << 16) ?? defaults.layerCount

    try Self.refuseWhatIsNotImplemented(config, layerCount: layerCount, maximumPositions: maximumPositions)

    var biases: Biases = []
    if try family.attentionInputBias.applies(config) { biases.insert(.attentionInput) }
    if try family.attentionOutputBias.applies(config) { biases.insert(.attentionOutput) }
    if try family.feedForwardBias.applies(config) { biases.insert(.feedForward) }

    self.init(
      architecture: family.name, hiddenSize: hiddenSize, layerCount: layerCount, headCount: headCount,
      keyValueHeadCount: keyValueHeadCount, headSize: headSize,
      intermediateSize: try config.size("intermediate_size") ?? defaults.intermediateSize,
      vocabularySize: try config.size("vocab_size") ?? defaults.vocabularySize,
      maximumPositions: maximumPositions,
      normEpsilon: Float(try config.positive("rms_norm_eps") ?? defaults.normEpsilon),
      rotary: try RotaryConfiguration(
        config, headSize: headSize, maximumPositions: maximumPositions, defaultBase: defaults.rotaryBase),
      tiesEmbeddings: try config.bool("tie_word_embeddings") ?? defaults.tiesEmbeddings,
      biases: biases)
  }

  private static func refuseWhatIsNotImplemented(
    _ config: JSONFields, layerCount: Int, maximumPositions: Int
  ) throws(CheckpointError) {
    if let activation = try config.string("hidden_act"), activation != "silu", activation != "swish" {
      throw config.error("hidden_act", "expected silu, found \(activation), which is not supported")
    }
    if config.has("quantization_config") {
      throw config.error("quantization_config", "quantized checkpoints are supported as GGUF only")
    }
    if config.has("per_layer_config") {
      throw config.error("per_layer_config", "layers that differ in size are not supported")
    }
    try refuseSlidingWindow(config, layerCount: layerCount, maximumPositions: maximumPositions)
  }

  /// Refuses layers with attention in a sliding window, unless the window is as long as the context.
  private static func refuseSlidingWindow(
    _ config: JSONFields, layerCount: Int, maximumPositions: Int
  ) throws(CheckpointError) {
    let usesWindow = try config.bool("use_sliding_window") ?? false
    // A null says that there is no window; an absent field has a default.
    let hasWindow = usesWindow && config.object["sliding_window"]?.kind != .null
    let window = try config.size("sliding_window") ?? 4096
    let isShort = hasWindow && window < maximumPositions
    if let types = config["layer_types"] {
      for type in types.elements where !type.equals("full_attention") {
        guard type.equals("sliding_attention"), hasWindow, !isShort else {
          throw config.error("layer_types", "expected full_attention, found \(type.string ?? "no name")")
        }
      }
    } else if isShort {
      let firstWindowed = try config.size("max_window_layers", from: 0) ?? 28
      guard firstWindowed >= layerCount else {
        throw config.error(
          "use_sliding_window", "attention in a sliding window of \(window) is not supported")
      }
    }
  }
}

extension Family.BiasRule {
  fileprivate func applies(_ config: JSONFields) throws(CheckpointError) -> Bool {
    switch self {
    case .never: false
    case .always: true
    case .field(let name): try config.bool(name) ?? false
    }
  }
}

extension RotaryConfiguration {
  /// Reads `rope_scaling` or `rope_parameters`, in transformers' order of precedence.
  fileprivate init(
    _ config: JSONFields, headSize: Int, maximumPositions: Int, defaultBase: Double
  ) throws(CheckpointError) {
    // An empty rope_scaling counts as none.
    var parameters = try config.fields("rope_scaling")
    if parameters == nil || parameters?.object.count == 0 {
      parameters = try config.fields("rope_parameters")
    }
    for fields in [config, parameters].compactMap(\.self) {
      if let share = try fields.positive("partial_rotary_factor"), share != 1 {
        throw fields.error("partial_rotary_factor", "expected 1, found \(share), which is not supported")
      }
    }
    let outerBase = try config.positive("rope_theta")
    base = try parameters?.positive("rope_theta") ?? outerBase ?? defaultBase
    dimensions = headSize
    layout = .halves
    frequencyFactors = nil
    guard let parameters else {
      scaling = .none
      return
    }
    let oldType = try parameters.string("type")
    let type = try parameters.string("rope_type") ?? oldType ?? "default"
    switch type {
    case "default": scaling = .none
    case "linear": scaling = .linear(factor: try parameters.required("factor"))
    case "llama3":
      let inner = try parameters.size("original_max_position_embeddings")
      scaling = .llama3(
        factor: try parameters.required("factor"),
        lowFrequencyFactor: try parameters.required("low_freq_factor"),
        highFrequencyFactor: try parameters.required("high_freq_factor"),
        originalMaximumPositions: try config.size("original_max_position_embeddings") ?? inner
          ?? maximumPositions)
    default:
      throw parameters.error(
        "rope_type", "expected default, linear or llama3, found \(type), which is not supported")
    }
  }
}

extension JSONFields {
  /// A finite number above 0 that has no default.
  fileprivate func required(_ name: StaticString) throws(CheckpointError) -> Double {
    guard let value = try positive(name) else { throw error(name, "expected a number, found none") }
    return value
  }
}
