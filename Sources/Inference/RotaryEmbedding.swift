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
  let interleaved: Bool

  /// Pairs that turn.
  var half: Int { frequencies.count }

  init(_ configuration: RotaryConfiguration) {
    let dimensions = configuration.dimensions
    let factors = configuration.frequencyFactors?.floats
    frequencies = (0..<dimensions / 2).map { pair in
      let exponent = Float(2 * pair) / Float(dimensions)
      let plain = 1 / Float(pow(configuration.base, Double(exponent)))
      return Self.scaled(plain, pair: pair, by: configuration.scaling, factors: factors)
    }
    interleaved = configuration.layout == .interleaved
  }

  /// Context extension: every frequency divided (linear), or the low ones with a ramp between (Llama 3.1,
  /// "The Llama 3 Herd of Models", arXiv 2407.21783, and its reference code). A file's own factors divide
  /// each frequency apart.
  private static func scaled(
    _ frequency: Float, pair: Int, by scaling: RotaryConfiguration.Scaling, factors: [Float]?
  ) -> Float {
    if let factors, pair < factors.count { return frequency / factors[pair] }
    switch scaling {
    case .none: return frequency
    case .linear(let factor): return frequency / Float(factor)
    case .llama3(let factor, let lowFrequencyFactor, let highFrequencyFactor, let positions):
      let factor = Float(factor), low = Float(lowFrequencyFactor), high = Float(highFrequencyFactor)
      let original = Float(positions)
      let wavelength = 2 * Float.pi / frequency
      if wavelength < original / high { return frequency }
      if wavelength > original / low { return frequency / factor }
      let smooth = (original / wavelength - low) / (high - low)
      return (1 - smooth) * frequency / factor + smooth * frequency
    }
  }

  /// Cosines and sines of one tile: `[half][16]` each, for the positions of its lanes.
  func angles(
    positions: UnsafePointer<Int32>, cosine: UnsafeMutablePointer<Float>, sine: UnsafeMutablePointer<Float>
  ) {
    for pair in 0..<half {
      for lane in 0..<FloatTiles.lanes {
        // The angle is a single-precision product, as in the reference.
        let angle = Double(Float(positions[lane]) * frequencies[pair])
        cosine[pair * FloatTiles.lanes + lane] = Float(cos(angle))
        sine[pair * FloatTiles.lanes + lane] = Float(sin(angle))
      }
    }
  }
}
