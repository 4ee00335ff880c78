import Records
import Streams

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A number drawn for a record: a hash of a seed, the group's key and the record's members but `grape`.
///
/// So it depends neither on the order of the input nor on scores, and equal records of a group draw the same.
struct Lot {
  /// Uniformly distributed.
  let bits: UInt64

  init(of record: GrapeMember, key: UnsafeRawBufferPointer, seed: UInt64) {
    var hash = xxh64(key, seed: seed)
    for (name, value) in record.record.members where !name.equals("grape") {
      hash = xxh64(value.raw, seed: xxh64(name.raw, seed: hash))
    }
    bits = hash
  }

  /// A second number, independent of the first: the one with which a group was won says
  /// something about the group's size.
  var redrawn: UInt64 { withUnsafeBytes(of: bits.littleEndian) { xxh64($0, seed: 1) } }

  /// The score over the temperature, plus a number from the Gumbel distribution: the greatest of a group's
  /// is each record's with a probability proportional to exp(score / temperature), and the greatest k
  /// are k draws without putting back (Kool, van Hoof and Welling, "Stochastic Beams and Where to Find
  /// Them", 2019, section 2.3). Finite.
  func perturb(_ score: Double, temperature: Double) -> Double {
    let uniform = (Double(bits >> 12) + 0.5) * 0x1p-52  // above 0, below 1, without rounding
    let limit = Double.greatestFiniteMagnitude
    return max(-limit, min(score / temperature - log(-log(uniform)), limit))
  }
}
