/// What a tensor is for in a decoder-only transformer, whatever its name in a file. Layers count from 0.
///
/// Matrices are `[out, in]`, norms, sinks and biases vectors.
package enum TensorRole: Hashable, Sendable {
  /// `[vocabulary, hidden]`.
  case tokenEmbedding
  /// `[positions, hidden]`.
  case positionEmbedding
  /// `[hidden]`.
  case outputNorm
  /// `[vocabulary, hidden]`; the token embedding itself where the two are tied.
  case outputHead
  case layer(Int, LayerTensor)
  /// A matrix of one expert: `gate`, `up` or `down`.
  case expert(Int, Int, LayerTensor)

  /// A tensor that each layer has one of.
  package enum LayerTensor: Hashable, Sendable {
    /// `[hidden]`, before the attention.
    case attentionNorm
    /// `[heads · head size, hidden]`.
    case query
    /// `[key-value heads · head size, hidden]`.
    case key, value
    /// Of the length that the kind of head norm says.
    case queryNorm, keyNorm
    /// `[heads]`.
    case sinks
    /// `[hidden, heads · head size]`.
    case attentionOutput
    /// `[hidden]`, behind the attention.
    case attentionOutputNorm
    /// `[hidden]`, before the feed-forward part.
    case feedForwardNorm
    /// `[intermediate, hidden]`: the branch that goes through the activation, and the other one. Plain feed-forwards
    /// have `up` alone.
    case gate, up
    /// `[hidden, intermediate]`.
    case down
    /// `[hidden]`, behind the feed-forward part.
    case feedForwardOutputNorm
    /// `[experts, hidden]`.
    case router
    /// The expert that every token goes through, as `gate`, `up` and `down`, and its weight: `[1, hidden]`.
    case sharedGate, sharedUp, sharedDown, sharedRouter
  }

  /// The layer that the tensor belongs to.
  var layer: Int? {
    switch self {
    case .layer(let layer, _), .expert(let layer, _, _): layer
    default: nil
    }
  }
}

extension TensorRole: CustomStringConvertible {
  package var description: String {
    switch self {
    case .tokenEmbedding: "token embedding"
    case .positionEmbedding: "position embedding"
    case .outputNorm: "output norm"
    case .outputHead: "output head"
    case .layer(let layer, let tensor): "\(tensor) of layer \(layer)"
    case .expert(let layer, let expert, let tensor): "\(tensor) of expert \(expert) of layer \(layer)"
    }
  }
}

/// A role, and whether it is the weight's or the bias's.
package struct TensorSlot: Hashable, Sendable {
  package let role: TensorRole
  package var isBias = false
}

extension ModelConfiguration {
  /// The tensors that a checkpoint of this configuration has, each with the shape of its matrix; vectors are matrices of
  /// one column. The token embedding and the output head, which may stand in for each other, are left out.
  var slots: [(slot: TensorSlot, rows: Int, width: Int)] {
    var slots: [(TensorSlot, Int, Int)] = []
    if learnsPositions { slots.append((TensorSlot(role: .positionEmbedding), maximumPositions, hiddenSize)) }
    func add(_ role: TensorRole, _ rows: Int, _ width: Int, bias: Bool) {
      slots.append((TensorSlot(role: role), rows, width))
      if bias { slots.append((TensorSlot(role: role, isBias: true), rows, 1)) }
    }
    for (index, layer) in layers.enumerated() {
      layer.forEachTensor(hiddenSize: hiddenSize, normHasBias: norm.hasBias) {
        tensor, expert, rows, width, bias in
        add(expert.map { .expert(index, $0, tensor) } ?? .layer(index, tensor), rows, width, bias: bias)
      }
    }
    add(.outputNorm, hiddenSize, 1, bias: norm.hasBias)
    return slots
  }
}

extension LayerConfiguration {
  /// Calls `body` for each tensor of the layer, with an expert's number if it belongs to one.
  fileprivate func forEachTensor(
    hiddenSize: Int, normHasBias: Bool,
    _ body: (_ tensor: TensorRole.LayerTensor, _ expert: Int?, _ rows: Int, _ width: Int, _ bias: Bool) ->
      Void
  ) {
    func norm(_ place: NormPlaces, _ tensor: TensorRole.LayerTensor) {
      if norms.contains(place) { body(tensor, nil, hiddenSize, 1, normHasBias) }
    }
    norm(.attentionInput, .attentionNorm)
    let queries = attention.headCount * attention.headSize
    let keys = attention.keyValueHeadCount * attention.headSize
    body(.query, nil, queries, hiddenSize, attention.hasInputBias)
    body(.key, nil, keys, hiddenSize, attention.hasInputBias)
    body(.value, nil, keys, hiddenSize, attention.hasInputBias)
    if let headNorm = attention.headNorm {
      body(.queryNorm, nil, headNorm == .perHead ? attention.headSize : queries, 1, false)
      body(.keyNorm, nil, headNorm == .perHead ? attention.headSize : keys, 1, false)
    }
    if attention.hasSinks { body(.sinks, nil, attention.headCount, 1, false) }
    body(.attentionOutput, nil, hiddenSize, queries, attention.hasOutputBias)
    norm(.attentionOutput, .attentionOutputNorm)
    norm(.feedForwardInput, .feedForwardNorm)
    let size = feedForward.intermediateSize
    for expert in feedForward.experts.map({ Array(0..<$0.count) }) ?? [nil] as [Int?] {
      if feedForward.isGated { body(.gate, expert, size, hiddenSize, feedForward.hasBias) }
      body(.up, expert, size, hiddenSize, feedForward.hasBias)
      body(.down, expert, hiddenSize, size, feedForward.hasBias)
    }
    if let experts = feedForward.experts {
      body(.router, nil, experts.count, hiddenSize, experts.routerHasBias)
      if let shared = experts.sharedIntermediateSize {
        body(.sharedGate, nil, shared, hiddenSize, false)
        body(.sharedUp, nil, shared, hiddenSize, false)
        body(.sharedDown, nil, hiddenSize, shared, false)
        body(.sharedRouter, nil, 1, hiddenSize, false)
      }
    }
    norm(.feedForwardOutput, .feedForwardOutputNorm)
  }
}
