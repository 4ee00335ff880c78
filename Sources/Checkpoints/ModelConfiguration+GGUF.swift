extension ModelConfiguration {
  /// Reads the metadata of a GGUF file of `family`. What it leaves out has llama.cpp's defaults. A key that changes the
  /// computation in a way that is not implemented is an error that names it.
  init(_ file: GGUFFile, family: Family) throws(CheckpointError) {
    let keys = GGUFKeys(file: file, architecture: family.name)
    let hiddenSize = try keys.required("embedding_length")
    let layerCount = try keys.required("block_count", limit: 1 << 16)
    let headCount = try keys.required("attention.head_count")
    let keyValueHeadCount = try keys.size("attention.head_count_kv") ?? headCount
    guard headCount.isMultiple(of: keyValueHeadCount) else {
      throw keys.error(
        "attention.head_count_kv", "expected a divisor of the \(headCount) heads, found \(keyValueHeadCount)")
    }
    let headSize = try keys.size("attention.key_length") ?? hiddenSize / headCount
    guard headSize > 0, headSize.isMultiple(of: 2) else {
      throw keys.error("attention.key_length", "expected an even number, found \(headSize)")
    }
    if let valueSize = try keys.size("attention.value_length"), valueSize != headSize {
      throw keys.error("attention.value_length", "expected \(headSize), as for keys, found \(valueSize)")
    }
    let maximumPositions = try keys.required("context_length")
    try Self.refuseWhatIsNotImplemented(keys, maximumPositions: maximumPositions)

    guard let embedding = try TensorTable(file).tensor(TensorNames.gguf.name(.tokenEmbedding)) else {
      throw CheckpointError(
        file.path, "expected tensor \(TensorNames.gguf.name(.tokenEmbedding)), found none")
    }
    let vocabularySize = embedding.rowCount
    if let tokens = file["tokenizer.ggml.tokens"]?.array, tokens.count > vocabularySize {
      throw CheckpointError(
        file.path,
        "tensor \(embedding.name): expected a row for each of \(tokens.count) tokens, found \(vocabularySize)"
      )
    }
    guard let epsilon = try keys.positive("attention.layer_norm_rms_epsilon") else {
      throw keys.error("attention.layer_norm_rms_epsilon", "expected a number, found none")
    }
    self.init(
      architecture: family.name, hiddenSize: hiddenSize, layerCount: layerCount, headCount: headCount,
      keyValueHeadCount: keyValueHeadCount, headSize: headSize,
      intermediateSize: try keys.required("feed_forward_length"), vocabularySize: vocabularySize,
      maximumPositions: maximumPositions, normEpsilon: Float(epsilon),
      rotary: try RotaryConfiguration(keys, family: family, headSize: headSize),
      tiesEmbeddings: !file.hasTensor(.outputHead),
      biases: Self.biases(of: file, family))
  }

  /// The biases that the family has always, and those that the file has for its first layer.
  private static func biases(of file: GGUFFile, _ family: Family) -> Biases {
    var biases: Biases = []
    if case .always = family.attentionInputBias { biases.insert(.attentionInput) }
    if [.queryBias(0), .keyBias(0), .valueBias(0)].contains(where: file.hasTensor) {
      biases.insert(.attentionInput)
    }
    if file.hasTensor(.attentionOutputBias(0)) { biases.insert(.attentionOutput) }
    if [.gateBias(0), .upBias(0), .downBias(0)].contains(where: file.hasTensor) {
      biases.insert(.feedForward)
    }
    return biases
  }

  private static func refuseWhatIsNotImplemented(
    _ keys: GGUFKeys, maximumPositions: Int
  ) throws(CheckpointError) {
    // Each is 0 or absent where it changes nothing.
    for key in [
      "expert_count", "attention.scale", "attention.clamp_kqv", "attention.max_alibi_bias",
      "attention.output_scale",
      "attention.temperature_scale", "attn_logit_softcapping", "final_logit_softcapping", "logit_scale",
      "residual_scale", "embedding_scale",
    ] {
      if let value = keys[key], value.double != 0 {
        throw keys.error(key, "found \(value.summary), which is not supported")
      }
    }
    if let window = try keys.size("attention.sliding_window", from: 0), window > 0, window < maximumPositions
    {
      throw keys.error(
        "attention.sliding_window", "attention in a sliding window of \(window) is not supported")
    }
    if keys["attention.causal"]?.bool == false {
      throw keys.error("attention.causal", "expected true, found false, which is not supported")
    }
  }
}

extension RotaryConfiguration {
  fileprivate init(_ keys: GGUFKeys, family: Family, headSize: Int) throws(CheckpointError) {
    base = try keys.positive("rope.freq_base") ?? 10_000
    dimensions = try keys.size("rope.dimension_count") ?? headSize
    layout = family.ggufLayout
    guard dimensions == headSize else {
      throw keys.error(
        "rope.dimension_count",
        "expected the head size, \(headSize), found \(dimensions), which is not supported")
    }
    if let factor = try keys.positive("rope.scaling.attn_factor"), factor != 1 {
      throw keys.error("rope.scaling.attn_factor", "expected 1, found \(factor), which is not supported")
    }
    // llama.cpp takes a factor of 0 for none, and a factor without a type for a linear one.
    let type = keys["rope.scaling.type"]?.string ?? "linear"
    let factor = (keys["rope.scaling.factor"] ?? keys["rope.scale_linear"])?.double ?? 0
    switch type {
    case "none": scaling = .none
    case "linear":
      guard factor >= 0, factor.isFinite else {
        throw keys.error("rope.scaling.factor", "expected a number from 0, found \(factor)")
      }
      scaling = factor == 0 || factor == 1 ? .none : .linear(factor: factor)
    default:
      throw keys.error("rope.scaling.type", "expected none or linear, found \(type), which is not supported")
    }
    frequencyFactors = try Self.frequencyFactors(keys.file, count: dimensions / 2)
  }

  private static func frequencyFactors(_ file: GGUFFile, count: Int) throws(CheckpointError) -> Tensor? {
    guard let tensor = try TensorTable(file).tensor("rope_freqs.weight") else { return nil }
    guard tensor.type == .f32, tensor.shape == [count] else {
      throw CheckpointError(
        file.path, "tensor \(tensor.name): expected F32 [\(count)], found \(tensor.type.name) \(tensor.shape)"
      )
    }
    guard tensor.floats().allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw CheckpointError(file.path, "tensor \(tensor.name): expected finite numbers above 0")
    }
    return tensor
  }
}

extension GGUFFile {
  /// Whether the file has a role's tensor, of whatever type.
  fileprivate func hasTensor(_ role: TensorRole) -> Bool {
    let name = TensorNames.gguf.name(role)
    return tensors[name] != nil || unsupportedTensors[name] != nil
  }
}

/// The metadata of one architecture in a GGUF file, each value checked as it is read; errors name file and key.
private struct GGUFKeys {
  let file: GGUFFile
  let architecture: String

  subscript(key: String) -> GGUFValue? { file["\(architecture).\(key)"] }

  func error(_ key: String, _ reason: String) -> CheckpointError {
    CheckpointError(file.path, "\(architecture).\(key): \(reason)")
  }

  /// An integer in a range, or an array that says the same integer for each layer.
  func size(_ key: String, from least: Int = 1, limit: Int = 1 << 31) throws(CheckpointError) -> Int? {
    guard let value = self[key] else { return nil }
    var int = value.int
    if let values = value.array?.ints, let first = values.first {
      guard values.allSatisfy({ $0 == first }) else {
        throw error(key, "layers that differ are not supported")
      }
      int = first
    }
    guard let int, (least...limit).contains(int) else {
      throw error(key, "expected an integer from \(least) to \(limit), found \(value.summary)")
    }
    return int
  }

  /// An integer from 1 that has no default.
  func required(_ key: String, limit: Int = 1 << 31) throws(CheckpointError) -> Int {
    guard let value = try size(key, limit: limit) else { throw error(key, "expected an integer, found none") }
    return value
  }

  /// A finite number above 0.
  func positive(_ key: String) throws(CheckpointError) -> Double? {
    guard let value = self[key] else { return nil }
    guard let number = value.double, number > 0, number.isFinite else {
      throw error(key, "expected a number above 0, found \(value.summary)")
    }
    return number
  }
}
