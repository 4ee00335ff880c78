import Foundation
import TestSupport
import Testing

/// A pipe with a name, `pipe` in its folder, that the test writes into.
final class NamedPipe {
  let path: String

  private var descriptor: Int32 = -1

  init(in folder: TemporaryFolder) throws {
    path = folder.path + "/pipe"
    try #require(mkfifo(path, 0o600) == 0)
  }

  deinit { close() }

  /// Waits for a reader.
  func open() throws {
    let deadline = Date(timeIntervalSinceNow: 30)
    while descriptor < 0, Date() < deadline {
      // Non-blocking, so that a reader that never comes is a failure and not a hang.
      descriptor = Foundation.open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
      if descriptor < 0 { usleep(2000) }
    }
    try #require(descriptor >= 0, "nobody reads")
    #expect(fcntl(descriptor, F_SETFL, 0) == 0)
  }

  /// Becomes the writer before there is a reader, so that a non-blocking reader never
  /// finds the pipe at its end.
  func openAhead() throws {
    descriptor = Foundation.open(path, O_RDWR | O_CLOEXEC)
    try #require(descriptor >= 0)
  }

  func write(_ text: String) {
    let bytes = Array(text.utf8)
    #expect(Foundation.write(descriptor, bytes, bytes.count) == bytes.count)
  }

  func close() {
    if descriptor >= 0 { _ = Foundation.close(descriptor) }
    descriptor = -1
  }
}
