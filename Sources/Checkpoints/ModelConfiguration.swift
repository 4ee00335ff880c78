/// The sizes and constants of a decoder-only transformer.
package struct ModelConfiguration: Sendable {
  /// The family's name: config.json's `model_type`, GGUF's `general.architecture`.
  package let architecture: String
  package let hiddenSize: Int
  package let layerCount: Int
  package let headCount: Int
  /// Divides `headCount`: consecutive query heads share a key-value head.
  package let keyValueHeadCount: Int
  /// Elements of one head, even; `headCount · headSize` need not be `hiddenSize`.
  package let headSize: Int
  package let intermediateSize: Int
  /// Rows of the token embedding, padding included: the softmax goes over all of them.
  package let vocabularySize: Int
  /// Positions that the model was made for.
  package let maximumPositions: Int
  /// Added to the mean square under the root of the norms.
  package let normEpsilon: Float
  package let rotary: RotaryConfiguration
  /// The output head is the token embedding.
  package internal(set) var tiesEmbeddings: Bool
  /// Which of the linear layers have biases.
  package let biases: Biases

  /// Groups of linear layers that have biases together.
  package struct Biases: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Query, key and value.
    package static let attentionInput = Biases(rawValue: 1)
    package static let attentionOutput = Biases(rawValue: 2)
    /// Gate, up and down.
    package static let feedForward = Biases(rawValue: 4)
  }
}

/// How positions turn the heads of queries and keys (Su et al., RoFormer, arXiv 2104.09864).
///
/// Pair i of `dimensions / 2` turns by position · base^(-2i / dimensions), as `scaling` and `frequencyFactors` change it.
package struct RotaryConfiguration: Sendable {
  /// Which two elements of a head turn together.
  package enum Layout: Sendable {
    /// i and i + dimensions / 2, as in transformers.
    case halves
    /// 2i and 2i + 1, as GGUF keeps llama's rows.
    case interleaved
  }

  /// How the frequencies are changed for longer contexts.
  package enum Scaling: Sendable, Equatable {
    case none
    /// Every frequency divided by the factor.
    case linear(factor: Double)
    /// Low frequencies divided by the factor, high ones kept, those between interpolated (Llama 3.1): a wavelength is
    /// low beyond `originalMaximumPositions / lowFrequencyFactor` positions and high below
    /// `originalMaximumPositions / highFrequencyFactor`.
    case llama3(
      factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, originalMaximumPositions: Int)
  }

  /// The longest wavelength is about 2π · base.
  package let base: Double
  /// Elements of a head that turn, even; the first ones.
  package let dimensions: Int
  package let layout: Layout
  package let scaling: Scaling
  /// A divisor for each pair's frequency, `[dimensions / 2]`, F32, each finite and above 0 (GGUF's `rope_freqs`).
  package let frequencyFactors: Tensor?
}
