#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// An operand opened for reading: a file, or standard input for `-`.
package final class InputFile: Sendable {
  /// The name for messages: the path, or `<stdin>`.
  package let name: String
  /// Bytes from here to the end, where that is known: regular files only.
  package let size: Int?

  /// Whether what has been read can be read again.
  package let isRegular: Bool
  /// Where reading began, in bytes from the beginning of a regular file.
  package let start: Int

  private let descriptor: FileDescriptor

  /// Opens `path`; a folder is an error here already rather than at the first read.
  package init(path: String) throws(IOError) {
    let isStandardInput = path == "-"
    name = isStandardInput ? "<stdin>" : path
    descriptor = isStandardInput ? .standardInput : try FileDescriptor(opening: path, O_RDONLY)
    let status = descriptor.status()
    isRegular = status?.isRegular ?? false
    if isRegular, let status {
      start = max(0, Int(lseek(descriptor.number, 0, SEEK_CUR)))
      size = max(0, Int(status.st_size) - start)
    } else {
      start = 0
      size = nil
      descriptor.enlargePipe()
    }
    if let status, status.isDirectory { throw IOError(action: "read", path: name, code: EISDIR) }
  }

  /// Whether an operand, with `-` for standard input, is the regular file at `path`. Opens neither.
  package static func isOperand(_ operand: String, fileAt path: String) -> Bool {
    var (first, second) = (stat(), stat())
    return (operand == "-" ? fstat(0, &first) : stat(operand, &first)) == 0 && stat(path, &second) == 0
      && first.isRegular && first.st_dev == second.st_dev && first.st_ino == second.st_ino
  }

  /// Whether standard output goes to this regular file: what is written would be read
  /// again, or is gone already.
  package var isStandardOutput: Bool {
    guard isRegular, let input = descriptor.status(), let output = FileDescriptor(number: 1).status() else {
      return false
    }
    return input.st_dev == output.st_dev && input.st_ino == output.st_ino
  }

  deinit {
    if descriptor.number > 2 { _ = close(descriptor.number) }
  }

  /// Reads what there is, at most `buffer.count` bytes, waiting for the first; 0 is the end.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(IOError) -> Int {
    let count = descriptor.read(into: buffer)
    guard count >= 0 else { throw IOError(action: "read", path: name, code: errno) }
    return count
  }

  /// Reads again what there is at `offset` of a regular file, at most `buffer.count` bytes; 0 is the end.
  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(IOError) -> Int {
    let count = descriptor.read(into: buffer, at: offset)
    guard count >= 0 else { throw IOError(action: "read", path: name, code: errno) }
    return count
  }

  /// Says which bytes of a regular file are about to be read. Advice: it changes how long
  /// reads take and nothing else.
  package func announce(_ range: Range<Int>) {
    #if os(Linux)
      _ = posix_fadvise(
        descriptor.number, off_t(range.lowerBound), off_t(range.count), POSIX_FADV_WILLNEED)
    #endif
  }

  /// Nothing to read within so many milliseconds, and not the end either. Regular files never block.
  package func wouldBlock(for milliseconds: Int32 = 0) -> Bool {
    !isRegular && descriptor.wouldBlock(for: milliseconds)
  }
}
