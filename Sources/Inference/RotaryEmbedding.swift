import CKernels
import Checkpoints

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Rotary position embedding (Su et al., arXiv 2104.09864): pairs of a head's features turn by
/// position times frequency.
struct RotaryEmbedding: Sendable {
  /// Radians a position, one for each pair. Single precision, as the reference keeps them.
  let frequencies: [Float]
  /// Those of sequences longer than `longestShort`, where they differ.
  let longFrequencies: [Float]?
  /// What queries and keys are multiplied by as they turn.
  let magnitude: Float
  let interleaved: Bool

  /// Pairs that turn.
  var half: Int { frequencies.count }

  init(_ configuration: RotaryConfiguration) {
    let base = (0..<configuration.pairCount).map { pair in
      Float(pow(configuration.base, Double(Float(2 * pair) / Float(configuration.dimensions))))
    }
    magnitude = Float(configuration.attentionFactor)
    interleaved = configuration.layout == .interleaved
    var long: [Float]?
    var short = Self.scaled(base, configuration)
    if case .longrope(let shortFactors, let longFactors, _) = configuration.scaling {
      // The divisor is a single-precision product, as in the reference.
      short = zip(base, shortFactors).map { 1 / (Float($1) * $0) }
      long = zip(base, longFactors).map { 1 / (Float($1) * $0) }
    }
    frequencies = short
    longFrequencies = long
  }

  /// Frequencies from the powers of the base, changed for longer contexts. A file's own factors
  /// divide each frequency apart.
  private static func scaled(_ powers: [Float], _ configuration: RotaryConfiguration) -> [Float] {
    if let factors = configuration.frequencyFactors { return zip(powers, factors).map { 1 / $0 / $1 } }
    switch configuration.scaling {
    case .none, .longrope: return powers.map { 1 / $0 }
    case .linear(let factor): return powers.map { 1 / $0 / Float(factor) }
    case .llama3(let factor, let lowFrequencyFactor, let highFrequencyFactor, let positions):
      let ramp = LlamaRamp(
        factor: Float(factor), low: Float(lowFrequencyFactor), high: Float(highFrequencyFactor),
        positions: Float(positions))
      return powers.map { ramp.scaled(1 / $0) }
    case .yarn(let factor, let betaFast, let betaSlow, let positions, let truncates):
      /// The pair that turns `turns` times in the original context.
      func pair(turns: Double) -> Double {
        let dimensions = Double(configuration.dimensions)
        return dimensions * log(Double(positions) / (turns * 2 * .pi)) / (2 * log(configuration.base))
      }
      var low = pair(turns: betaFast), high = pair(turns: betaSlow)
      if truncates { (low, high) = (low.rounded(.down), high.rounded(.up)) }
      (low, high) = (max(low, 0), min(high, Double(configuration.dimensions - 1)))
      if low == high { high += 0.001 }
      return powers.enumerated().map { index, power in
        let ramp = min(max((Float(index) - Float(low)) / Float(high - low), 0), 1)
        let kept = 1 - ramp
        return 1 / (Float(factor) * power) * (1 - kept) + 1 / power * kept
      }
    }
  }

  /// Llama 3.1's interpolation between frequencies that are divided and frequencies that are kept ("The Llama
  /// 3 Herd of Models", arXiv 2407.21783, and its reference code).
  private struct LlamaRamp {
    let factor, low, high, positions: Float

    func scaled(_ frequency: Float) -> Float {
      let wavelength = 2 * Float.pi / frequency
      if wavelength < positions / high { return frequency }
      if wavelength > positions / low { return frequency / factor }
      let smooth = (positions / wavelength - low) / (high - low)
      return (1 - smooth) * frequency / factor + smooth * frequency
    }
  }

  /// Cosines and sines of one tile: `[half][16]` each, for the positions of its lanes.
  ///
  /// - Parameter isLong: for each lane whether it belongs to a sequence that turns by `longFrequencies`.
  func angles(
    positions: UnsafePointer<Int32>, isLong: UnsafePointer<Bool>, cosine: UnsafeMutablePointer<Float>,
    sine: UnsafeMutablePointer<Float>
  ) {
    for pair in 0..<half {
      for lane in 0..<FloatTiles.lanes {
        let frequency = isLong[lane] ? (longFrequencies ?? frequencies)[pair] : frequencies[pair]
        // The angle is a single-precision product, as in the reference.
        let angle = Double(Float(positions[lane]) * frequency)
        cosine[pair * FloatTiles.lanes + lane] = Float(cos(angle)) * magnitude
        sine[pair * FloatTiles.lanes + lane] = Float(sin(angle)) * magnitude
      }
    }
  }
}
