import CKernels
import Checkpoints
import Streams

/// The matrices of a model that are multiplied as 8-bit integers: all but embeddings and routers.
final class Int8Weights: @unchecked Sendable {
  private let matrices: [TensorRole: grape_int8_weights]
  private let memory: UnsafeMutableRawPointer

  /// - Throws: `ModelError` when a tensor has no elements.
  init(of checkpoint: Checkpoint, kernels: Kernels, workers: Workers) throws(ModelError) {
    var sources: [(role: TensorRole, matrix: WeightMatrix, offset: Int)] = []
    var end = 0
    for (role, matrix) in checkpoint.productMatrices {
      sources.append((role, try WeightMatrix(matrix), end))
      end += Int8Layout(rows: matrix.rows, width: matrix.width).byteCount
    }
    memory = .allocate(byteCount: max(64, end), alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: end)
    var matrices: [TensorRole: grape_int8_weights] = [:]
    for (role, matrix, offset) in sources {
      matrix.quantize(to: memory + offset, kernels: kernels, workers: workers)
      matrices[role] = Int8Layout(rows: matrix.rows, width: matrix.width).weights(at: memory + offset)
    }
    self.matrices = matrices
  }

  deinit { memory.deallocate() }

  /// The matrix with a role; nil for one that is never multiplied in 8 bits.
  subscript(role: TensorRole) -> grape_int8_weights? { matrices[role] }
}
