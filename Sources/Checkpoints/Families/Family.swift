import Records

/// A family of models as data: what its configurations leave unsaid, and what its tensors are called.
///
/// To add one, add a value of this type in a file of its own and name it in `all`.
struct Family: Sendable {
  /// config.json's `model_type`.
  let modelType: String
  /// GGUF's `general.architecture`; nil where llama.cpp has none.
  let architecture: String?

  /// What transformers takes for fields that config.json leaves out.
  let defaults: Defaults

  /// Names of fields where they are not the usual ones.
  var fields = Fields()
  /// Whether `num_key_value_heads` is read.
  var groupsHeads = true
  /// Whether `head_dim` is read.
  var hasHeadSize = true
  /// Which linear layers have biases in a checkpoint with a config.json.
  var attentionInputBias = BiasRule.never
  var attentionOutputBias = BiasRule.never
  var feedForwardBias = BiasRule.never
  /// Which rotary embeddings config.json describes.
  var rotaries = Rotaries.one
  /// Whether `partial_rotary_factor` is read.
  var turnsPartially = false
  /// The `quant_method` that is read; others are refused.
  var quantization: String?
  /// Fields that change the computation when they are anything but absent, null or false,
  /// and are not implemented.
  var refusedFields: [StaticString] = []

  /// The tensors' names beside a config.json.
  var names = TensorNames.transformers
  /// The tensors' names in a GGUF file.
  var ggufNames = TensorNames.gguf
  /// Which pairs of a head turn together in a GGUF file of the family.
  var ggufLayout = RotaryConfiguration.Layout.halves
  /// Whether YaRN's bounds are rounded, which GGUF does not say.
  var truncatesYarn = true

  /// What all members have, whatever the file says. Layers are alike at this point.
  var shape: @Sendable (inout ModelConfiguration) -> Void = { _ in }
  /// What config.json says beside the sizes.
  var readConfig: @Sendable (JSONFields, inout ModelConfiguration) throws -> Void = { _, _ in }
  /// What GGUF metadata say beside the sizes.
  var readGGUF: @Sendable (GGUFKeys, inout ModelConfiguration) throws -> Void = { _, _ in }

  /// The families that can be read.
  static let all: [Family] = [
    .llama, .mistral, .mixtral, .qwen2, .qwen2Moe, .qwen3, .qwen3Moe, .olmo2, .olmo3, .olmoe, .gemma, .gemma2,
    .gemma3Text, .phi3, .smollm3, .granite, .gpt2, .gptNeoX, .starcoder2, .stablelm, .gptOss,
  ]

  /// Models that see, too, whose language model is in `text_config` and is the same
  /// for a text without images.
  private static let seeing = ["gemma3", "mistral3", "llava"]

  /// The family of a config.json, and the fields that describe the language model.
  static func ofConfig(_ config: JSONFields) throws(CheckpointError) -> (Family, JSONFields) {
    guard let type = try config.string("model_type") else {
      throw config.error("model_type", "expected a string, found none")
    }
    if seeing.contains(type), let text = try config.fields("text_config") {
      if config.has("quantization_config"), !text.has("quantization_config") {
        throw config.error("quantization_config", "quantized checkpoints are supported as GGUF only")
      }
      let type = try text.string("model_type") ?? (type == "gemma3" ? "gemma3_text" : "llama")
      return (try named(type, text), text)
    }
    return (try named(type, config), config)
  }

  private static func named(_ type: String, _ config: JSONFields) throws(CheckpointError) -> Family {
    guard let family = all.first(where: { $0.modelType == type }) else {
      let names = all.map(\.modelType).sorted().joined(separator: ", ")
      throw config.error("model_type", "expected one of \(names), found \(type), which is not supported")
    }
    return family
  }

  /// The family of a GGUF file's architecture, or an error that lists the ones there are.
  static func ofGGUF(_ name: String, file: String) throws(CheckpointError) -> Family {
    guard let family = all.first(where: { $0.architecture == name }) else {
      let names = all.compactMap(\.architecture).sorted().joined(separator: ", ")
      throw CheckpointError(
        file, "general.architecture: expected one of \(names), found \(name), which is not supported")
    }
    return family
  }

  /// When a group of linear layers has biases.
  enum BiasRule: Sendable {
    case never
    case always
    /// When this truth value of config.json is set.
    case field(StaticString, otherwise: Bool = false)
  }

  /// How many rotary embeddings a model has.
  enum Rotaries: Sendable {
    case none
    case one
    /// One for the layers that attend to everything, and one without scaling by default for those with a
    /// sliding window, whose base is in a field or a constant.
    case byKindOfLayer(slidingBase: Double, field: StaticString?)
  }

  /// Names of fields of config.json.
  struct Fields: Sendable {
    var hiddenSize: StaticString = "hidden_size"
    var intermediateSize: StaticString = "intermediate_size"
    var layerCount: StaticString = "num_hidden_layers"
    var headCount: StaticString = "num_attention_heads"
    var maximumPositions: StaticString = "max_position_embeddings"
    var normEpsilon: StaticString = "rms_norm_eps"
    var activation: StaticString = "hidden_act"
    var rotaryBase: StaticString = "rope_theta"
    var partialRotary: StaticString = "partial_rotary_factor"
  }

  /// Values of fields that are not there.
  struct Defaults: Sendable {
    let hiddenSize: Int
    /// nil: four times the hidden size.
    let intermediateSize: Int?
    let layerCount: Int
    let headCount: Int
    /// nil: as many as heads.
    let keyValueHeadCount: Int?
    /// nil: the hidden size shared among the heads.
    var headSize: Int?
    let vocabularySize: Int
    let maximumPositions: Int
    var normEpsilon = 1e-6
    var activation = Activation.silu
    var rotaryBase = 10_000.0
    var partialRotary = 1.0
    var rotaryScaling: RotaryConfiguration.Scaling?
    /// Positions that the model was first trained for, for scalings of the rotary
    /// embedding; nil: what they say.
    var originalMaximumPositions: Int?
    var tiesEmbeddings = false
  }
}
