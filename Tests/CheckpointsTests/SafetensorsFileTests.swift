import Checkpoints
import TestSupport
import Testing

/// The bytes of a safetensors file with a header and `data` bytes of zeros after it.
func safetensors(_ header: String, data: Int = 0, length: UInt64? = nil) -> [UInt8] {
  GGUFBuilder.little(length ?? UInt64(header.utf8.count)) + Array(header.utf8)
    + [UInt8](repeating: 0, count: data)
}

@Suite struct SafetensorsFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func open(_ bytes: [UInt8]) throws -> SafetensorsFile {
    try SafetensorsFile(path: folder.file("x.safetensors", bytes))
  }

  func expectError(
    _ reason: String, _ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let error = #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) { try open(bytes) }
    #expect(error?.reason == reason, sourceLocation: sourceLocation)
    #expect(error?.file == "\(folder.path)/x.safetensors", sourceLocation: sourceLocation)
  }

  func entry(
    _ dtype: String = "F32", _ shape: String = "[2]", _ offsets: String = "[0,8]", name: String = "t"
  ) -> String {
    #""\#(name)":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)}"#
  }

  @Test func tensors() throws {
    let header =
      #"{"__metadata__":{"format":"pt"},\#(entry("BF16", "[2,3]", "[4,16]")),\#(entry("F16", "[]", "[2,4]", name: "s"))}   "#
    var bytes = safetensors(header, data: 16)
    let start = bytes.count - 16
    bytes.replaceSubrange(start + 2..<start + 8, with: [0x00, 0x3C, 0x80, 0x3F, 0x00, 0xC0])
    let file = try open(bytes)
    #expect(file.tensors.count == 2)
    let tensor = try #require(file.tensors["t"])
    #expect(tensor.type == .bf16)
    #expect(tensor.shape == [2, 3])
    #expect(tensor.floats() == [1, -2, 0, 0, 0, 0])
    #expect(file.tensors["s"]?.shape == [])
    #expect(file.tensors["s"]?.floats() == [1])
  }

  @Test func tensorsOutliveTheFile() throws {
    let tensor = try #require(
      try SafetensorsFile(path: "\(fixtures)/models/llama-3/model.safetensors").tensors["model.norm.weight"])
    #expect(tensor.floats().count == 64)
  }

  @Test func unsupportedTypes() throws {
    let file = try open(safetensors("{\(entry("I64", "[2]", "[0,16]"))}", data: 16))
    #expect(file.tensors.isEmpty)
    #expect(file.unsupportedTensors == ["t": "I64"])
  }

  @Test func emptyTensorsAndHoles() throws {
    let header = "{\(entry("F32", "[0,4]", "[4,4]")),\(entry("F32", "[1]", "[12,16]", name: "u"))}"
    let file = try open(safetensors(header, data: 32))
    #expect(file.tensors["t"]?.count == 0)
    #expect(file.tensors["t"]?.floats() == [])
    #expect(file.tensors["u"]?.floats() == [0])
  }

  @Test func hostileHeaders() throws {
    try expectError(
      "the length of the header: expected 8 bytes at offset 0, found 7 before the end of the file",
      [UInt8](repeating: 0, count: 7))
    try expectError(
      "expected a header of at most 100000000 bytes, found \(UInt64.max)", safetensors("{}", length: .max))
    try expectError(
      "the header: expected 3 bytes at offset 8, found 2 before the end of the file",
      safetensors("{}", length: 3))
    try expectError("expected a JSON object, found another value", safetensors("[]"))
    try expectError("not JSON: unexpected end at byte 2", safetensors("{}", length: 1))
    try expectError("not JSON: empty record", safetensors("", length: 0))
    let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
    #expect(throws: CheckpointError.self) { try open(safetensors("{\"t\":\(deep)}")) }
  }

  @Test func hostileTensors() throws {
    func header(_ entries: String...) -> [UInt8] {
      safetensors("{\(entries.joined(separator: ","))}", data: 64)
    }
    #expect(try open(header(entry())).tensors.count == 1)
    try expectError(
      "tensor t: data range 0..<128 is outside the file's 64 bytes of data",
      header(entry("F32", "[32]", "[0,128]")))
    try expectError(
      "tensor t: F32 [2] takes 8 bytes, found the data range 0..<12", header(entry("F32", "[2]", "[0,12]")))
    try expectError(
      "tensor t: F32 [2] takes 8 bytes, found the data range 9223372036854775800..<9223372036854775807",
      header(entry("F32", "[2]", "[9223372036854775800,9223372036854775807]")))
    try expectError(
      "tensor t: data range 9223372036854775792..<9223372036854775800 is outside the file's 64 bytes of data",
      header(entry("F32", "[2]", "[9223372036854775792,9223372036854775800]")))
    try expectError(
      "tensor t: the shape [4294967296, 4294967296] has too many elements",
      header(entry("F32", "[4294967296,4294967296]", "[0,0]")))
    try expectError(
      "tensor t: the shape [9223372036854775807] has too many elements",
      header(entry("F32", "[9223372036854775807]", "[0,0]")))
    for offsets in ["[8,0]", "[0]", "[0,8,8]", "[-1,7]", "[0,8.5]", "[0,18446744073709551616]", "8", "null"] {
      try expectError(
        "tensor t: expected data_offsets of a beginning and an end", header(entry("F32", "[2]", offsets)))
    }
    for shape in ["[-2]", "[1.5]", "2", "null", "[1e99]", "[\"2\"]"] {
      try expectError("tensor t: expected a shape of integers from 0", header(entry("F32", shape)))
    }
    try expectError("tensor t: expected a dtype", header(#""t":{"shape":[2],"data_offsets":[0,8]}"#))
    try expectError("tensor t: expected a dtype", header(#""t":7"#))
    try expectError("tensor t: occurs twice", header(entry(), entry("F32", "[2]", "[8,16]")))
    try expectError("tensor t: occurs twice", header(entry(), entry("I64")))
    try expectError("tensor t: occurs twice", header(entry("I64"), entry()))
    try expectError(
      "tensor u: its data overlap those of tensor t",
      header(entry("F32", "[2]", "[4,12]", name: "u"), entry()))
  }
}
