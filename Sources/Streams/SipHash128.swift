/// The 128-bit SipHash-2-4 of `bytes` with the key 00 01 … 0f (Aumasson and Bernstein, "SipHash: a fast
/// short-input PRF", 2012, and the authors' reference implementation for the longer output).
///
/// Unlike with XXH64, nobody knows how to make two inputs with one hash in less than some 2^64 steps.
package func sipHash128(_ bytes: UnsafeRawBufferPointer) -> (low: UInt64, high: UInt64) {
  var state = SipState()
  var offset = 0
  while offset + 8 <= bytes.count {
    state.absorb(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
    offset += 8
  }
  var last = UInt64(truncatingIfNeeded: bytes.count) << 56
  for index in offset..<bytes.count { last |= UInt64(bytes[index]) << UInt64(8 * (index - offset)) }
  state.absorb(last)
  return state.finish()
}

private struct SipState {
  private static let key: (UInt64, UInt64) = (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)

  private var v0 = SipState.key.0 ^ 0x736f_6d65_7073_6575
  private var v1 = SipState.key.1 ^ 0x646f_7261_6e64_6f6d ^ 0xee
  private var v2 = SipState.key.0 ^ 0x6c79_6765_6e65_7261
  private var v3 = SipState.key.1 ^ 0x7465_6462_7974_6573

  mutating func absorb(_ word: UInt64) {
    v3 ^= word
    rounds(2)
    v0 ^= word
  }

  mutating func finish() -> (low: UInt64, high: UInt64) {
    v2 ^= 0xee
    rounds(4)
    let low = v0 ^ v1 ^ v2 ^ v3
    v1 ^= 0xdd
    rounds(4)
    return (low, v0 ^ v1 ^ v2 ^ v3)
  }

  @inline(__always)
  private mutating func rounds(_ count: Int) {
    for _ in 0..<count {
      v0 &+= v1
      v1 = rotated(v1, 13) ^ v0
      v0 = rotated(v0, 32)
      v2 &+= v3
      v3 = rotated(v3, 16) ^ v2
      v0 &+= v3
      v3 = rotated(v3, 21) ^ v0
      v2 &+= v1
      v1 = rotated(v1, 17) ^ v2
      v2 = rotated(v2, 32)
    }
  }

  @inline(__always)
  private func rotated(_ word: UInt64, _ count: UInt64) -> UInt64 {
    (word &<< count) | (word &>> (64 - count))
  }
}
