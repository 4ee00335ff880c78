import CKernels
import Checkpoints

/// The weights of a feed-forward: down(activation(gate x) · up x), or without a gate down(activation(up x)).
struct FeedForward: Sendable {
  let gate: WeightMatrix?
  let up: WeightMatrix
  let down: WeightMatrix
  let activation: KernelActivation

  var matrices: [WeightMatrix] { [gate, up, down].compactMap(\.self) }

  /// A feed-forward and the tiles that go through it.
  struct Job {
    let weights: FeedForward
    let tiles: Range<Int>
  }

  /// The hidden features of each job's tiles, activated, as operands of the products with `down`.
  ///
  /// - Parameter hidden: as wide as the `up` matrices have rows.
  static func activate(
    _ jobs: [Job], _ input: OperandTiles, into hidden: OperandTiles, _ projector: Projector
  ) {
    projector.forEachSlab(of: jobs.map { ($0.weights.up, $0.tiles) }) { index, rows, groups, worker in
      jobs[index].weights.activate(rows, groups, input: input, hidden: hidden, projector, worker: worker)
    }
  }

  /// The hidden features `rows`, straight into the operands of the next product.
  private func activate(
    _ rows: Range<Int>, _ groups: Slice<TileGroups>, input: OperandTiles, hidden: OperandTiles,
    _ projector: Projector, worker: Int
  ) {
    let products = projector.products, table = products.kernels.table
    let block = projector.scratch[worker].assumingMemoryBound(to: Float.self)
    let other = block + Products.blockFloats
    let memory = UnsafeMutableRawPointer(other + Products.blockFloats)
    let upSlab = up.slab(rows, form: products.form, kernels: products.kernels, scratch: memory)
    let gateSlab = gate.map {
      $0.slab(
        rows, form: products.form, kernels: products.kernels,
        scratch: memory + up.scratchBytes(rows: rows.count))
    }
    for group in groups {
      products.multiply(upSlab, width: up.width, by: input, tiles: group, into: other)
      if let gate, let gateSlab {
        products.multiply(gateSlab, width: gate.width, by: input, tiles: group, into: block)
      }
      for tile in group {
        let at = (tile - group.lowerBound) * Products.blockStride
        projector.store(other + at, up, rows, to: other + at)
        if let gate { projector.store(block + at, gate, rows, to: block + at) }
        let (x, y) = gate == nil ? (other + at, nil) : (block + at, UnsafePointer(other + at))
        if hidden.form == GRAPE_OPERAND_INT8 {
          // In place; the rows of a slab are a block of the operand.
          table.pointee.activate(
            activation.kind, activation.alpha, activation.limit, x, y, rows.count, GRAPE_OPERAND_F32, x, 0)
          hidden.store(x, count: rows.count, tile: tile, first: rows.lowerBound, kernels: products.kernels)
        } else {
          table.pointee.activate(
            activation.kind, activation.alpha, activation.limit, x, y, rows.count, hidden.form,
            hidden[tile, 0], rows.lowerBound)
        }
      }
    }
  }
}

/// An activation as the kernels know it.
struct KernelActivation: Sendable {
  let kind: grape_activation
  var alpha: Float = 0
  var limit: Float = 0

  init(_ activation: Activation) {
    switch activation {
    case .silu: kind = GRAPE_ACTIVATION_SILU
    case .gelu: kind = GRAPE_ACTIVATION_GELU
    case .geluTanh: kind = GRAPE_ACTIVATION_GELU_TANH
    case .geluSigmoid: kind = GRAPE_ACTIVATION_GELU_SIGMOID
    case .relu: kind = GRAPE_ACTIVATION_RELU
    case .reluSquared: kind = GRAPE_ACTIVATION_RELU_SQUARED
    case .clampedSwiGLU(let alpha, let limit):
      kind = GRAPE_ACTIVATION_CLAMPED_SWIGLU
      self.alpha = alpha
      self.limit = limit
    }
  }
}
