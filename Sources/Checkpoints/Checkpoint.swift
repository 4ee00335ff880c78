import Streams

/// An open model: its configuration, and its tensors by what they are for.
///
/// Everything is checked on opening, and the tensors are mapped: nothing is read but headers and a few bytes
/// of each tensor, so that a checkpoint of any size opens in milliseconds.
package final class Checkpoint: Sendable {
  package let location: ModelLocation
  package let configuration: ModelConfiguration
  /// `NAME@8hex`: the model's name, and a digest of its configuration, its tensors' names, types and shapes,
  /// and a sample of their elements. The same wherever the checkpoint lies.
  package let fingerprint: String

  /// A digest for naming what is made from the weights: another one where a file has been written to since.
  package let sourceDigest: UInt64

  private let tensors: ResolvedTensors

  /// The matrix with a role; nil where the configuration has none.
  ///
  /// Its shape is the one that the configuration asks for. Where embeddings are tied, the output
  /// head is the token embedding.
  package func matrix(_ role: TensorRole) -> Matrix? { tensors.slots[TensorSlot(role: role)]?.first }

  /// The matrices that activations are multiplied with layer by layer, the output head last; routers, which
  /// choose, and embeddings are not among them. The order depends on the configuration alone.
  package var productMatrices: [(role: TensorRole, matrix: Matrix)] {
    (configuration.productRoles + [.outputHead]).compactMap { role in matrix(role).map { (role, $0) } }
  }

  /// The elements of the vector with a role, or of its bias; nil where the configuration has none.
  package func vector(_ role: TensorRole, bias: Bool = false) -> [Float]? {
    tensors.slots[TensorSlot(role: role, isBias: bias)].map { $0.flatMap { $0.floats() } }
  }

  /// Opens the checkpoint at a location.
  ///
  /// - Throws: `IOError` when a file cannot be read; `CheckpointError` when one is damaged, the model is of a
  ///   family that is not supported or its configuration asks for something that is not.
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
    let family = try Family.ofGGUF(architecture, file: path)
    let configuration = try ModelConfiguration(file, architecture: architecture, family: family)
    let table = TensorTable(file)
    tensors = try table.resolve(configuration, family.ggufNames, isTied: configuration.tiesEmbeddings)
    try table.refuseUnused(tensors, known: family.ggufNames)
    self.configuration = configuration
    self.location = location
    let fingerprint = Fingerprint(metadata: file.metadataBytes, table)
    self.fingerprint = fingerprint.text(location.name)
    sourceDigest = fingerprint.source
  }

  private init(_ location: ModelLocation, folder: String) throws {
    let path = Paths.join(folder, "config.json")
    guard Paths.exists(path) else {
      throw CheckpointError(folder, "expected config.json and model.safetensors, or one .gguf file")
    }
    let config = try MappedFile(path: path)
    let (family, fromConfig) = try withJSONObject(config.bytes, file: path) { object in
      let (family, fields) = try Family.ofConfig(JSONFields(object: object, file: path))
      return (family, try ModelConfiguration(fields, family: family))
    }
    var configuration = fromConfig
    let table = try TensorTable(folder: folder)
    let names = table.placed(family.names)
    tensors = try table.resolve(configuration, names, isTied: configuration.tiesEmbeddings)
    configuration.tiesEmbeddings = tensors.isTied
    self.configuration = configuration
    self.location = location
    let fingerprint = Fingerprint(metadata: config.bytes, table)
    self.fingerprint = fingerprint.text(location.name)
    sourceDigest = fingerprint.source
  }
}

extension TensorTable {
  /// The names with the prefix under which this checkpoint has them: that of the whole model, none in a
  /// checkpoint of the bare decoder, or that of the language model in one that sees, too.
  fileprivate func placed(_ names: TensorNames) -> TensorNames {
    let inner = names.prefix
    let candidates = [
      (inner, ""), ("", ""), ("language_model." + inner, "language_model."),
      (inner + "language_model.", ""), ("model.language_model." + inner, "model.language_model."),
    ]
    for (prefix, headPrefix) in candidates {
      var placed = names
      placed.prefix = prefix
      placed.outputHead = headPrefix + names.outputHead
      if has(placed.name(TensorSlot(role: .outputNorm))) { return placed }
    }
    return names
  }

  /// Refuses a GGUF file with a tensor of a layer that no role uses: the model would
  /// be another one without it.
  fileprivate func refuseUnused(_ used: ResolvedTensors, known names: TensorNames) throws(CheckpointError) {
    let all = Array(tensors.keys) + Array(unsupported.keys)
    // Tables of rotary frequencies are recomputed.
    let unused = all.filter {
      $0.hasPrefix("blk.") && !used.names.contains($0) && !$0.contains("rot_embd")
        && !$0.contains("rope_freqs")
    }
    if let name = unused.min() {
      throw CheckpointError(
        path, "tensor \(name): not used by this architecture; the model cannot be right without it")
    }
  }
}
