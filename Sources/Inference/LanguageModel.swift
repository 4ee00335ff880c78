import CKernels
import Checkpoints
import Streams

/// A base model opened for scoring.
package final class LanguageModel: Sendable {
  /// `NAME@8hex/mode`: the weights' fingerprint and the arithmetic.
  package let identity: String
  /// The longest sequence the model was made for, in tokens.
  package let maximumPositions: Int
  /// Token ids are below this.
  package let vocabularySize: Int

  private let transformer: Transformer
  /// Keeps the mapped weights alive.
  private let checkpoint: Checkpoint

  /// - Parameters:
  ///   - precision: nil for bf16 where the kernels multiply it natively, f32 elsewhere.
  /// - Throws: `ModelError` when a tensor that the architecture needs is missing.
  package init(
    _ checkpoint: Checkpoint, precision: Precision? = nil, kernels: Kernels, workers: Workers
  ) throws(ModelError) {
    let configuration = checkpoint.configuration
    let precision = precision ?? (kernels.multipliesBF16 ? .bf16 : .f32)
    let products = Products(kernels: kernels, form: kernels.operandForm(for: precision))
    let load = WeightLoader(checkpoint: checkpoint, kernels: kernels)

    guard configuration.headSize % 2 == 0 else {
      throw ModelError("the head size \(configuration.headSize) is odd; an even one was expected")
    }
    var layers: [DecoderLayer] = []
    for layer in 0..<configuration.layerCount {
      layers.append(
        DecoderLayer(
          attentionNorm: try load.vector(.attentionNorm(layer)),
          query: try load.matrix(.query(layer), bias: .queryBias(layer)),
          key: try load.matrix(.key(layer), bias: .keyBias(layer)),
          value: try load.matrix(.value(layer), bias: .valueBias(layer)),
          attentionOutput: try load.matrix(.attentionOutput(layer), bias: .attentionOutputBias(layer)),
          feedForwardNorm: try load.vector(.feedForwardNorm(layer)),
          gate: try load.matrix(.gate(layer), bias: .gateBias(layer)),
          up: try load.matrix(.up(layer), bias: .upBias(layer)),
          down: try load.matrix(.down(layer), bias: .downBias(layer))))
    }
    let embedding = try load.matrix(.tokenEmbedding)
    let output = configuration.tiesEmbeddings ? embedding : try load.matrix(.outputHead)
    transformer = Transformer(
      configuration: configuration, embedding: embedding, layers: layers,
      outputNorm: try load.vector(.outputNorm), output: output, products: products, workers: workers)
    identity = "\(checkpoint.fingerprint)/\(precision.rawValue)"
    maximumPositions = configuration.maximumPositions
    vocabularySize = min(configuration.vocabularySize, embedding.rows, output.rows)
    self.checkpoint = checkpoint
  }

  /// Log-probabilities (and ranks, if wanted) of a batch's predictions in the order in which they were appended.
  ///
  /// A prediction's numbers are the same to the last bit whatever else is in the batch. Not to be called from
  /// two threads at once: the workers are one set.
  package func score(_ batch: PackedBatch, ranks: Bool = false) -> TokenScores {
    transformer.score(batch, ranks: ranks)
  }
}

/// A checkpoint that cannot be run.
package struct ModelError: Error, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}

/// Tensors as the forward pass wants them: matrices in place, vectors as floats.
private struct WeightLoader {
  let checkpoint: Checkpoint
  let kernels: Kernels

  func matrix(_ role: TensorRole, bias: TensorRole? = nil) throws(ModelError) -> WeightMatrix {
    let tensor = try tensor(role)
    guard tensor.shape.count == 2 else {
      throw ModelError("\(tensor.name) has \(tensor.shape.count) dimensions; 2 were expected")
    }
    var values: [Float]?
    if let bias, checkpoint.tensor(bias) != nil { values = try vector(bias) }
    return WeightMatrix(tensor, bias: values)
  }

  func vector(_ role: TensorRole) throws(ModelError) -> [Float] {
    try tensor(role).floats
  }

  private func tensor(_ role: TensorRole) throws(ModelError) -> Tensor {
    guard let tensor = checkpoint.tensor(role) else { throw ModelError("the checkpoint has no \(role)") }
    return tensor
  }
}

extension Tensor {
  /// All elements, in order.
  var floats: [Float] {
    let count = shape.reduce(1, *)
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      if let start = bytes.baseAddress, let out = buffer.baseAddress {
        dequantize(type, start, count: count, into: out)
      }
      initialized = count
    }
  }
}
