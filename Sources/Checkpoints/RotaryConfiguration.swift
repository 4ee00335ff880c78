#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// How positions turn the heads of queries and keys (Su et al., RoFormer, arXiv 2104.09864).
///
/// Pair i turns by position · base^(-2i / dimensions), as `scaling` and `frequencyFactors` change it.
package struct RotaryConfiguration: Sendable {
  /// Which two elements of a head turn together.
  package enum Layout: Sendable {
    /// i and i + half of the turning ones, as in transformers.
    case halves
    /// 2i and 2i + 1, as GGUF keeps llama's rows.
    case interleaved
  }

  /// How the frequencies are changed for longer contexts.
  package enum Scaling: Sendable, Equatable {
    case none
    /// Every frequency divided by the factor.
    case linear(factor: Double)
    /// Low frequencies divided by the factor, high ones kept, those between interpolated (Llama 3.1):
    /// a wavelength is low beyond `originalMaximumPositions / lowFrequencyFactor` positions and high below
    /// `originalMaximumPositions / highFrequencyFactor`.
    case llama3(
      factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, originalMaximumPositions: Int)
    /// Pairs that turn less than `betaSlow` times in `originalMaximumPositions` divided by the factor,
    /// those that turn more than `betaFast` times kept, those between interpolated (Peng et al., YaRN,
    /// arXiv 2309.00071). `truncates` rounds the bounds outwards to whole pairs.
    case yarn(
      factor: Double, betaFast: Double, betaSlow: Double, originalMaximumPositions: Int, truncates: Bool)
    /// Each pair's frequency divided by a factor of its own, another one in sequences of more than
    /// `originalMaximumPositions` tokens (Ding et al., LongRoPE, arXiv 2402.13753).
    case longrope(short: [Double], long: [Double], originalMaximumPositions: Int)
  }

  /// The longest wavelength is about 2π · base.
  package var base: Double
  /// Elements of a head that turn, the first ones; an odd number is rounded up, but not in the exponent.
  package var dimensions: Int
  package var layout = Layout.halves
  package var scaling = Scaling.none
  /// What queries and keys are multiplied by as they turn.
  package var attentionFactor = 1.0
  /// A divisor for each pair's frequency, each finite and above 0 (GGUF's `rope_freqs`).
  package var frequencyFactors: [Float]?

  /// Pairs that turn.
  package var pairCount: Int { (dimensions + 1) / 2 }

  /// YaRN's factor for the length of queries and keys (section 3.4 of the paper): 0.1 · m · ln(s) + 1.
  static func yarnMagnitude(_ scale: Double, _ multiplier: Double = 1) -> Double {
    scale <= 1 ? 1 : 0.1 * multiplier * log(scale) + 1
  }

  /// LongRoPE's factor for the length of queries and keys, by how much the context has grown.
  static func longropeMagnitude(_ scale: Double, _ originalMaximumPositions: Int) -> Double {
    scale <= 1 ? 1 : (1 + log(scale) / log(Double(originalMaximumPositions))).squareRoot()
  }
}
