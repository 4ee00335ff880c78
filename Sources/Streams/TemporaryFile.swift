#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A nameless file for data that outgrows memory: appended to, read back at any
/// offset, gone with the process.
///
/// It is unlinked as soon as it exists, so that not even a kill leaves anything behind.
package final class TemporaryFile {
  /// Bytes appended so far: where the next append begins.
  package private(set) var count = 0

  private let descriptor: FileDescriptor
  private let path: String

  /// Makes the file in `TMPDIR`, or `/tmp`.
  package init() throws(IOError) {
    path = Paths.join(Paths.environment("TMPDIR") ?? "/tmp", "grape")
    descriptor = try UniqueFile.open(near: path) { flags, name throws(IOError) in
      let opened = try FileDescriptor(opening: name, O_RDWR | flags, mode: 0o600, for: "create")
      _ = unlink(name)
      return opened
    }
  }

  deinit { _ = close(descriptor.number) }

  /// Adds `bytes` at the end.
  package func append(_ bytes: UnsafeRawBufferPointer) throws(IOError) {
    guard descriptor.writeAll(bytes) else { throw failure("write", errno) }
    count += bytes.count
  }

  /// Fills `buffer` from `offset` on. Asking for bytes past the end is an error (`EIO`).
  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(IOError) {
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let read = descriptor.read(into: rest, at: offset + done)
      guard read > 0 else { throw failure("read", read < 0 ? errno : EIO) }
      done += read
    }
  }

  private func failure(_ action: String, _ code: Int32) -> IOError {
    IOError(action: action, path: "a temporary file in \(Paths.parent(path))", code: code)
  }
}

/// Names that no other process uses.
enum UniqueFile {
  /// Calls `create` with `O_CREAT | O_EXCL` and names beside `path` until one did not exist.
  static func open<Result>(
    near path: String, _ create: (_ flags: Int32, _ name: String) throws(IOError) -> Result
  ) throws(IOError) -> Result {
    while true {
      let unique = hex(UInt64.random(in: 0 ... .max), digits: 16)
      let name = Paths.join(Paths.parent(path), ".\(Paths.lastComponent(path)).\(unique)")
      do {
        return try create(O_CREAT | O_EXCL, name)
      } catch  where error.code == EEXIST {
        continue
      }
    }
  }
}
