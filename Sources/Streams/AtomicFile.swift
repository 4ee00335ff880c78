#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that appears under its name all at once or not at all.
///
/// Bytes go to a temporary name in the same folder; `commit()` renames it over `path`. Any number of
/// processes can race: the last rename wins, and readers see one whole file or another.
/// Not committed, it is removed.
package final class AtomicFile {
  package let path: String

  private let temporary: String
  private let output: Output
  private let descriptor: Int32
  private var isCommitted = false

  package init(path: String) throws(IOError) {
    self.path = path
    let (opened, name) = try UniqueFile.open(near: path) { flags, name throws(IOError) in
      (try FileDescriptor(opening: name, O_WRONLY | flags, for: "create"), name)
    }
    temporary = name
    descriptor = opened.number
    output = Output(descriptor: opened.number, name: name)
  }

  deinit {
    if !isCommitted { _ = unlink(temporary) }
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(IOError) { try output.write(bytes) }

  package func write(_ bytes: [UInt8]) throws(IOError) { try output.write(bytes) }

  /// Puts the file in place. The object is of no further use.
  ///
  /// - Parameter waitsForDisk: the file is whole under its name even after the machine has lost power.
  ///   A file whose readers notice when it is not needs no waiting.
  package func commit(waitsForDisk: Bool = true) throws(IOError) {
    try output.flush()
    guard !waitsForDisk || retrying({ fsync(descriptor) }) == 0 else {
      throw IOError(action: "write", path: temporary, code: errno)
    }
    try output.close()
    guard rename(temporary, path) == 0 else { throw IOError(action: "create", path: path, code: errno) }
    isCommitted = true
  }
}
