import Foundation
import Streams
import TestSupport
import Testing

@Suite struct FileTests {
  @Test func inputFile() throws {
    let folder = try TemporaryFolder()
    let file = try InputFile(path: try folder.file("a", bytes("hello")))
    #expect(file.size == 5 && !file.wouldBlock())
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 3, alignment: 1)
    defer { buffer.deallocate() }
    #expect(try file.read(into: buffer) == 3)
    #expect(try file.read(into: buffer) == 2)
    #expect(try file.read(into: buffer) == 0)
    #expect(try InputFile(path: "-").name == "<stdin>")
  }

  @Test func unreadableInputs() throws {
    let folder = try TemporaryFolder()
    #expect(throws: IOError(action: "open", path: "/nonexistent", code: ENOENT)) {
      try InputFile(path: "/nonexistent")
    }
    #expect(throws: IOError(action: "read", path: folder.path, code: EISDIR)) {
      try InputFile(path: folder.path)
    }
  }

  @Test func aPipeBlocksUntilWrittenTo() throws {
    let (path, _, keep) = try pipeInput([[], bytes("x")], every: 100_000)
    let file = try InputFile(path: path)
    #expect(file.wouldBlock() && file.size == nil)
    let byte = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
    defer { byte.deallocate() }
    #expect(try file.read(into: byte) == 1)
    #expect(file.wouldBlock())
    #expect(try file.read(into: byte) == 0)
    #expect(!file.wouldBlock(), "the end is no reason to wait")
    _ = keep
  }

  @Test func mappedFile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("a", bytes("mapped"))
    let file = try MappedFile(path: path)
    #expect(text(file.bytes) == "mapped")
    #expect(try MappedFile(path: try folder.file("empty", [])).bytes.isEmpty)
    #expect(throws: IOError(action: "map", path: folder.path, code: EISDIR)) {
      try MappedFile(path: folder.path)
    }
    #expect(throws: IOError(action: "map", path: "/dev/null", code: ENODEV)) {
      try MappedFile(path: "/dev/null")
    }
    #expect(throws: IOError(action: "open", path: path + "x", code: ENOENT)) {
      try MappedFile(path: path + "x")
    }
    try FileManager.default.removeItem(atPath: path)
    withExtendedLifetime(file) { #expect(text(file.bytes) == "mapped", "the mapping outlives the name") }
  }

  @Test func temporaryFile() throws {
    let file = try TemporaryFile()
    let block = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 * 31 >> 3) }
    for _ in 0..<3 { try block.withUnsafeBytes { try file.append($0) } }
    #expect(file.count == 300_000)
    var read = [UInt8](repeating: 0, count: 100_000)
    try read.withUnsafeMutableBytes { try file.read(into: $0, at: 123_456) }
    #expect(read == Array((block + block + block)[123_456..<223_456]))
    #expect(throws: IOError.self) { try read.withUnsafeMutableBytes { try file.read(into: $0, at: 200_001) } }
  }

  @Test func atomicFile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("cache", bytes("old"))
    let file = try AtomicFile(path: path)
    try file.write(bytes("new contents"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("old".utf8))
    #expect(try Paths.list(folder.path).count == 2)
    try file.commit()
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("new contents".utf8))
    #expect(try Paths.list(folder.path) == ["cache"])
    do {
      let abandoned = try AtomicFile(path: path)
      try abandoned.write(bytes("half"))
    }
    #expect(try Paths.list(folder.path) == ["cache"])
    #expect(throws: IOError.self) { try AtomicFile(path: folder.path + "/missing/cache") }
  }

  @Test func racingAtomicFiles() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/cache"
    let whole = [UInt8](repeating: 7, count: 300_000)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<5 {
            let file = try AtomicFile(path: path)
            try file.write(whole)
            try file.commit()
            let mapped = try MappedFile(path: path)
            withExtendedLifetime(mapped) { #expect(mapped.bytes.elementsEqual(whole)) }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try Paths.list(folder.path) == ["cache"])
  }

  @Test func folders() throws {
    let folder = try TemporaryFolder()
    let deep = folder.path + "/a/b//c/"
    try Paths.makeFolders(deep)
    try Paths.makeFolders(deep)
    #expect(Paths.isDirectory(deep) && Paths.exists(folder.path + "/a/b/c"))
    #expect(try Paths.list(folder.path + "/a") == ["b"])
    let file = try folder.file("file", bytes("12345"))
    #expect(
      Paths.fileSize(file) == 5 && Paths.fileSize(folder.path) == nil && Paths.fileSize(file + "x") == nil)
    #expect(throws: IOError(action: "make folder", path: file, code: EEXIST)) {
      try Paths.makeFolders(file + "/x")
    }
    #expect(throws: IOError(action: "list", path: file, code: ENOTDIR)) { try Paths.list(file) }
  }

  @Test(arguments: [
    ("a/b", "a", "b"), ("a/b/", "a", "b"), ("b", ".", "b"), ("/b", "/", "b"), ("/a/b", "/a", "b"),
    ("a//b", "a", "b"),
  ])
  func parts(path: String, parent: String, last: String) {
    #expect(Paths.parent(path) == parent)
    #expect(Paths.lastComponent(path) == last)
  }

  @Test func environment() {
    setenv("GRAPE_TEST_VARIABLE", "value", 1)
    #expect(Paths.environment("GRAPE_TEST_VARIABLE") == "value")
    setenv("GRAPE_TEST_VARIABLE", "", 1)
    #expect(Paths.environment("GRAPE_TEST_VARIABLE") == nil)
    #expect(Paths.environment("GRAPE_TEST_UNSET") == nil)
  }
}
