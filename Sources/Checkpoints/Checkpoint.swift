import Streams

/// An open model: its configuration, and its tensors by what they are for.
///
/// Everything is checked on opening, and the tensors are mapped: nothing is read but headers and a few bytes of each
/// tensor, so that a checkpoint of any size opens in milliseconds.
package final class Checkpoint: Sendable {
  package let location: ModelLocation
  package let configuration: ModelConfiguration
  /// `NAME@8hex`: the model's name, and a digest of its configuration, its tensors' names, types and shapes, and a
  /// sample of their elements. The same wherever the checkpoint lies.
  package let fingerprint: String

  private let tensors: [TensorRole: Tensor]

  /// The tensor with a role; nil for a bias that the model does not have.
  ///
  /// Its shape is the one that the configuration asks for. Where embeddings are tied, the output head is the token
  /// embedding.
  package func tensor(_ role: TensorRole) -> Tensor? { tensors[role] }

  /// Opens the checkpoint at a location.
  ///
  /// - Throws: `IOError` when a file cannot be read; `CheckpointError` when one is damaged, the model is of a family
  ///   that is not supported or its configuration asks for something that is not.
  package static func open(_ location: ModelLocation) throws -> Checkpoint {
    switch location {
    case .gguf(let path): try Checkpoint(location, gguf: path)
    case .folder(let path): try Checkpoint(location, folder: path)
    }
  }

  private init(_ location: ModelLocation, gguf path: String) throws {
    let file = try GGUFFile(path: path)
    if let parts = file["split.count"]?.int, parts > 1 {
      throw CheckpointError(
        path, "one of \(parts) parts of a split GGUF; join them with llama-gguf-split --merge")
    }
    guard let architecture = file["general.architecture"]?.string else {
      throw CheckpointError(path, "general.architecture: expected a string, found none")
    }
    let family = try Family.named(architecture, "general.architecture", file: path)
    let configuration = try ModelConfiguration(file, family: family)
    let table = TensorTable(file)
    tensors = try table.tensors(for: configuration, names: .gguf, isTied: configuration.tiesEmbeddings)
    try table.refuseUnused(tensors)
    self.configuration = configuration
    self.location = location
    fingerprint = Fingerprint(metadata: file.metadataBytes, table).text(location.name)
  }

  private init(_ location: ModelLocation, folder: String) throws {
    let path = Paths.join(folder, "config.json")
    guard Paths.exists(path) else {
      throw CheckpointError(folder, "expected config.json and model.safetensors, or one .gguf file")
    }
    let config = try MappedFile(path: path)
    let (family, fromConfig) = try withJSONObject(config.bytes, file: path) { object in
      let fields = JSONFields(object: object, file: path)
      guard let type = try fields.string("model_type") else {
        throw fields.error("model_type", "expected a string, found none")
      }
      let family = try Family.named(type, "model_type", file: path)
      return (family, try ModelConfiguration(fields, family: family))
    }
    var configuration = fromConfig
    let table = try TensorTable(folder: folder)
    // A checkpoint of the bare decoder has no prefix.
    var names = family.names
    if table.tensors[names.name(.outputNorm)] == nil {
      var bare = names
      bare.prefix = ""
      if table.tensors[bare.name(.outputNorm)] != nil { names = bare }
    }
    tensors = try table.tensors(for: configuration, names: names, isTied: configuration.tiesEmbeddings)
    configuration.tiesEmbeddings = tensors[.outputHead]?.name == tensors[.tokenEmbedding]?.name
    self.configuration = configuration
    self.location = location
    fingerprint = Fingerprint(metadata: config.bytes, table).text(location.name)
  }
}

extension TensorTable {
  /// The tensors of a configuration by role, their shapes checked.
  ///
  /// With `isTied`, the token embedding and the output head stand in for each other where one is absent; where both are
  /// there, each is used, as transformers does.
  fileprivate func tensors(
    for configuration: ModelConfiguration, names: TensorNames, isTied: Bool
  ) throws(CheckpointError) -> [TensorRole: Tensor] {
    var result: [TensorRole: Tensor] = [:]
    for role in configuration.roles {
      result[role] = try tensor(role, configuration, names)
    }
    let embedding = try optionalTensor(.tokenEmbedding, configuration, names)
    let head = try optionalTensor(.outputHead, configuration, names)
    result[.tokenEmbedding] = embedding ?? (isTied ? head : nil)
    result[.outputHead] = head ?? (isTied ? embedding : nil)
    for role in [TensorRole.tokenEmbedding, .outputHead] where result[role] == nil {
      throw missing(names.name(role))
    }
    return result
  }

  private func missing(_ name: String) -> CheckpointError {
    CheckpointError(path, "expected tensor \(name), found none of that name")
  }

  private func tensor(
    _ role: TensorRole, _ configuration: ModelConfiguration, _ names: TensorNames
  ) throws(CheckpointError) -> Tensor {
    guard let tensor = try optionalTensor(role, configuration, names) else { throw missing(names.name(role)) }
    return tensor
  }

  private func optionalTensor(
    _ role: TensorRole, _ configuration: ModelConfiguration, _ names: TensorNames
  ) throws(CheckpointError) -> Tensor? {
    guard let tensor = try tensor(names.name(role)) else { return nil }
    let shape = configuration.shape(role)
    guard tensor.shape == shape else {
      throw CheckpointError(
        tensor.path, "tensor \(tensor.name): expected shape \(shape), found \(tensor.shape)")
    }
    return tensor
  }

  /// Refuses a GGUF file with a tensor of a layer that no role uses: the model would be another one without it.
  fileprivate func refuseUnused(_ used: [TensorRole: Tensor]) throws(CheckpointError) {
    let usedNames = Set(used.values.map(\.name))
    let names = Array(tensors.keys) + Array(unsupported.keys)
    // Tables of rotary frequencies are recomputed.
    let unused = names.filter { $0.hasPrefix("blk.") && !usedNames.contains($0) && !$0.contains("rot_embd") }
    if let name = unused.min() {
      throw CheckpointError(
        path, "tensor \(name): not used by this architecture; the model cannot be right without it")
    }
  }
}
