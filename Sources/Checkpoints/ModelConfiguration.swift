/// A decoder-only transformer as data: everything about the forward pass but the numbers in the tensors.
///
/// A family's file fills it in from config.json or GGUF metadata; one forward pass reads it.
package struct ModelConfiguration: Sendable {
  /// The family's name in the file: config.json's `model_type`, GGUF's `general.architecture`.
  package let architecture: String
  package let hiddenSize: Int
  /// Rows of the token embedding, padding included: the softmax goes over all of them.
  package let vocabularySize: Int
  /// Positions that the model was made for.
  package let maximumPositions: Int
  /// The output head is the token embedding.
  package internal(set) var tiesEmbeddings: Bool

  /// What the token embeddings are multiplied by.
  package var embeddingScale: Float = 1
  /// Whether a learned vector for each position is added to the embedding, `[maximumPositions, hidden]`.
  package var learnsPositions = false
  /// The norms of the residual stream, in the layers and before the output head.
  package var norm: NormConfiguration
  package var layers: [LayerConfiguration]
  /// The kinds of rotary embedding that the layers choose from.
  package var rotaries: [RotaryConfiguration]
  /// What the logits are multiplied by.
  package var logitScale: Float = 1
  /// Logits become cap · tanh(logit / cap).
  package var logitSoftCap: Float?

  /// Changes every layer.
  mutating func forEachLayer(_ change: (inout LayerConfiguration) -> Void) {
    for index in layers.indices { change(&layers[index]) }
  }
}

/// How activations are normalised.
package struct NormConfiguration: Sendable, Equatable {
  package enum Kind: Sendable {
    /// x / sqrt(mean(x²) + epsilon) (Zhang and Sennrich, arXiv 1910.07467).
    case rootMeanSquare
    /// (x - mean) / sqrt(variance + epsilon) (Ba et al., arXiv 1607.06450).
    case layer
  }

  package var kind = Kind.rootMeanSquare
  package var epsilon: Float
  /// Added to the weights: 1 where a file keeps them as differences from 1.
  package var weightOffset: Float = 0
  package var hasBias = false
}

/// One decoder layer: attention, then feed-forward, each added to the residual stream.
package struct LayerConfiguration: Sendable {
  package var attention: AttentionConfiguration
  package var feedForward: FeedForwardConfiguration
  package var norms: NormPlaces = .beforeEach
  /// Attention and feed-forward read the same residual stream, and both are added to it; where there is no
  /// norm of its own for the feed-forward, it reads what attention reads.
  package var isParallel = false
  /// What both are multiplied by before they are added.
  package var residualScale: Float = 1

  /// Where a layer normalises.
  package struct NormPlaces: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let attentionInput = NormPlaces(rawValue: 1)
    package static let attentionOutput = NormPlaces(rawValue: 2)
    package static let feedForwardInput = NormPlaces(rawValue: 4)
    package static let feedForwardOutput = NormPlaces(rawValue: 8)

    package static let beforeEach: NormPlaces = [.attentionInput, .feedForwardInput]
    package static let behindEach: NormPlaces = [.attentionOutput, .feedForwardOutput]
  }
}

/// Causal attention with grouped heads.
package struct AttentionConfiguration: Sendable {
  package var headCount: Int
  /// Divides `headCount`: consecutive query heads share a key-value head.
  package var keyValueHeadCount: Int
  /// Elements of one head; `headCount · headSize` need not be the hidden size.
  package var headSize: Int
  /// What the products of queries and keys are multiplied by.
  package var scale: Float
  /// Positions that a query sees, its own included; nil for all up to its own.
  package var window: Int?
  /// Scores become cap · tanh(score / cap), before the mask.
  package var softCap: Float?
  /// Which of the model's rotary embeddings turns queries and keys; nil for none.
  package var rotary: Int? = 0
  /// How queries and keys are normalised before they are turned.
  package var headNorm: HeadNorm?
  /// Each head has a logit that takes part in the softmax and stands for no position (GPT-OSS).
  package var hasSinks = false
  package var hasInputBias = false
  package var hasOutputBias = false

  package enum HeadNorm: Sendable {
    /// Each head, with weights that the heads share: `[headSize]`.
    case perHead
    /// Each head, with weights of its own: `[heads, headSize]`.
    case eachHead
    /// All heads as one vector: `[heads · headSize]`.
    case wholeWidth
  }
}

/// The feed-forward part of a layer.
package struct FeedForwardConfiguration: Sendable {
  package var intermediateSize: Int
  package var activation: Activation
  /// down(activation(gate(x)) · up(x)); otherwise down(activation(up(x))).
  package var isGated = true
  package var hasBias = false
  /// In place of one feed-forward, several of these sizes that a router chooses from for each token.
  package var experts: ExpertsConfiguration?
}

/// A mixture of experts (Shazeer et al., arXiv 1701.06538).
package struct ExpertsConfiguration: Sendable {
  package var count: Int
  /// Experts that a token goes through.
  package var chosenCount: Int
  package var weighting: Weighting
  package var routerHasBias = false
  /// The intermediate size of an expert that every token goes through, weighted by the sigmoid of a product
  /// with a learned vector (Qwen 1.5 MoE).
  package var sharedIntermediateSize: Int?

  /// How the router's logits become the weights of the chosen experts, those of the largest logits.
  package enum Weighting: Sendable {
    /// The softmax over all experts, as it is.
    case softmaxOfAll
    /// The softmax over the chosen ones: that over all, scaled to a sum of 1.
    case softmaxOfChosen
  }
}

/// The non-linear function of a feed-forward.
package enum Activation: Sendable, Equatable {
  /// x · sigmoid(x).
  case silu
  /// x · Φ(x), by the error function (Hendrycks and Gimpel, arXiv 1606.08415).
  case gelu
  /// The same, approximated by a hyperbolic tangent.
  case geluTanh
  /// x · sigmoid(1.702 x).
  case geluSigmoid
  case relu
  case reluSquared
  /// min(g, limit) · sigmoid(alpha · min(g, limit)) · (clamp(u, ±limit) + 1) for gate g and up u (GPT-OSS).
  case clampedSwiGLU(alpha: Float, limit: Float)

  /// The function that transformers calls `name`.
  init?(transformersName name: String) {
    switch name {
    case "silu", "swish": self = .silu
    case "gelu", "gelu_python": self = .gelu
    case "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_accurate": self = .geluTanh
    case "quick_gelu": self = .geluSigmoid
    case "relu": self = .relu
    case "relu2": self = .reluSquared
    default: return nil
    }
  }
}
