#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// An open file by number, with the calls on it that retry what POSIX lets fail halfway.
///
/// Every call restarts after a signal (`EINTR`), reading only unless that asks the program to end
/// (`Interruption`), and waits where a descriptor was left in non-blocking mode by another program
/// (`EAGAIN`). Closing is up to the owner.
struct FileDescriptor {
  let number: Int32

  static let standardInput = FileDescriptor(number: 0)
  static let standardError = FileDescriptor(number: 2)

  /// Opens `path`, closed on exec, never as one of the three standard descriptors: where the caller was
  /// started with standard output closed, data meant for it must not land in the next file opened.
  init(opening path: String, _ flags: Int32, mode: mode_t = 0o666, for action: String = "open")
    throws(IOError)
  {
    let opened = retrying { open(path, flags | O_CLOEXEC, mode) }
    guard opened >= 0 else { throw IOError(action: action, path: path, code: errno) }
    guard opened <= 2 else {
      number = opened
      return
    }
    let moved = fcntl(opened, F_DUPFD_CLOEXEC, 3)
    let code = errno
    _ = close(opened)
    guard moved >= 0 else { throw IOError(action: action, path: path, code: code) }
    number = moved
  }

  init(number: Int32) { self.number = number }

  /// Reads at most `buffer.count` bytes; 0 is the end of the file, -1 an error with `errno` set.
  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    while true {
      let count = retrying(unless: { Interruption.signal != nil }) { Self.read(number, buffer) }
      if count >= 0 || !waitIfNonblocking(POLLIN) { return count }
    }
  }

  /// Reads at most `buffer.count` bytes at `offset`; 0 is the end of the file, -1 an error with `errno` set.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
    retrying { pread(number, buffer.baseAddress, buffer.count, off_t(offset)) }
  }

  /// Writes all of `bytes`, in as many calls as it takes; false is an error with `errno` set.
  func writeAll(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let count = retrying { write(number, rest.baseAddress, rest.count) }
      if count >= 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      } else if !waitIfNonblocking(POLLOUT) {
        return false
      }
    }
    return true
  }

  /// Where this is a pipe, makes it hold a mebibyte, so that its two ends wait for each other less often; what
  /// they move through it stays the same, and a pipe that cannot grow is as good. Systems other than Linux let
  /// pipes grow by themselves.
  func enlargePipe() {
    #if os(Linux)
      // F_SETPIPE_SZ and F_GETPIPE_SZ of linux/fcntl.h, whose definitions Swift does not read.
      let (setSize, getSize, size) = (Int32(1031), Int32(1032), Int32(1 << 20))
      guard (1..<size).contains(fcntl(number, getSize)) else { return }
      _ = fcntl(number, setSize, size)
    #endif
  }

  /// Nothing to read within so many milliseconds: a read would wait for another process or a person.
  func wouldBlock(for milliseconds: Int32) -> Bool {
    var request = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
    return retrying(unless: { Interruption.signal != nil }) { poll(&request, 1, milliseconds) } == 0
  }

  /// The file's status, or nil with `errno` set.
  func status() -> stat? {
    var status = stat()
    return fstat(number, &status) == 0 ? status : nil
  }

  /// After a failed call: waits and answers true where the failure was that a non-blocking
  /// call would have blocked.
  private func waitIfNonblocking(_ events: Int32) -> Bool {
    guard errno == EAGAIN || errno == EWOULDBLOCK else { return false }
    var request = pollfd(fd: number, events: Int16(events), revents: 0)
    return retrying { poll(&request, 1, -1) } >= 0
  }

  private static func read(_ number: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    #if canImport(Glibc)
      Glibc.read(number, buffer.baseAddress, buffer.count)
    #elseif canImport(Musl)
      Musl.read(number, buffer.baseAddress, buffer.count)
    #else
      Darwin.read(number, buffer.baseAddress, buffer.count)
    #endif
  }
}

extension stat {
  var isRegular: Bool { st_mode & S_IFMT == S_IFREG }
  var isDirectory: Bool { st_mode & S_IFMT == S_IFDIR }
}

/// Repeats a system call for as long as a signal interrupts it.
///
/// - Parameter stops: whether it is not to be repeated after all; then the result is
///   -1, and `errno` is `EINTR`.
func retrying<Result: SignedInteger>(unless stops: () -> Bool = { false }, _ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result != -1 || errno != EINTR || stops() { return result }
  }
}
