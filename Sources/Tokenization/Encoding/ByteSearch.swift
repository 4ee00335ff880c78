#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where a byte occurs first; nil where it does not.
@inline(__always)
func firstIndex(of byte: UInt8, _ bytes: UnsafeRawBufferPointer) -> Int? {
  guard let base = bytes.baseAddress, let hit = memchr(base, Int32(byte), bytes.count) else { return nil }
  return UnsafeRawPointer(hit) - base
}
