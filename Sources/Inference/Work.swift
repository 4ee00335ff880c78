import Checkpoints
import Streams

/// How much has been computed, and how much it would have been without sharing: a full forward pass for each
/// sequence, every token of it through every layer and the output head.
package struct Work: Sendable, Equatable {
  /// Tokens of the sequences, and those of them that were computed.
  package var tokens = 0
  package var computedTokens = 0
  /// Multiplications of a weight by an activation, and in attention of two activations,
  /// each with an addition.
  package var multiplyAdds = 0.0
  package var fullMultiplyAdds = 0.0

  package init() {}

  package static func += (total: inout Work, part: Work) {
    total.tokens += part.tokens
    total.computedTokens += part.computedTokens
    total.multiplyAdds += part.multiplyAdds
    total.fullMultiplyAdds += part.fullMultiplyAdds
  }
}

extension Work: CustomStringConvertible {
  /// `71,200 of 195,660 tokens computed, 9,741 of 27,012 G multiply-adds (36.1%)`.
  package var description: String {
    func billions(_ count: Double) -> String { grouped(Int(min(count / 1e9, 1e15).rounded())) }
    let permille = fullMultiplyAdds > 0 ? Int((multiplyAdds / fullMultiplyAdds * 1000).rounded()) : 0
    return "\(grouped(computedTokens)) of \(grouped(tokens)) tokens computed, \(billions(multiplyAdds)) of "
      + "\(billions(fullMultiplyAdds)) G multiply-adds (\(permille / 10).\(permille % 10)%)"
  }
}

/// What a model's steps cost, in multiply-adds.
struct WorkModel: Sendable {
  /// A token's way through all layers, attention to others aside.
  private let layers: Double
  /// The part of it that the last layer leaves to the tokens that predict: queries,
  /// attention's output, feed-forward.
  private let lastOfPredicting: Double
  private let head: Double
  /// Products of queries with keys and of weights with values: for each number of positions that a layer's
  /// queries see, the cost of one of them in all such layers, and in the last layer if it is one.
  private let attention: [(window: Int, all: Double, last: Double)]

  /// How much longer a multiply-add takes in attention, softmax included, than with a matrix.
  private let slowness: Double

  init(
    _ configuration: ModelConfiguration, _ decoders: [DecoderLayer], output: WeightMatrix,
    precision: Precision
  ) {
    slowness = precision == .int8 ? 3 : 1.5
    func cost(_ matrices: [WeightMatrix]) -> Double {
      matrices.reduce(0) { $0 + Double($1.rows) * Double($1.width) }
    }
    func mixing(_ layer: DecoderLayer) -> Double {
      switch layer.mixing {
      case .dense(let weights): return cost(weights.matrices)
      case .experts(let experts):
        // All experts have one shape.
        let chosen = Double(experts.configuration.chosenCount)
        let shared = experts.shared.map { cost($0.weights.matrices + [$0.router]) } ?? 0
        return cost([experts.router]) + chosen * cost(experts.experts.first?.matrices ?? []) + shared
      }
    }
    func predicting(_ layer: DecoderLayer) -> Double {
      cost([layer.query, layer.attentionOutput]) + mixing(layer)
    }
    layers = decoders.reduce(0) { $0 + predicting($1) + cost([$1.key, $1.value]) }
    lastOfPredicting = decoders.last.map(predicting) ?? 0
    head = cost([output])
    var attention: [(window: Int, all: Double, last: Double)] = []
    for (index, layer) in decoders.enumerated() {
      let shape = layer.configuration.attention, window = shape.window ?? .max
      let each = Double(2 * shape.headCount * shape.headSize)
      let last = index == decoders.count - 1 ? each : 0
      if let place = attention.firstIndex(where: { $0.window == window }) {
        attention[place].all += each
        attention[place].last += last
      } else {
        attention.append((window, each, last))
      }
    }
    self.attention = attention
  }

  /// The time that the token at a position takes in all layers, in that of a multiply-add with a matrix.
  func time(at position: Int32) -> Double {
    attention.reduce(layers) { $0 + slowness * $1.all * Double(min(Int(position) + 1, $1.window)) }
  }

  /// - Complexity: linear in the batch's rows and predictions.
  func work(of batch: PackedBatch) -> Work {
    var work = Work()
    work.computedTokens = batch.rowCount
    let predicting = Double(batch.predictions.count)
    work.multiplyAdds =
      Double(batch.rowCount) * (layers - lastOfPredicting) + predicting * (lastOfPredicting + head)
    for (window, all, last) in attention {
      func seen(_ position: Int32) -> Double { Double(min(Int(position) + 1, window)) }
      work.multiplyAdds += (all - last) * batch.positions.reduce(0) { $0 + seen($1) }
      work.multiplyAdds += last * batch.predictions.reduce(0) { $0 + seen($1.position) }
    }
    for sequence in batch.sequences {
      let count = Double(sequence.length)
      work.tokens += sequence.length
      work.fullMultiplyAdds += count * (layers + head)
      for (window, all, _) in attention {
        let growing = Double(min(sequence.length, window))
        work.fullMultiplyAdds += all * (growing * (growing + 1) / 2 + (count - growing) * growing)
      }
    }
    return work
  }
}
