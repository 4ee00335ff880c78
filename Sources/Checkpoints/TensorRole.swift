/// What a tensor is for in a decoder-only transformer, whatever its name in a file. Layers count from 0.
///
/// Matrices are `[out, in]`, norms and biases vectors.
package enum TensorRole: Hashable, Sendable {
  /// `[vocabulary, hidden]`.
  case tokenEmbedding
  /// `[hidden]`.
  case outputNorm
  /// `[vocabulary, hidden]`; the token embedding itself where the two are tied.
  case outputHead

  /// `[hidden]`, before the attention of a layer.
  case attentionNorm(Int)
  /// `[heads · head size, hidden]`.
  case query(Int)
  /// `[key-value heads · head size, hidden]`.
  case key(Int)
  /// `[key-value heads · head size, hidden]`.
  case value(Int)
  /// `[hidden, heads · head size]`.
  case attentionOutput(Int)
  case queryBias(Int)
  case keyBias(Int)
  case valueBias(Int)
  case attentionOutputBias(Int)

  /// `[hidden]`, before the feed-forward part of a layer.
  case feedForwardNorm(Int)
  /// `[intermediate, hidden]`, the branch that goes through the activation.
  case gate(Int)
  /// `[intermediate, hidden]`.
  case up(Int)
  /// `[hidden, intermediate]`.
  case down(Int)
  case gateBias(Int)
  case upBias(Int)
  case downBias(Int)
}

extension ModelConfiguration {
  /// The tensors that a checkpoint of this configuration has, but for the token embedding and the output head, which
  /// may stand in for each other.
  var roles: [TensorRole] {
    (0..<layerCount).flatMap(layerRoles) + [.outputNorm]
  }

  private func layerRoles(_ layer: Int) -> [TensorRole] {
    var roles: [TensorRole] = [
      .attentionNorm(layer), .query(layer), .key(layer), .value(layer), .attentionOutput(layer),
      .feedForwardNorm(layer), .gate(layer), .up(layer), .down(layer),
    ]
    if biases.contains(.attentionInput) { roles += [.queryBias(layer), .keyBias(layer), .valueBias(layer)] }
    if biases.contains(.attentionOutput) { roles.append(.attentionOutputBias(layer)) }
    if biases.contains(.feedForward) { roles += [.gateBias(layer), .upBias(layer), .downBias(layer)] }
    return roles
  }

  /// The shape that a role's tensor has, outermost axis first.
  func shape(_ role: TensorRole) -> [Int] {
    let queries = headCount * headSize
    let keys = keyValueHeadCount * headSize
    return switch role {
    case .tokenEmbedding, .outputHead: [vocabularySize, hiddenSize]
    case .query: [queries, hiddenSize]
    case .key, .value: [keys, hiddenSize]
    case .attentionOutput: [hiddenSize, queries]
    case .gate, .up: [intermediateSize, hiddenSize]
    case .down: [hiddenSize, intermediateSize]
    case .queryBias: [queries]
    case .keyBias, .valueBias: [keys]
    case .gateBias, .upBias: [intermediateSize]
    case .outputNorm, .attentionNorm, .feedForwardNorm, .attentionOutputBias, .downBias: [hiddenSize]
    }
  }
}
