import Streams

/// A mapped GGUF file: its metadata and its tensors.
///
/// Versions 2 and 3, little-endian. Everything in the header is checked when the file is opened: counts,
/// lengths, types, alignment, shapes (their products too) and where the tensors lie; the tensors' elements
/// are not touched. The format is described in ggml's `docs/gguf.md`.
package final class GGUFFile: Sendable {
  package let path: String
  package let version: UInt32
  /// The tensors of supported types by name.
  package let tensors: [String: Tensor]
  /// Names of the tensors whose type is not supported, with the type's name.
  package let unsupportedTensors: [String: String]

  private let file: MappedFile
  private let values: [String: GGUFValue]
  private let headerLength: Int

  /// The value of a metadata key.
  package subscript(key: String) -> GGUFValue? { values[key] }

  /// The keys of the metadata, in no particular order.
  package var keys: some Collection<String> { values.keys }

  /// The header: magic, metadata and tensor directory, as they lie in the file. For digests.
  package var metadataBytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: file.bytes[..<headerLength])
  }

  /// Maps the file and reads its header. Linear in the size of the header.
  ///
  /// - Throws: `IOError` when the file cannot be mapped, `CheckpointError` when it is not a GGUF file that is
  ///   understood.
  package init(path: String) throws {
    file = try MappedFile(path: path)
    var header = GGUFHeader(file)
    try header.read()
    self.path = path
    version = header.version
    values = header.values
    tensors = header.tensors
    unsupportedTensors = header.unsupportedTensors
    headerLength = header.length
  }
}

/// The reader of a GGUF file's header.
private struct GGUFHeader {
  let file: MappedFile
  var cursor: ByteCursor
  var version: UInt32 = 0
  var values: [String: GGUFValue] = [:]
  var tensors: [String: Tensor] = [:]
  var unsupportedTensors: [String: String] = [:]
  var length = 0

  init(_ file: MappedFile) {
    self.file = file
    cursor = ByteCursor(file.bytes, file: file.path)
  }

  func error(_ reason: String) -> CheckpointError { CheckpointError(file.path, reason) }

  mutating func read() throws(CheckpointError) {
    let magic = try cursor.span(4, "the magic number")
    guard magic.elementsEqual("GGUF".utf8) else {
      throw error("expected a GGUF file, found one that does not begin with GGUF")
    }
    version = try cursor.integer(UInt32.self, "the version")
    switch version {
    case 2, 3: break
    case 1: throw error("GGUF version 1 is not supported; convert the model again with a current llama.cpp")
    case _ where version & 0xFFFF == 0:
      throw error("big-endian GGUF is not supported (the version reads \(version.byteSwapped) byte-swapped)")
    default: throw error("expected GGUF version 2 or 3, found \(version)")
    }
    // The shortest tensor entry: name length, axis count, one axis, type and offset.
    let tensorCount = try cursor.count(ofAtLeast: 8 + 4 + 8 + 4 + 8, "the number of tensors")
    // The shortest value entry: key length, type and one byte.
    let valueCount = try cursor.count(ofAtLeast: 8 + 4 + 1, "the number of metadata values")
    try readValues(valueCount)
    try readTensors(tensorCount, alignment: alignment())
  }

  // MARK: Metadata

  private mutating func readValues(_ count: Int) throws(CheckpointError) {
    values.reserveCapacity(count)
    for index in 0..<count {
      let bytes = try cursor.string("metadata key \(index)")
      guard let key = String(validating: bytes, as: UTF8.self) else {
        throw error("metadata key \(index) is not UTF-8")
      }
      let value = try readValue(valueType(key), key)
      guard values.updateValue(value, forKey: key) == nil else {
        throw error("metadata key \(key) occurs twice")
      }
    }
  }

  private mutating func valueType(_ key: String) throws(CheckpointError) -> GGUFValueType {
    let number = try cursor.integer(UInt32.self, "the type of \(key)")
    guard let type = GGUFValueType(rawValue: number) else {
      throw error("\(key): expected a value type from 0 to 12, found \(number)")
    }
    return type
  }

  private mutating func readValue(_ type: GGUFValueType, _ key: String) throws(CheckpointError) -> GGUFValue {
    switch type {
    case .string: return .string(try cursor.string(key))
    case .array: return .array(try readArray(key))
    default:
      let bytes = try cursor.span(UInt64(type.size ?? 0), key)
      guard let address = bytes.baseAddress, let value = GGUFValue(type, at: address) else {
        throw error("\(key): expected a value")
      }
      return value
    }
  }

  private mutating func readArray(_ key: String) throws(CheckpointError) -> GGUFArray {
    let type = try valueType(key)
    guard type != .array else { throw error("\(key): arrays of arrays are not supported") }
    // A string takes its length's 8 bytes at least.
    let size = type.size ?? 8
    let count = try cursor.count(ofAtLeast: size, "the length of \(key)")
    let start = cursor.offset
    if type == .string {
      for index in 0..<count { _ = try cursor.string("\(key)[\(index)]") }
    } else {
      _ = try cursor.span(UInt64(count * size), key)
    }
    let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[start..<cursor.offset])
    return GGUFArray(elementType: type, count: count, bytes: bytes)
  }

  private func alignment() throws(CheckpointError) -> Int {
    guard let value = values["general.alignment"] else { return 32 }
    guard let alignment = value.int, alignment > 0, alignment <= 1 << 30, alignment & (alignment - 1) == 0
    else {
      throw error("general.alignment: expected a power of two, found \(value.summary)")
    }
    return alignment
  }

  // MARK: Tensors

  /// A tensor's entry in the directory; `offset` counts from the beginning of the data.
  private struct Entry {
    let name: String
    let typeNumber: UInt32
    let shape: [Int]
    let offset: UInt64
  }

  private mutating func readTensors(_ count: Int, alignment: Int) throws(CheckpointError) {
    var entries: [Entry] = []
    entries.reserveCapacity(count)
    for index in 0..<count { entries.append(try readEntry(index)) }
    length = cursor.offset
    let dataStart = (length + alignment - 1) / alignment * alignment
    var directory = TensorDirectory(file, dataStart: dataStart)
    for entry in entries {
      guard entry.offset.isMultiple(of: UInt64(alignment)) else {
        throw error(
          "tensor \(entry.name): offset \(entry.offset) is no multiple of the alignment, \(alignment)")
      }
      if let type = ElementType(ggmlNumber: entry.typeNumber) {
        try directory.add(entry.name, type: type, shape: entry.shape, begin: entry.offset, end: nil)
      } else {
        try directory.addUnsupported(entry.name, type: ggmlTypeName(entry.typeNumber))
      }
    }
    (tensors, unsupportedTensors) = try directory.finish()
  }

  private mutating func readEntry(_ index: Int) throws(CheckpointError) -> Entry {
    let bytes = try cursor.string("the name of tensor \(index)")
    guard let name = String(validating: bytes, as: UTF8.self) else {
      throw error("the name of tensor \(index) is not UTF-8")
    }
    let axes = try cursor.integer(UInt32.self, "the number of axes of tensor \(name)")
    guard (1...4).contains(axes) else { throw error("tensor \(name): expected 1 to 4 axes, found \(axes)") }
    var shape: [Int] = []
    for _ in 0..<axes {
      let length = try cursor.integer(UInt64.self, "the shape of tensor \(name)")
      guard let length = Int(exactly: length), length > 0 else {
        throw error("tensor \(name): expected axes of at least 1 element, found one of \(length)")
      }
      shape.append(length)
    }
    let typeNumber = try cursor.integer(UInt32.self, "the type of tensor \(name)")
    let offset = try cursor.integer(UInt64.self, "the offset of tensor \(name)")
    // The file has the innermost axis first.
    return Entry(name: name, typeNumber: typeNumber, shape: shape.reversed(), offset: offset)
  }
}

/// The name of a ggml type that is not supported, for messages.
private func ggmlTypeName(_ number: UInt32) -> String {
  let names: [UInt32: String] = [
    9: "Q8_1", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 21: "IQ3_S", 22: "IQ2_S",
    24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 40: "NVFP4",
  ]
  return names[number] ?? "ggml type \(number)"
}
