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

/// A place from `start` on before which neither of two bytes occurs: less than 32 before the first
/// that does, or before the end.
@inline(__always)
func skip(
  _ first: UInt8, _ second: UInt8, _ text: UnsafePointer<UInt8>, from start: Int, to end: Int
) -> Int {
  var here = start
  while here &+ 32 <= end {
    var hits: UInt8 = 0
    for index in 0..<32 {
      let byte = text[here &+ index]
      hits |= (byte == first ? 1 : 0) | (byte == second ? 1 : 0)
    }
    if hits != 0 { break }
    here &+= 32
  }
  return here
}
