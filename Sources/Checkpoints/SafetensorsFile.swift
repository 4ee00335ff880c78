import Records
import Streams

/// A mapped safetensors file: a JSON header that says where each tensor lies, and the tensors.
///
/// Every entry is checked when the file is opened: type, shape (its product too), that the range of bytes is
/// as long as they say, lies in the file and belongs to no other tensor. Unused bytes between tensors are
/// permitted. The format is described in the README of the safetensors library.
package final class SafetensorsFile: Sendable {
  package let path: String
  /// The tensors of supported types by name.
  package let tensors: [String: Tensor]
  /// Names of the tensors whose type is not supported, with the type's name.
  package let unsupportedTensors: [String: String]

  /// The longest header that the safetensors library reads.
  private static let longestHeader: UInt64 = 100_000_000

  /// Maps the file and reads its header. Linear in the size of the header.
  ///
  /// - Throws: `IOError` when the file cannot be mapped, `CheckpointError` when it is not a safetensors file.
  package init(path: String) throws {
    let file = try MappedFile(path: path)
    var cursor = ByteCursor(file.bytes, file: path)
    let length = try cursor.integer(UInt64.self, "the length of the header")
    guard length <= Self.longestHeader else {
      throw CheckpointError(path, "expected a header of at most \(Self.longestHeader) bytes, found \(length)")
    }
    let header = try cursor.span(length, "the header")
    let directory = try withJSONObject(header, file: path) { object in
      try Self.directory(object, file, dataStart: cursor.offset)
    }
    self.path = path
    (tensors, unsupportedTensors) = try directory.finish()
  }

  private static func directory(
    _ header: JSONValue, _ file: MappedFile, dataStart: Int
  ) throws(CheckpointError) -> TensorDirectory {
    var directory = TensorDirectory(file, dataStart: dataStart)
    for (key, entry) in header.members where !key.equals("__metadata__") {
      let name = key.string ?? ""
      func error(_ reason: String) -> CheckpointError {
        CheckpointError(file.path, "tensor \(name): \(reason)")
      }
      guard let dtype = entry["dtype"]?.string else { throw error("expected a dtype") }
      guard let shape = sizes(entry["shape"]) else { throw error("expected a shape of integers from 0") }
      guard let range = sizes(entry["data_offsets"]), range.count == 2, range[0] <= range[1] else {
        throw error("expected data_offsets of a beginning and an end")
      }
      if let type = elementType(dtype) {
        try directory.add(name, type: type, shape: shape, begin: UInt64(range[0]), end: UInt64(range[1]))
      } else {
        try directory.addUnsupported(name, type: dtype)
      }
    }
    return directory
  }

  /// The elements of an array of integers from 0; nil when it is anything else.
  private static func sizes(_ value: JSONValue?) -> [Int]? {
    guard let value, value.kind == .array else { return nil }
    var sizes: [Int] = []
    for element in value.elements {
      guard let size = element.int, size >= 0 else { return nil }
      sizes.append(size)
    }
    return sizes
  }

  private static func elementType(_ dtype: String) -> ElementType? {
    switch dtype {
    case "F32": .f32
    case "F16": .f16
    case "BF16": .bf16
    case "U8": .u8
    default: nil
    }
  }
}
