import Records
import Streams

/// The tensors of a checkpoint by name, whatever the files they lie in.
struct TensorTable {
  /// The folder or file, for messages.
  let path: String
  let tensors: [String: Tensor]
  /// Types of the tensors that cannot be read, by name.
  let unsupported: [String: String]

  init(_ file: GGUFFile) {
    path = file.path
    tensors = file.tensors
    unsupported = file.unsupportedTensors
  }

  /// The tensors of a folder: `model.safetensors`, or the shards that `model.safetensors.index.json` names.
  init(folder: String) throws {
    path = folder
    let single = Paths.join(folder, "model.safetensors")
    let index = Paths.join(folder, "model.safetensors.index.json")
    if Paths.exists(single) {
      let file = try SafetensorsFile(path: single)
      (tensors, unsupported) = (file.tensors, file.unsupportedTensors)
    } else if Paths.exists(index) {
      (tensors, unsupported) = try Self.shards(index, in: folder)
    } else {
      throw CheckpointError(folder, Self.reasonForNoWeights(in: folder))
    }
  }

  /// Whether there is a tensor of a name, of whatever type.
  func has(_ name: String) -> Bool { tensors[name] != nil || unsupported[name] != nil }

  /// The tensor of a name; nil when there is none, an error when its type cannot be read.
  func tensor(_ name: String) throws(CheckpointError) -> Tensor? {
    if let tensor = tensors[name] { return tensor }
    guard let type = unsupported[name] else { return nil }
    throw CheckpointError(path, "tensor \(name): elements of type \(type) are not supported")
  }

  /// The tensors that an index's `weight_map` names, each from the file that it names.
  private static func shards(
    _ index: String, in folder: String
  ) throws -> (tensors: [String: Tensor], unsupported: [String: String]) {
    let file = try MappedFile(path: index)
    return try withJSONObject(file.bytes, file: index) { object in
      guard let map = object["weight_map"], map.kind == .object else {
        throw CheckpointError(index, "weight_map: expected an object")
      }
      var shards: [String: SafetensorsFile] = [:]
      var tensors: [String: Tensor] = [:]
      var unsupported: [String: String] = [:]
      for (key, value) in map.members {
        guard let name = key.string, let shardName = value.string, isFileName(shardName) else {
          throw CheckpointError(index, "weight_map: expected a file name for each tensor")
        }
        let shard = try shards[shardName] ?? SafetensorsFile(path: Paths.join(folder, shardName))
        shards[shardName] = shard
        guard tensors[name] == nil, unsupported[name] == nil else {
          throw CheckpointError(index, "weight_map: tensor \(name) occurs twice")
        }
        if let tensor = shard.tensors[name] {
          tensors[name] = tensor
        } else if let type = shard.unsupportedTensors[name] {
          unsupported[name] = type
        } else {
          throw CheckpointError(
            shard.path, "expected tensor \(name), which model.safetensors.index.json puts here")
        }
      }
      return (tensors, unsupported)
    }
  }

  /// Whether a name from an index stays in its folder.
  private static func isFileName(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".." && !name.utf8.contains(UInt8(ascii: "/"))
      && !name.utf8.contains(0)
  }

  private static func reasonForNoWeights(in folder: String) -> String {
    let names = (try? Paths.list(folder)) ?? []
    if let pickle = names.first(where: { $0.hasPrefix("pytorch_model") && $0.contains(".bin") }) {
      return """
        \(pickle) is a Python pickle, which can run any code and is not read; convert it to safetensors, for example \
        with transformers: AutoModelForCausalLM.from_pretrained("\(folder)").save_pretrained("NEW_FOLDER")
        """
    }
    if names.contains("adapter_config.json") {
      return "expected model.safetensors, found an adapter; merge it into its base model first"
    }
    return "expected model.safetensors or model.safetensors.index.json, found neither"
  }
}
