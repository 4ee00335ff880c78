/// A family of models as data: what its configurations leave unsaid.
///
/// To add a family whose layers are those of the others, add a value of this type in a file of its own and name it in
/// `all`.
struct Family: Sendable {
  /// config.json's `model_type`, and GGUF's `general.architecture`.
  let name: String

  /// What transformers takes for fields that config.json leaves out.
  let defaults: Defaults

  /// Which linear layers have biases in a checkpoint with a config.json.
  let attentionInputBias: BiasRule
  let attentionOutputBias: BiasRule
  let feedForwardBias: BiasRule

  /// Which pairs of a head turn together in a GGUF file of the family.
  let ggufLayout: RotaryConfiguration.Layout

  /// The tensors' names beside a config.json.
  let names: TensorNames

  /// The families that can be read.
  static let all: [Family] = [.llama, .qwen2]

  /// The family of a name, or an error that lists the ones there are.
  static func named(_ name: String, _ field: String, file: String) throws(CheckpointError) -> Family {
    guard let family = all.first(where: { $0.name == name }) else {
      let names = all.map(\.name).joined(separator: ", ")
      throw CheckpointError(file, "\(field): expected one of \(names), found \(name), which is not supported")
    }
    return family
  }

  /// When a group of linear layers has biases.
  enum BiasRule: Sendable {
    case never
    case always
    /// When this truth value of config.json is set; it is false by default.
    case field(StaticString)
  }

  /// Values of fields that are not there.
  struct Defaults: Sendable {
    let hiddenSize: Int
    let intermediateSize: Int
    let layerCount: Int
    let headCount: Int
    /// nil: as many as heads.
    let keyValueHeadCount: Int?
    let vocabularySize: Int
    let maximumPositions: Int
    var normEpsilon = 1e-6
    var rotaryBase = 10_000.0
    var tiesEmbeddings = false
  }
}
