import Foundation
import Streams
import TestSupport
import Testing

@Suite struct OutputTests {
  private func contents(_ path: String) -> [UInt8] {
    [UInt8](FileManager.default.contents(atPath: path) ?? Data())
  }

  /// Sizes around the buffer's, in every kind of call.
  @Test func writesInOrder() throws {
    let folder = try TemporaryFolder()
    let output = try Output(creating: folder.path + "/out")
    var expected: [UInt8] = []
    for size in [0, 1, 131_071, 131_072, 131_073, 400_000, 3, 65_536, 65_536, 1] {
      let block = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ size) }
      try output.write(block)
      try output.write("static")
      try output.write("dyn\(size)")
      try output.write(byte: 0)
      try output.endRecord(10)
      expected += block + bytes("staticdyn\(size)\0\n")
    }
    try output.close()
    #expect(contents(folder.path + "/out") == expected)
  }

  @Test func lineBufferedWritesEachRecord() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/out"
    for lineBuffered in [false, true] {
      let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
      let output = Output(descriptor: descriptor, name: "out", lineBuffered: lineBuffered)
      try output.write("a")
      #expect(contents(path) == [])
      try output.endRecord(10)
      #expect(contents(path) == (lineBuffered ? bytes("a\n") : []))
      try output.close()
      #expect(contents(path) == bytes("a\n"))
    }
  }

  #if os(Linux)
    @Test func fullDeviceIsReportedOnceAtClose() throws {
      let output = try Output(creating: "/dev/full")
      try output.write("a")
      let full = IOError(action: "write", path: "/dev/full", code: ENOSPC)
      #expect(throws: full) { try output.close() }
      try output.close()
      #expect(full.description == "cannot write /dev/full: No space left on device")
    }

    @Test func fullDeviceIsReportedByLargeWrites() throws {
      let output = try Output(creating: "/dev/full")
      #expect(throws: IOError.self) { try output.write([UInt8](repeating: 0, count: 200_000)) }
    }
  #endif

  @Test func closedDescriptor() throws {
    let output = Output(descriptor: 987, name: "<stdout>")
    try output.write("a")
    #expect(throws: IOError(action: "write", path: "<stdout>", code: EBADF)) { try output.close() }
  }

  @Test func missingFolder() {
    #expect(throws: IOError(action: "open", path: "/nonexistent/x", code: ENOENT)) {
      try Output(creating: "/nonexistent/x")
    }
  }
}
