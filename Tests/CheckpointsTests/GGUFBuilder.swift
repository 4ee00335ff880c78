/// Writes GGUF files, right and wrong ones, field by field.
struct GGUFBuilder {
  var magic = "GGUF"
  var version: UInt32 = 3
  /// In place of the number of tensors or values that were added.
  var tensorCount: UInt64?
  var valueCount: UInt64?
  private var values: [[UInt8]] = []
  private var tensors: [[UInt8]] = []
  /// Follows the header after padding to `alignment`.
  var data: [UInt8] = []
  var alignment = 32

  static func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  static func string(_ text: String) -> [UInt8] { little(UInt64(text.utf8.count)) + Array(text.utf8) }

  /// Adds a value from its type's number and its bytes.
  mutating func value(_ key: String, type: UInt32, _ bytes: [UInt8]) {
    values.append(Self.string(key) + Self.little(type) + bytes)
  }

  mutating func value(_ key: String, _ value: Int) { self.value(key, type: 4, Self.little(UInt32(value))) }
  mutating func value(_ key: String, _ value: Float) {
    self.value(key, type: 6, Self.little(value.bitPattern))
  }
  mutating func value(_ key: String, _ value: Bool) { self.value(key, type: 7, [value ? 1 : 0]) }
  mutating func value(_ key: String, _ value: String) { self.value(key, type: 8, Self.string(value)) }

  mutating func array(_ key: String, type: UInt32, count: UInt64, _ bytes: [UInt8]) {
    value(key, type: 9, Self.little(type) + Self.little(count) + bytes)
  }

  /// Adds an entry of the directory; `shape` innermost axis first, as in the file.
  mutating func tensor(
    _ name: String, _ shape: [UInt64], type: UInt32 = 0, offset: UInt64 = 0, axes: UInt32? = nil
  ) {
    tensors.append(
      Self.string(name) + Self.little(axes ?? UInt32(shape.count)) + shape.flatMap(Self.little)
        + Self.little(type) + Self.little(offset))
  }

  /// Adds a tensor and its elements, after those of the others.
  mutating func tensor(_ name: String, _ shape: [UInt64], elements: [Float]) {
    while !data.count.isMultiple(of: alignment) { data.append(0) }
    tensor(name, shape, offset: UInt64(data.count))
    data += elements.flatMap { Self.little($0.bitPattern) }
  }

  var bytes: [UInt8] {
    var bytes = Array(magic.utf8) + Self.little(version)
    bytes +=
      Self.little(tensorCount ?? UInt64(tensors.count)) + Self.little(valueCount ?? UInt64(values.count))
    bytes += (values + tensors).joined()
    while !bytes.count.isMultiple(of: alignment) { bytes.append(0) }
    return bytes + data
  }

  /// A llama of one layer, hidden size 8, 2 heads of 4, intermediate size 6, and 5
  /// tokens; its elements count up.
  static func llama(
    architecture: String = "llama", without: Set<String> = [],
    _ change: (inout GGUFBuilder) -> Void = { _ in }
  ) -> GGUFBuilder {
    var builder = GGUFBuilder()
    builder.value("general.architecture", architecture)
    for (key, value) in [
      ("block_count", 1), ("context_length", 64), ("embedding_length", 8), ("feed_forward_length", 6),
      ("attention.head_count", 2), ("attention.head_count_kv", 1),
    ] where !without.contains(key) {
      builder.value("\(architecture).\(key)", value)
    }
    if !without.contains("attention.layer_norm_rms_epsilon") {
      builder.value("\(architecture).attention.layer_norm_rms_epsilon", Float(1e-5))
    }
    var next: Float = 0
    for (name, shape) in [
      ("token_embd.weight", [8, 5]), ("output_norm.weight", [8]), ("blk.0.attn_norm.weight", [8]),
      ("blk.0.attn_q.weight", [8, 8]), ("blk.0.attn_k.weight", [8, 4]), ("blk.0.attn_v.weight", [8, 4]),
      ("blk.0.attn_output.weight", [8, 8]), ("blk.0.ffn_norm.weight", [8]),
      ("blk.0.ffn_gate.weight", [8, 6]),
      ("blk.0.ffn_up.weight", [8, 6]), ("blk.0.ffn_down.weight", [6, 8]),
    ] as [(String, [UInt64])] where !without.contains(name) {
      let count = shape.reduce(1, *)
      builder.tensor(name, shape, elements: (0..<count).map { next + Float($0) })
      next += Float(count)
    }
    change(&builder)
    return builder
  }
}
