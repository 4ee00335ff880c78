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
    /// `[intermediate, hidden]`: the branch that goes through the activation, and the other one.
    /// Plain feed-forwards have `up` alone.
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
  /// Calls `body` for each tensor that a checkpoint of this configuration has, with the shape of its matrix;
  /// vectors are matrices of one column. The token embedding and the output head, which may stand
  /// in for each other, are left out.
  func forEachSlot(
    _ body: (_ slot: TensorSlot, _ rows: Int, _ width: Int) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    func visit(_ role: TensorRole, _ rows: Int, _ width: Int, bias: Bool) throws(CheckpointError) {
      try body(TensorSlot(role: role), rows, width)
      if bias { try body(TensorSlot(role: role, isBias: true), rows, 1) }
    }
    if learnsPositions { try visit(.positionEmbedding, maximumPositions, hiddenSize, bias: false) }
    for (index, layer) in layers.enumerated() {
      try layer.forEachTensor(hiddenSize: hiddenSize, normHasBias: norm.hasBias) {
        (tensor, expert, rows, width, bias) throws(CheckpointError) in
        try visit(expert.map { .expert(index, $0, tensor) } ?? .layer(index, tensor), rows, width, bias: bias)
      }
    }
    try visit(.outputNorm, hiddenSize, 1, bias: norm.hasBias)
  }
}

extension ModelConfiguration {
  /// The matrices that make one layer's activations from another's, but for routers.
  var productRoles: [TensorRole] {
    var roles: [TensorRole] = []
    for (index, layer) in layers.enumerated() {
      let attention: [TensorRole.LayerTensor] = [.query, .key, .value, .attentionOutput]
      roles += attention.map { .layer(index, $0) }
      let feedForward: [TensorRole.LayerTensor] = (layer.feedForward.isGated ? [.gate] : []) + [.up, .down]
      guard let experts = layer.feedForward.experts else {
        roles += feedForward.map { .layer(index, $0) }
        continue
      }
      if experts.sharedIntermediateSize != nil {
        roles += [.layer(index, .sharedGate), .layer(index, .sharedUp), .layer(index, .sharedDown)]
      }
      for expert in 0..<experts.count { roles += feedForward.map { .expert(index, expert, $0) } }
    }
    return roles
  }
}

extension LayerConfiguration {
  /// What is called for each tensor of a layer, with an expert's number if it belongs to one.
  fileprivate typealias Visitor = (
    _ tensor: TensorRole.LayerTensor, _ expert: Int?, _ rows: Int, _ width: Int, _ bias: Bool
  ) throws(CheckpointError) -> Void

  fileprivate func forEachTensor(
    hiddenSize: Int, normHasBias: Bool, _ visit: Visitor
  ) throws(CheckpointError) {
    func norm(_ place: NormPlaces, _ tensor: TensorRole.LayerTensor) throws(CheckpointError) {
      if norms.contains(place) { try visit(tensor, nil, hiddenSize, 1, normHasBias) }
    }
    try norm(.attentionInput, .attentionNorm)
    let queries = attention.headCount * attention.headSize
    let keys = attention.keyValueHeadCount * attention.headSize
    try visit(.query, nil, queries, hiddenSize, attention.hasInputBias)
    try visit(.key, nil, keys, hiddenSize, attention.hasInputBias)
    try visit(.value, nil, keys, hiddenSize, attention.hasInputBias)
    if let headNorm = attention.headNorm {
      try visit(.queryNorm, nil, headNorm == .perHead ? attention.headSize : queries, 1, false)
      try visit(.keyNorm, nil, headNorm == .perHead ? attention.headSize : keys, 1, false)
    }
    if attention.hasSinks { try visit(.sinks, nil, attention.headCount, 1, false) }
    try visit(.attentionOutput, nil, hiddenSize, queries, attention.hasOutputBias)
    try norm(.attentionOutput, .attentionOutputNorm)
    try norm(.feedForwardInput, .feedForwardNorm)
    if let experts = feedForward.experts {
      try visit(.router, nil, experts.count, hiddenSize, experts.routerHasBias)
      for expert in 0..<experts.count { try forEachMatrix(hiddenSize, expert: expert, visit) }
      if let shared = experts.sharedIntermediateSize {
        try visit(.sharedGate, nil, shared, hiddenSize, false)
        try visit(.sharedUp, nil, shared, hiddenSize, false)
        try visit(.sharedDown, nil, hiddenSize, shared, false)
        try visit(.sharedRouter, nil, 1, hiddenSize, false)
      }
    } else {
      try forEachMatrix(hiddenSize, expert: nil, visit)
    }
    try norm(.feedForwardOutput, .feedForwardOutputNorm)
  }

  /// The matrices of a feed-forward.
  private func forEachMatrix(_ hiddenSize: Int, expert: Int?, _ visit: Visitor) throws(CheckpointError) {
    let size = feedForward.intermediateSize
    if feedForward.isGated { try visit(.gate, expert, size, hiddenSize, feedForward.hasBias) }
    try visit(.up, expert, size, hiddenSize, feedForward.hasBias)
    try visit(.down, expert, hiddenSize, size, feedForward.hasBias)
  }
}
