/// Mixes two words into one: the high and low half of their product (wyhash's step).
@inline(__always)
func mix(_ first: UInt64, _ second: UInt64) -> UInt64 {
  let product = (first ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: second ^ 0xD1B5_4A32_D192_ED03)
  return product.high ^ product.low
}

/// A hash of bytes for the tables of this module. Not stable between versions of the cache format.
///
/// - Complexity: O(n), 8 bytes a step.
func hashBytes(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
  var hash = UInt64(bytes.count)
  var offset = 0
  while offset + 8 <= bytes.count {
    hash = mix(hash, UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
    offset += 8
  }
  var rest: UInt64 = 0
  while offset < bytes.count {
    rest = rest << 8 | UInt64(bytes[offset])
    offset += 1
  }
  return mix(hash, rest)
}
