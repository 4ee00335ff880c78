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
  /// The most tokens of a sequence whose positions count as those of a short one;
  /// `PackedBatch` needs to know.
  package let longestShort: Int

  private let transformer: Transformer
  private let workModel: WorkModel
  /// Keep the mapped weights alive.
  private let checkpoint: Checkpoint
  private let int8: Int8Weights?

  /// The window for a number of workers, in tokens: weights that have come from memory are used for so
  /// many, and there is work for all.
  package static func defaultWindow(workers: Workers) -> Int { max(1024, 128 * workers.count) }

  /// - Parameters:
  ///   - precision: nil for bf16 where the kernels multiply it natively, f32 elsewhere.
  ///   - window: tokens that go through a layer together, which take most of the memory; their
  ///     numbers do not depend on it.
  ///   - cacheFolder: where weights that are rounded to 8 bits are kept for the next run; nil keeps none.
  /// - Throws: `ModelError` when a tensor that the architecture needs is missing.
  package init(
    _ checkpoint: Checkpoint, precision: Precision? = nil, kernels: Kernels, workers: Workers,
    window: Int? = nil, cacheFolder: String? = Paths.cacheFolder
  ) throws(ModelError) {
    let configuration = checkpoint.configuration
    let precision = precision ?? (kernels.multipliesBF16 ? .bf16 : .f32)
    let products = Products(kernels: kernels, form: kernels.operandForm(for: precision))
    let int8 =
      precision == .int8
      ? try Int8Weights(of: checkpoint, kernels: kernels, workers: workers, cacheFolder: cacheFolder) : nil
    let load = WeightLoader(checkpoint: checkpoint, int8: int8)
    var layers: [DecoderLayer] = []
    for layer in configuration.layers.indices {
      layers.append(try DecoderLayer(layer, load, kernels: kernels))
    }
    let embedding = try load.matrix(.tokenEmbedding)
    let output = try load.matrix(.outputHead)
    workModel = WorkModel(configuration, layers, output: output, precision: precision)
    transformer = Transformer(
      configuration: configuration, embedding: embedding,
      positionEmbedding: configuration.learnsPositions ? try load.matrix(.positionEmbedding) : nil,
      layers: layers, outputNorm: try load.norm(.outputNorm), output: output, products: products,
      workers: workers, window: window ?? Self.defaultWindow(workers: workers), workModel: workModel)
    longestShort =
      configuration.rotaries.compactMap { rotary in
        if case .longrope(_, _, let positions) = rotary.scaling { positions } else { nil }
      }.min() ?? .max
    identity = "\(checkpoint.fingerprint)/\(precision.rawValue)"
    maximumPositions = configuration.maximumPositions
    vocabularySize = min(configuration.vocabularySize, embedding.rows, output.rows)
    self.checkpoint = checkpoint
    self.int8 = int8
  }

  /// Log-probabilities (and ranks, if wanted) of a batch's predictions in the order
  /// in which they were appended.
  ///
  /// A prediction's numbers are the same to the last bit whatever else is in the batch. Not to be called from
  /// two threads at once: the workers are one set.
  package func score(_ batch: PackedBatch, ranks: Bool = false) -> TokenScores {
    transformer.score(batch, ranks: ranks, keeping: 0).0
  }

  /// The same, and what the last sequence begins with for the next batch.
  ///
  /// - Parameters:
  ///   - next: the next batch's first sequence, which has no use for more than it begins with itself;
  ///     nil where it is not known, and then the last sequence's prompt is kept.
  ///   - memory: bytes that the kept prefix may take; while a batch is scored, the one that it is behind and
  ///     the one that it leaves are both there.
  package func score(
    _ batch: PackedBatch, ranks: Bool, keepingFor next: [UInt32]? = nil, within memory: Int
  ) -> (TokenScores, KeptPrefix?) {
    let limit = memory / max(1, transformer.keptPageBytes) * PackedBatch.pageSize
    let shared = next.map(batch.countSharedByLatest) ?? batch.latestPromptCount
    return transformer.score(batch, ranks: ranks, keeping: min(limit, shared))
  }

  /// What scoring a batch takes.
  package func work(of batch: PackedBatch) -> Work { workModel.work(of: batch) }
}

/// A checkpoint that cannot be run.
package struct ModelError: Error, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}
