#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Time that only goes forward.
package enum Clock {
  /// Nanoseconds since some fixed moment; some 20 ns a call.
  package static func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// The local date and time, spelled as `strftime` does by `format`, in the C locale.
  package static func now(format: String) -> String {
    var seconds = time(nil)
    var parts = tm()
    localtime_r(&seconds, &parts)
    // A result may be empty and still be right, so one character is put before it.
    var buffer = [CChar](repeating: 0, count: 4096)
    let length = strftime(&buffer, buffer.count, " " + format, &parts)
    return String(decoding: buffer[..<length].dropFirst().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
