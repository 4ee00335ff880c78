import Checkpoints
import TestSupport
import Testing

@Suite struct GGUFFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func open(_ builder: GGUFBuilder) throws -> GGUFFile {
    try GGUFFile(path: folder.file("x.gguf", builder.bytes))
  }

  /// Expects that opening fails and says `reason` about x.gguf.
  func expectError(
    _ reason: String, _ builder: GGUFBuilder, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let error = #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) { try open(builder) }
    #expect(error?.reason == reason, sourceLocation: sourceLocation)
    #expect(error?.file == "\(folder.path)/x.gguf", sourceLocation: sourceLocation)
  }

  /// The values that make_blocks.py wrote.
  @Test func metadata() throws {
    let file = try GGUFFile(path: "\(fixtures)/gguf/blocks.gguf")
    #expect(file.version == 3)
    #expect(file["test.uint8"]?.int == 200)
    #expect(file["test.int8"]?.int == -100)
    #expect(file["test.uint16"]?.int == 60000)
    #expect(file["test.int16"]?.int == -30000)
    #expect(file["test.uint32"]?.int == 4_000_000_000)
    #expect(file["test.int32"]?.int == -2_000_000_000)
    #expect(file["test.uint64"]?.int == nil)
    #expect(file["test.uint64"]?.double == 0x1p64)
    #expect(file["test.int64"]?.int == Int.min)
    #expect(file["test.float32"]?.double == Double(Float(0.1)))
    #expect(file["test.float64"]?.double == 0.1)
    #expect(file["test.bool"]?.bool == true)
    #expect(file["test.bool"]?.int == nil)
    #expect(file["test.string"]?.string == "é🍇")
    #expect(file["test.ints"]?.array?.ints == [1, -2, 3])
    #expect(file["test.floats"]?.array?.floats == [0.5, -1.5])
    #expect(file["test.floats"]?.array?.ints == nil)
    #expect(file["test.strings"]?.array?.count == 3)
    #expect(file["test.strings"]?.array?[0] == nil)
    #expect(
      file["test.strings"]?.array?.strings.map { String(decoding: $0, as: UTF8.self) } == ["", "grape", "é"])
    #expect(file["test.ints"]?.array?.strings.map(\.count) == [])
    #expect(file["test.none"] == nil)
    #expect(Set(file.keys).contains("general.architecture"))
  }

  /// The tokens of a vocabulary lie in the mapped file, not in copies.
  @Test func stringsAreNotCopied() throws {
    let file = try GGUFFile(path: "\(fixtures)/gguf/q4_0.gguf")
    let tokens = try #require(file["tokenizer.ggml.tokens"]?.array)
    let header = file.metadataBytes
    var count = 0
    for token in tokens.strings where !token.isEmpty {
      #expect(token.baseAddress! >= header.baseAddress!)
      #expect(token.baseAddress! + token.count <= header.baseAddress! + header.count)
      count += 1
    }
    #expect(count == 512)
  }

  @Test func shapesAreOutermostFirst() throws {
    var builder = GGUFBuilder()
    builder.tensor("m", [3, 2], elements: [0, 1, 2, 3, 4, 5])
    let tensor = try #require(try open(builder).tensors["m"])
    #expect(tensor.shape == [2, 3])
    #expect(tensor.floats() == [0, 1, 2, 3, 4, 5])
    #expect(tensor.rowBytes == 12)
  }

  @Test func headerEndsBeforeTheData() throws {
    var builder = GGUFBuilder()
    builder.tensor("m", [1], elements: [7])
    let header = builder.bytes.count - 4
    #expect(try open(builder).metadataBytes.count == 24 + 8 + 1 + 4 + 8 + 4 + 8)
    #expect(header == 64)
  }

  @Test func alignmentIsRespected() throws {
    var builder = GGUFBuilder()
    builder.alignment = 128
    builder.value("general.alignment", 128)
    builder.tensor("a", [1], elements: [1])
    builder.tensor("b", [1], elements: [2])
    let file = try open(builder)
    #expect(file.tensors["a"]?.floats() == [1])
    #expect(file.tensors["b"]?.floats() == [2])

    var odd = GGUFBuilder()
    odd.value("general.alignment", 24)
    try expectError("general.alignment: expected a power of two, found 24", odd)
    var zero = GGUFBuilder()
    zero.value("general.alignment", 0)
    try expectError("general.alignment: expected a power of two, found 0", zero)
    var text = GGUFBuilder()
    text.value("general.alignment", "32")
    try expectError("general.alignment: expected a power of two, found \"32\"", text)
    var misplaced = GGUFBuilder()
    misplaced.tensor("t", [1], offset: 8)
    misplaced.data = [UInt8](repeating: 0, count: 64)
    try expectError("tensor t: offset 8 is no multiple of the alignment, 32", misplaced)
  }

  @Test func versions() throws {
    var builder = GGUFBuilder()
    builder.tensor("t", [1], elements: [3])
    builder.version = 2
    #expect(try open(builder).tensors["t"]?.floats() == [3])
    builder.version = 1
    try expectError(
      "GGUF version 1 is not supported; convert the model again with a current llama.cpp", builder)
    builder.version = UInt32(3).byteSwapped
    try expectError("big-endian GGUF is not supported (the version reads 3 byte-swapped)", builder)
    builder.version = 4
    try expectError("expected GGUF version 2 or 3, found 4", builder)
    builder.magic = "GGML"
    try expectError("expected a GGUF file, found one that does not begin with GGUF", builder)
  }

  @Test func hostileCounts() throws {
    for count in [UInt64.max, 1 << 63, 1 << 40, 1] {
      var builder = GGUFBuilder()
      builder.tensorCount = count
      try expectError(
        "the number of tensors: found \(count), more than the file's 32 bytes can hold", builder)
      builder.tensorCount = 0
      builder.valueCount = count
      try expectError(
        "the number of metadata values: found \(count), more than the file's 32 bytes can hold", builder)
    }
  }

  @Test func hostileValues() throws {
    for length in [UInt64.max, UInt64.max - 7, 1 << 62, 100] {
      var string = GGUFBuilder()
      string.value("s", type: 8, GGUFBuilder.little(length))
      try expectError("s: expected \(length) bytes at offset 45, found 19 before the end of the file", string)
      var array = GGUFBuilder()
      array.array("a", type: 4, count: length, [])
      try expectError("the length of a: found \(length), more than the file's 64 bytes can hold", array)
      var strings = GGUFBuilder()
      strings.array("a", type: 8, count: length, [])
      try expectError("the length of a: found \(length), more than the file's 64 bytes can hold", strings)
    }
    var type = GGUFBuilder()
    type.value("t", type: 13, [0])
    try expectError("t: expected a value type from 0 to 12, found 13", type)
    var nested = GGUFBuilder()
    nested.array("n", type: 9, count: 1, [UInt8](repeating: 0, count: 32))
    try expectError("n: arrays of arrays are not supported", nested)
    var twice = GGUFBuilder()
    twice.value("k", 1)
    twice.value("k", 2)
    try expectError("metadata key k occurs twice", twice)
    var key = GGUFBuilder()
    key.value("k", 1)
    var bytes = key.bytes
    bytes[32] = 0xFF
    let path = try folder.file("key.gguf", bytes)
    let error = #expect(throws: CheckpointError.self) { try GGUFFile(path: path) }
    #expect(error?.reason == "metadata key 0 is not UTF-8")
  }

  @Test func hostileTensors() throws {
    func builder(
      _ shape: [UInt64], type: UInt32 = 0, offset: UInt64 = 0, axes: UInt32? = nil
    ) -> GGUFBuilder {
      var builder = GGUFBuilder()
      builder.tensor("t", shape, type: type, offset: offset, axes: axes)
      builder.data = [UInt8](repeating: 0, count: 64)
      return builder
    }
    #expect(try open(builder([16])).tensors["t"]?.count == 16)
    try expectError("tensor t: data range 0..<68 is outside the file's 64 bytes of data", builder([17]))
    try expectError(
      "tensor t: data range 32..<68 is outside the file's 64 bytes of data", builder([9], offset: 32))
    try expectError(
      "tensor t: data range 96..<100 is outside the file's 64 bytes of data", builder([1], offset: 96))
    try expectError(
      "tensor t: data range 18446744073709551584..<18446744073709551588 is outside the file's 64 bytes of data",
      builder([1], offset: UInt64.max - 31))
    try expectError(
      "tensor t: data range 18446744073709551584..<2^64 is outside the file's 64 bytes of data",
      builder([8], offset: UInt64.max - 31))
    try expectError(
      "tensor t: the shape [4294967296, 4294967296] has too many elements", builder([1 << 32, 1 << 32]))
    try expectError(
      "tensor t: the shape [2147483648, 2147483648] has too many elements", builder([1 << 31, 1 << 31]))
    try expectError("tensor t: expected axes of at least 1 element, found one of 0", builder([4, 0]))
    try expectError(
      "tensor t: expected axes of at least 1 element, found one of \(UInt64.max)", builder([UInt64.max]))
    try expectError("tensor t: expected 1 to 4 axes, found 0", builder([]))
    try expectError("tensor t: expected 1 to 4 axes, found 5", builder([1, 1, 1, 1, 1]))
    try expectError("tensor t: expected 1 to 4 axes, found \(UInt32.max)", builder([1], axes: .max))
    try expectError(
      "tensor t: expected rows of a multiple of 32 Q4_0 elements, found 33", builder([33], type: 2))
    try expectError(
      "tensor t: expected rows of a multiple of 256 Q6_K elements, found 32", builder([32, 8], type: 14))

    var twice = GGUFBuilder()
    twice.tensor("t", [1], elements: [1])
    twice.tensor("t", [1], elements: [2])
    try expectError("tensor t: occurs twice", twice)
    var overlapping = builder([9])
    overlapping.tensor("u", [1], offset: 32)
    try expectError("tensor u: its data overlap those of tensor t", overlapping)
  }

  /// A tensor of a type that is not known harms nobody until it is used.
  @Test func unsupportedTypes() throws {
    var builder = GGUFBuilder()
    builder.tensor("a", [256], type: 16)
    builder.tensor("b", [3], type: 99)
    let file = try open(builder)
    #expect(file.tensors.isEmpty)
    #expect(file.unsupportedTensors == ["a": "IQ2_XXS", "b": "ggml type 99"])
  }

  @Test func emptyAndShortFiles() throws {
    let path = try folder.file("empty.gguf")
    let error = #expect(throws: CheckpointError.self) { try GGUFFile(path: path) }
    #expect(
      error?.reason == "the magic number: expected 4 bytes at offset 0, found 0 before the end of the file")
    #expect(throws: (any Error).self) { try GGUFFile(path: folder.path + "/none.gguf") }
  }
}
