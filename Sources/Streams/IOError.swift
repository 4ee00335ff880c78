#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A failed system call: what was tried, on what, and the error number it left.
package struct IOError: Error, Equatable, CustomStringConvertible {
  /// The verb of "cannot …": `open`, `read`, `write`, `map`.
  package let action: String
  /// The file as the user named it, or `<stdin>`, `<stdout>`.
  package let path: String
  /// The value of `errno`.
  package let code: Int32

  package init(action: String, path: String, code: Int32) {
    self.action = action
    self.path = path
    self.code = code
  }

  /// The reader of a pipe or socket has gone away: a reason to end without a word.
  package var isBrokenPipe: Bool { code == EPIPE }

  /// One line, for example `cannot open data.jsonl: No such file or directory`.
  package var description: String { "cannot \(action) \(path): \(String(cString: strerror(code)))" }
}
