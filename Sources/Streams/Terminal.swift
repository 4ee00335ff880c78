#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Questions about the terminal behind standard output or standard error.
package enum Terminal {
  package static let standardOutput: Int32 = 1
  package static let standardError: Int32 = 2

  package static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// Whether text there may have colours: it is a terminal, and `NO_COLOR` does not forbid them.
  package static func showsColors(_ descriptor: Int32) -> Bool {
    isTerminal(descriptor) && Paths.environment("NO_COLOR") == nil
  }

  /// Columns of the terminal; 80 where it does not say.
  package static func width(_ descriptor: Int32) -> Int {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Asks for the terminal's status line, so that of several processes on one terminal
  /// a single one draws there.
  ///
  /// An advisory lock on the device, which goes with the process. True when this process
  /// has it, or no locks exist.
  package static func claim(_ descriptor: Int32) -> Bool {
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    return fcntl(descriptor, F_SETLK, &lock) == 0 || (errno != EAGAIN && errno != EACCES)
  }
}
