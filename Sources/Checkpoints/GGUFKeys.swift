/// The metadata of one architecture in a GGUF file, each value checked as it is read;
/// errors name file and key.
struct GGUFKeys {
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

  /// A finite number; 0 counts as absent, as in llama.cpp.
  func nonzero(_ key: String) throws(CheckpointError) -> Double? {
    self[key]?.double == 0 ? nil : try positive(key)
  }

  func bool(_ key: String) throws(CheckpointError) -> Bool? {
    guard let value = self[key] else { return nil }
    guard let bool = value.bool else { throw error(key, "expected true or false, found \(value.summary)") }
    return bool
  }

  /// Whether the file has a tensor of a module, of whatever type.
  func hasTensor(_ slot: TensorSlot, _ names: TensorNames) -> Bool {
    let name = names.name(slot)
    return file.tensors[name] != nil || file.unsupportedTensors[name] != nil
  }
}
