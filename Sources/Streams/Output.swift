#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Buffered bytes out to a descriptor. Every write is checked; `close()` reports the last one.
///
/// After an error the buffer is dropped, so that a later `close()` does not report the same trouble twice.
/// What has not been flushed when the object goes is lost: an owner that cares calls `close()`.
package final class Output {
  /// The name for messages: the path, or `<stdout>`.
  package let name: String
  /// Whether each record is written when it ends.
  package let lineBuffered: Bool

  private let descriptor: FileDescriptor
  private let buffer: UnsafeMutableRawBufferPointer
  private var count = 0
  private var isOpen = true

  private static let capacity = 1 << 17

  /// Writes to an open descriptor, which the object closes.
  package init(descriptor: Int32, name: String, lineBuffered: Bool = false) {
    self.descriptor = FileDescriptor(number: descriptor)
    self.name = name
    self.lineBuffered = lineBuffered
    buffer = .allocate(byteCount: Self.capacity, alignment: 64)
  }

  /// Creates the file, or empties it where it exists.
  package convenience init(creating path: String, lineBuffered: Bool = false) throws(IOError) {
    let descriptor = try FileDescriptor(opening: path, O_WRONLY | O_CREAT | O_TRUNC)
    self.init(descriptor: descriptor.number, name: path, lineBuffered: lineBuffered)
  }

  /// Goes on with a file after its first `length` bytes; what it has beyond goes. Creates
  /// it where it does not exist.
  package convenience init(continuing path: String, at length: Int, lineBuffered: Bool = false)
    throws(IOError)
  {
    let descriptor = try FileDescriptor(opening: path, O_WRONLY | O_CREAT)
    self.init(descriptor: descriptor.number, name: path, lineBuffered: lineBuffered)
    guard ftruncate(descriptor.number, off_t(length)) == 0, lseek(descriptor.number, 0, SEEK_END) >= 0 else {
      throw IOError(action: "continue", path: path, code: errno)
    }
  }

  deinit {
    if isOpen, descriptor.number > 2 { _ = Self.close(descriptor.number) }
    buffer.deallocate()
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(IOError) {
    if bytes.count > buffer.count - count {
      try flush()
      if bytes.count >= buffer.count {
        guard descriptor.writeAll(bytes) else { throw IOError(action: "write", path: name, code: errno) }
        return
      }
    }
    guard let source = bytes.baseAddress else { return }
    (buffer.baseAddress! + count).copyMemory(from: source, byteCount: bytes.count)
    count += bytes.count
  }

  package func write(_ bytes: [UInt8]) throws(IOError) {
    try bytes.withUnsafeBufferPointer { (bytes) throws(IOError) in try write(UnsafeRawBufferPointer(bytes)) }
  }

  package func write(_ text: StaticString) throws(IOError) {
    if text.hasPointerRepresentation {
      try write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    } else {
      try write(text.description)
    }
  }

  @_disfavoredOverload
  package func write(_ text: String) throws(IOError) {
    try write([UInt8](text.utf8))
  }

  package func write(byte: UInt8) throws(IOError) {
    if count == buffer.count { try flush() }
    buffer[count] = byte
    count += 1
  }

  /// Ends a record: its separator, and with `lineBuffered` a flush.
  package func endRecord(_ separator: UInt8) throws(IOError) {
    try write(byte: separator)
    if lineBuffered { try flush() }
  }

  /// Hands everything written so far to the system.
  package func flush() throws(IOError) {
    guard count > 0 else { return }
    let full = UnsafeRawBufferPointer(rebasing: buffer[..<count])
    count = 0
    guard descriptor.writeAll(full) else { throw IOError(action: "write", path: name, code: errno) }
  }

  /// Flushes and closes; some file systems report a failed write only here. A second call does nothing.
  package func close() throws(IOError) {
    guard isOpen else { return }
    isOpen = false
    var failure: IOError?
    do throws(IOError) { try flush() } catch { failure = error }
    if Self.close(descriptor.number) != 0, errno != EINTR, failure == nil {
      failure = IOError(action: "write", path: name, code: errno)
    }
    if let failure { throw failure }
  }

  private static func close(_ number: Int32) -> Int32 {
    #if canImport(Glibc)
      Glibc.close(number)
    #elseif canImport(Musl)
      Musl.close(number)
    #else
      Darwin.close(number)
    #endif
  }
}
