import CKernels
import Checkpoints

/// A norm with its weights.
struct Norm: Sendable {
  let kind: NormConfiguration.Kind
  let epsilon: Float
  /// One for each feature, or for each feature of each head.
  let weight: [Float]
  let bias: [Float]?

  /// One tile of `width` features, normalised, in an operand form; `out` may be `x` in the F32 form.
  ///
  /// - Parameter first: the first of the weights to use.
  func apply(
    _ x: UnsafePointer<Float>, width: Int, first: Int = 0, kernels: Kernels, form: grape_operand,
    into out: UnsafeMutableRawPointer
  ) {
    weight.withUnsafeBufferPointer { weight in
      guard let weight = weight.baseAddress else { return }
      switch kind {
      case .rootMeanSquare:
        kernels.table.pointee.rms_norm(x, weight + first, width, epsilon, form, out)
      case .layer:
        guard let bias else {
          kernels.table.pointee.layer_norm(x, weight + first, nil, width, epsilon, form, out)
          return
        }
        bias.withUnsafeBufferPointer {
          kernels.table.pointee.layer_norm(x, weight + first, $0.baseAddress, width, epsilon, form, out)
        }
      }
    }
  }
}

/// The norm of queries or keys.
struct HeadNorm: Sendable {
  let norm: Norm
  let kind: AttentionConfiguration.HeadNorm

  /// Normalises the heads of one tile in place.
  func apply(_ x: UnsafeMutablePointer<Float>, heads: Int, headSize: Int, kernels: Kernels) {
    if kind == .wholeWidth {
      norm.apply(x, width: heads * headSize, kernels: kernels, form: GRAPE_OPERAND_F32, into: x)
      return
    }
    for head in 0..<heads {
      let part = x + head * headSize * FloatTiles.lanes
      norm.apply(
        part, width: headSize, first: kind == .eachHead ? head * headSize : 0, kernels: kernels,
        form: GRAPE_OPERAND_F32, into: part)
    }
  }
}
