#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the file system says of a file, and what some of it is bound to change when the file's bytes do:
/// its device and number, its size, and the times of its last modification and of its last change,
/// which programs cannot set.
///
/// Of two changes soon after each other the second need not show in the times, so a file has to be left alone
/// for a while before its identity says anything; see `isSettled`.
package struct FileIdentity: Equatable, Sendable {
  package let device: UInt64
  package let number: UInt64
  package let size: UInt64
  /// Nanoseconds since 1970.
  package let modification: Int64
  package let change: Int64

  /// nil where there is no regular file.
  package init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0, status.isRegular else { return nil }
    device = UInt64(truncatingIfNeeded: status.st_dev)
    number = UInt64(truncatingIfNeeded: status.st_ino)
    size = UInt64(truncatingIfNeeded: status.st_size)
    #if canImport(Darwin)
      modification = Self.nanoseconds(status.st_mtimespec)
      change = Self.nanoseconds(status.st_ctimespec)
    #else
      modification = Self.nanoseconds(status.st_mtim)
      change = Self.nanoseconds(status.st_ctim)
    #endif
  }

  /// Whether the file was last changed so many seconds ago or longer.
  package func isSettled(for seconds: Int64) -> Bool {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return max(modification, change) <= Self.nanoseconds(now) &- seconds &* 1_000_000_000
  }

  /// The numbers, one after the other.
  package var numbers: [UInt64] {
    [device, number, size, UInt64(bitPattern: modification), UInt64(bitPattern: change)]
  }

  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}
