import Records

extension JSONFields {
  /// Sets the rotary embeddings of the layers that turn their heads; which have a
  /// sliding window is known by now.
  func setRotaries(_ model: inout ModelConfiguration, _ family: Family) throws(CheckpointError) {
    switch family.rotaries {
    case .none: model.rotaries = []
    case .one: model.rotaries = [try rotary(model, family)]
    case .byKindOfLayer(let slidingBase, let field):
      let (full, sliding) = try layeredRotaries(
        model, fullBase: family.defaults.rotaryBase, slidingBase: slidingBase, slidingBaseField: field)
      model.rotaries = [full, sliding]
      model.forEachLayer { $0.attention.rotary = $0.attention.window == nil ? 0 : 1 }
    }
  }

  /// The one rotary embedding of a model: `rope_scaling` or `rope_parameters`, in
  /// transformers' order of precedence.
  private func rotary(_ model: ModelConfiguration, _ family: Family) throws(CheckpointError)
    -> RotaryConfiguration
  {
    // An older field with something in it goes before the newer one.
    let older = try fields("rope_scaling")
    let isOlder = older?.object.members.contains { _ in true } ?? false
    let parameters = isOlder ? older : try fields("rope_parameters")
    let outerBase = try positive(family.fields.rotaryBase)
    let outerShare = try positive(family.fields.partialRotary)
    let share =
      try parameters?.positive("partial_rotary_factor") ?? outerShare ?? family.defaults.partialRotary
    guard family.turnsPartially || share == 1 else {
      throw (try parameters?.positive("partial_rotary_factor") != nil ? parameters ?? self : self).error(
        "partial_rotary_factor", "expected 1, found \(share), which is not supported")
    }
    let headSize = model.layers.first?.attention.headSize ?? 0
    guard share <= 1 else { throw error(family.fields.partialRotary, "expected at most 1, found \(share)") }
    var rotary = RotaryConfiguration(
      base: try parameters?.positive("rope_theta") ?? outerBase ?? family.defaults.rotaryBase,
      dimensions: Int(Double(headSize) * share))
    guard let parameters else {
      if let scaling = family.defaults.rotaryScaling { rotary.scaling = scaling }
      if case .yarn(let factor, _, _, _, _) = rotary.scaling {
        rotary.attentionFactor = RotaryConfiguration.yarnMagnitude(factor)
      }
      return rotary
    }
    for type in ["full_attention", "sliding_attention"] as [StaticString]
    where parameters.has(type) && !parameters.has("rope_type") {
      throw parameters.error(type, "rotary embeddings of its own for a kind of layer are not supported")
    }
    let outer = try size("original_max_position_embeddings")
    let inner = try parameters.size("original_max_position_embeddings")
    try parameters.scale(
      &rotary, model,
      original: outer ?? family.defaults.originalMaximumPositions ?? inner ?? model.maximumPositions,
      truncates: try parameters.bool("truncate") ?? true, isPhi: family.modelType == "phi3")
    return rotary
  }

  /// The rotary embeddings of layers that attend to everything and of those with a sliding window, which
  /// `rope_parameters` has apart. An older `rope_scaling` belongs to the first.
  private func layeredRotaries(
    _ model: ModelConfiguration, fullBase: Double, slidingBase: Double, slidingBaseField: StaticString?
  ) throws(CheckpointError) -> (full: RotaryConfiguration, sliding: RotaryConfiguration) {
    let parameters = try fields("rope_parameters")
    let older = try fields("rope_scaling")
    let newer = try parameters?.fields("full_attention")
    let full = older ?? newer
    let sliding = try parameters?.fields("sliding_attention")
    let outerBase = try positive("rope_theta")
    var slidingBase = slidingBase
    if let slidingBaseField { slidingBase = try positive(slidingBaseField) ?? slidingBase }
    let truncates = try parameters?.bool("truncate") ?? true
    func rotary(_ fields: JSONFields?, _ base: Double) throws(CheckpointError) -> RotaryConfiguration {
      var rotary = RotaryConfiguration(
        base: try fields?.positive("rope_theta") ?? base,
        dimensions: model.layers.first?.attention.headSize ?? 0)
      guard let fields else { return rotary }
      if let share = try fields.positive("partial_rotary_factor"), share != 1 {
        throw fields.error("partial_rotary_factor", "expected 1, found \(share), which is not supported")
      }
      let original = try fields.size("original_max_position_embeddings") ?? model.maximumPositions
      try fields.scale(&rotary, model, original: original, truncates: truncates, isPhi: false)
      return rotary
    }
    return (try rotary(full, outerBase ?? fullBase), try rotary(sliding, slidingBase))
  }

  /// Sets the scaling that these parameters describe.
  ///
  /// - Parameters:
  ///   - original: positions that the model was first trained for.
  ///   - isPhi: `su` and `yarn` are older names of `longrope`.
  private func scale(
    _ rotary: inout RotaryConfiguration, _ model: ModelConfiguration, original: Int, truncates: Bool,
    isPhi: Bool
  ) throws(CheckpointError) {
    let oldType = try string("type")
    var type = try string("rope_type") ?? oldType ?? "default"
    if isPhi, type == "su" || type == "yarn" { type = "longrope" }
    switch type {
    case "default": break
    case "linear": rotary.scaling = .linear(factor: try required("factor"))
    case "dynamic":
      // The base grows with sequences longer than the model was made for, and those are not taken.
      _ = try required("factor")
    case "llama3":
      rotary.scaling = .llama3(
        factor: try required("factor"), lowFrequencyFactor: try required("low_freq_factor"),
        highFrequencyFactor: try required("high_freq_factor"), originalMaximumPositions: original)
    case "yarn":
      guard rotary.dimensions.isMultiple(of: 2) else {
        throw error("rope_type", "yarn of an odd number of elements, \(rotary.dimensions), is not supported")
      }
      let factor = try positive("factor") ?? Double(model.maximumPositions) / Double(original)
      rotary.scaling = .yarn(
        factor: factor, betaFast: try nonzero("beta_fast") ?? 32, betaSlow: try nonzero("beta_slow") ?? 1,
        originalMaximumPositions: original, truncates: truncates)
      rotary.attentionFactor = RotaryConfiguration.yarnMagnitude(factor)
      if let numerator = try nonzero("mscale"), let denominator = try nonzero("mscale_all_dim") {
        rotary.attentionFactor =
          RotaryConfiguration.yarnMagnitude(factor, numerator)
          / RotaryConfiguration.yarnMagnitude(factor, denominator)
      }
      rotary.attentionFactor = try positive("attention_factor") ?? rotary.attentionFactor
    case "longrope":
      let short = try numbers("short_factor", count: rotary.pairCount)
      let long = try numbers("long_factor", count: rotary.pairCount)
      rotary.scaling = .longrope(short: short, long: long, originalMaximumPositions: original)
      let factor = try positive("factor") ?? Double(model.maximumPositions) / Double(original)
      rotary.attentionFactor =
        try positive("attention_factor") ?? RotaryConfiguration.longropeMagnitude(factor, original)
    default:
      throw error(
        "rope_type",
        "expected default, linear, dynamic, llama3, yarn or longrope, found \(type), which is not supported")
    }
  }

  /// A finite number above 0 that has no default.
  private func required(_ name: StaticString) throws(CheckpointError) -> Double {
    guard let value = try positive(name) else { throw error(name, "expected a number, found none") }
    return value
  }

  /// A number above 0; 0 counts as absent.
  private func nonzero(_ name: StaticString) throws(CheckpointError) -> Double? {
    self[name]?.double == 0 ? nil : try positive(name)
  }

  /// As many finite numbers above 0 as wanted.
  private func numbers(_ name: StaticString, count: Int) throws(CheckpointError) -> [Double] {
    let numbers = self[name]?.elements.compactMap(\.double).filter { $0 > 0 && $0.isFinite } ?? []
    guard numbers.count == count else {
      throw error(name, "expected \(count) numbers above 0, found \(numbers.count)")
    }
    return numbers
  }
}
