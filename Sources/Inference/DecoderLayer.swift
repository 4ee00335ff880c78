import Checkpoints

/// The weights of one decoder layer, ready to be used.
struct DecoderLayer: Sendable {
  let configuration: LayerConfiguration

  /// Norms before and behind the attention and the feed-forward, where there are any.
  let attentionNorm: Norm?
  let attentionOutputNorm: Norm?
  let feedForwardNorm: Norm?
  let feedForwardOutputNorm: Norm?

  let query: WeightMatrix
  let key: WeightMatrix
  let value: WeightMatrix
  let queryNorm: HeadNorm?
  let keyNorm: HeadNorm?
  let attention: Attention
  let attentionOutput: WeightMatrix

  let mixing: Mixing

  /// What mixes features.
  enum Mixing: Sendable {
    case dense(FeedForward)
    case experts(Experts)
  }

  var hasExperts: Bool {
    if case .experts = mixing { true } else { false }
  }

  var matrices: [WeightMatrix] {
    let mixing =
      switch mixing {
      case .dense(let weights): weights.matrices
      case .experts(let experts): experts.matrices
      }
    return [query, key, value, attentionOutput] + mixing
  }
}

extension DecoderLayer {
  /// Takes the tensors of layer `index`.
  ///
  /// - Throws: `ModelError` when one that the architecture needs is missing.
  init(_ index: Int, _ load: WeightLoader, kernels: Kernels) throws(ModelError) {
    let layer = load.checkpoint.configuration.layers[index]
    func norm(
      _ place: LayerConfiguration.NormPlaces, _ tensor: TensorRole.LayerTensor
    ) throws(ModelError) -> Norm? {
      layer.norms.contains(place) ? try load.norm(.layer(index, tensor)) : nil
    }
    func matrix(_ tensor: TensorRole.LayerTensor) throws(ModelError) -> WeightMatrix {
      try load.matrix(.layer(index, tensor))
    }
    configuration = layer
    attentionNorm = try norm(.attentionInput, .attentionNorm)
    attentionOutputNorm = try norm(.attentionOutput, .attentionOutputNorm)
    feedForwardNorm = try norm(.feedForwardInput, .feedForwardNorm)
    feedForwardOutputNorm = try norm(.feedForwardOutput, .feedForwardOutputNorm)
    query = try matrix(.query)
    key = try matrix(.key)
    value = try matrix(.value)
    attentionOutput = try matrix(.attentionOutput)
    if let kind = layer.attention.headNorm {
      queryNorm = HeadNorm(norm: try load.norm(.layer(index, .queryNorm)), kind: kind)
      keyNorm = HeadNorm(norm: try load.norm(.layer(index, .keyNorm)), kind: kind)
    } else {
      (queryNorm, keyNorm) = (nil, nil)
    }
    attention = Attention(
      kernels: kernels, layer.attention,
      sinks: layer.attention.hasSinks ? try load.vector(.layer(index, .sinks)) : nil)
    mixing = try Mixing(index, layer.feedForward, load)
  }
}

extension DecoderLayer.Mixing {
  fileprivate init(
    _ layer: Int, _ configuration: FeedForwardConfiguration, _ load: WeightLoader
  ) throws(ModelError) {
    let activation = KernelActivation(configuration.activation)
    func feedForward(_ role: (TensorRole.LayerTensor) -> TensorRole) throws(ModelError) -> FeedForward {
      FeedForward(
        gate: configuration.isGated ? try load.matrix(role(.gate)) : nil, up: try load.matrix(role(.up)),
        down: try load.matrix(role(.down)), activation: activation)
    }
    guard let experts = configuration.experts else {
      self = .dense(try feedForward { .layer(layer, $0) })
      return
    }
    var each: [FeedForward] = []
    for expert in 0..<experts.count { each.append(try feedForward { .expert(layer, expert, $0) }) }
    var shared: Experts.Shared?
    if experts.sharedIntermediateSize != nil {
      shared = Experts.Shared(
        weights: FeedForward(
          gate: try load.matrix(.layer(layer, .sharedGate)), up: try load.matrix(.layer(layer, .sharedUp)),
          down: try load.matrix(.layer(layer, .sharedDown)), activation: activation),
        router: try load.matrix(.layer(layer, .sharedRouter)))
    }
    self = .experts(
      Experts(
        configuration: experts, router: try load.matrix(.layer(layer, .router)), experts: each, shared: shared
      ))
  }
}

/// Tensors as the forward pass wants them: matrices in place, vectors as floats.
struct WeightLoader {
  let checkpoint: Checkpoint
  /// Where weights are to be multiplied as 8-bit integers.
  let int8: Int8Weights?

  func matrix(_ role: TensorRole) throws(ModelError) -> WeightMatrix {
    guard let matrix = checkpoint.matrix(role) else { throw ModelError("the checkpoint has no \(role)") }
    return try WeightMatrix(matrix, bias: checkpoint.vector(role, bias: true), int8: int8?[role])
  }

  func vector(_ role: TensorRole) throws(ModelError) -> [Float] {
    guard let vector = checkpoint.vector(role) else { throw ModelError("the checkpoint has no \(role)") }
    return vector
  }

  func norm(_ role: TensorRole) throws(ModelError) -> Norm {
    let configuration = checkpoint.configuration.norm
    let weight = try vector(role)
    return Norm(
      kind: configuration.kind, epsilon: configuration.epsilon,
      weight: configuration.weightOffset == 0 ? weight : weight.map { $0 + configuration.weightOffset },
      bias: checkpoint.vector(role, bias: true))
  }
}
