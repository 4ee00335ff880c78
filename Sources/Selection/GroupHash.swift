import Streams

/// The name of a group in the statistics, which keep no keys: 128 bits that tell keys apart.
///
/// The keys that `grape-tokenize` writes, strings of 16 hexadecimal digits, and keys of up to 15 bytes,
/// a string's opening quote included, have names of their own. Longer keys go by 126 bits of SipHash:
/// two of n are taken for one with a probability of about n^2 / 2^127, which is 10^-24 for ten million,
/// and nobody can choose them so.
struct GroupHash: Hashable {
  let high: UInt64
  let low: UInt64

  init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }

  /// - Parameter key: what `GroupKeyReader` gives.
  init(_ key: UnsafeRawBufferPointer) {
    // The kinds differ in the two lowest bits of `low`. Within a kind, `low` and `high` determine the
    // key, as `mixed` is one-to-one.
    if let number = Self.hexadecimalNumber(key) {
      self.init(high: Self.mixed(number), low: 1)
    } else if key.count <= 15 {
      var words: (UInt64, UInt64) = (0, 0)
      withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: key) }
      let low = UInt64(littleEndian: words.1) << 8 | UInt64(key.count) << 2 | 2
      self.init(high: Self.mixed(UInt64(littleEndian: words.0) ^ Self.mixed(low)), low: low)
    } else {
      let hash = sipHash128(key)
      self.init(high: hash.high, low: hash.low & ~3)
    }
  }

  /// The number that a string of 16 digits, 0 to 9 and a to f, spells; nil for another key.
  private static func hexadecimalNumber(_ key: UnsafeRawBufferPointer) -> UInt64? {
    guard key.count == 17, key[0] == UInt8(ascii: "\""),
      let high = eightDigits(key.loadUnaligned(fromByteOffset: 1, as: UInt64.self)),
      let low = eightDigits(key.loadUnaligned(fromByteOffset: 9, as: UInt64.self))
    else { return nil }
    return high << 32 | low
  }

  /// The number that eight hexadecimal digits in memory spell.
  @inline(__always)
  private static func eightDigits(_ text: UInt64) -> UInt64? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let text = UInt64(bigEndian: text)
    let letters = (text >> 6) & ones
    var values = (text & (ones &* 0x0F)) &+ letters &* 9
    // A letter's value is 10 or more, a digit's less; both are below 16, and spelled again give the text.
    guard values & (ones &* 0xF0) == 0, ((values &+ ones &* 6) >> 4) & ones == letters,
      values &+ ones &* 0x30 &+ letters &* 0x27 == text
    else { return nil }
    values = (values | values >> 4) & 0x00FF_00FF_00FF_00FF
    values = (values | values >> 8) & 0x0000_FFFF_0000_FFFF
    return (values | values >> 16) & 0xFFFF_FFFF
  }

  /// A permutation of the 64-bit words after which near ones lie far apart (the finalizer of SplitMix64;
  /// Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
  private static func mixed(_ word: UInt64) -> UInt64 {
    var z = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
