#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension Paths {
  /// More is no text that somebody has written, but a mistake or a file without an end.
  private static let longestContents = 64 << 20

  /// The bytes of a small file, which need not be a regular one: a pipe that a shell
  /// gives a name serves as well.
  ///
  /// - Throws: `IOError` also for one of more than 64 MiB.
  package static func contents(_ path: String) throws(IOError) -> [UInt8] {
    let descriptor = try FileDescriptor(opening: path, O_RDONLY)
    defer { _ = close(descriptor.number) }
    var bytes: [UInt8] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
    defer { buffer.deallocate() }
    while true {
      let count = descriptor.read(into: buffer)
      guard count >= 0 else { throw IOError(action: "read", path: path, code: errno) }
      guard count > 0 else { return bytes }
      guard count <= longestContents - bytes.count else {
        throw IOError(action: "read", path: path, code: EFBIG)
      }
      bytes.append(contentsOf: buffer[..<count])
    }
  }
}
