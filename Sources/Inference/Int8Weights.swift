import CKernels
import Checkpoints
import Streams

/// The matrices of a model that are multiplied as 8-bit integers and are not quantized as it is,
/// and the memory they are in: a mapped file of the cache, or memory of the process. Embeddings and
/// routers are multiplied in single precision; quantized matrices are rounded a slab at a time, so that
/// no second copy of them is needed.
///
/// The weights are rounded once, to a file named by the digest of the checkpoint, which
/// grape-cache(5) describes. Any number of processes may do so at once. That the cache cannot
/// be read or written is no error.
final class Int8Weights: @unchecked Sendable {
  private let matrices: [TensorRole: grape_int8_weights]
  private let file: MappedFile?
  private let memory: ZeroedMemory?

  /// - Parameter cacheFolder: where the rounded weights are kept; nil keeps none.
  /// - Throws: `ModelError` when a tensor has no elements.
  init(
    of checkpoint: Checkpoint, kernels: Kernels, workers: Workers, cacheFolder: String?
  ) throws(ModelError) {
    var roles: [TensorRole] = []
    var sources: [WeightMatrix] = []
    for (role, matrix) in checkpoint.productMatrices where !matrix.tensor.type.isQuantized {
      roles.append(role)
      sources.append(try WeightMatrix(matrix))
    }
    guard !roles.isEmpty else {
      matrices = [:]
      file = nil
      memory = nil
      return
    }
    let image = Int8Image(
      sources.map { Int8Layout(rows: $0.rows, width: $0.width) }, source: checkpoint.sourceDigest)

    var file: MappedFile?
    if let cacheFolder {
      let path = Paths.join(cacheFolder, "int8-\(hex(checkpoint.sourceDigest, digits: 16))")
      file = Self.mapped(path, image, workers)
      if file == nil, (try? Self.write(sources, image, path, kernels, workers)) != nil {
        file = Self.mapped(path, image, workers)
      }
    }
    self.file = file
    if let base = file?.bytes.baseAddress {
      memory = nil
      matrices = Self.matrices(roles, image, at: base)
    } else {
      let memory = ZeroedMemory(byteCount: image.byteCount)
      for (source, offset) in zip(sources, image.offsets) {
        source.quantize(to: memory.base + offset, kernels: kernels, workers: workers)
      }
      matrices = Self.matrices(roles, image, at: memory.base)
      self.memory = consume memory
    }
  }

  /// The matrix with a role; nil for one that is never multiplied in 8 bits, or is quantized.
  subscript(role: TensorRole) -> grape_int8_weights? { matrices[role] }

  private static func matrices(
    _ roles: [TensorRole], _ image: Int8Image, at base: UnsafeRawPointer
  ) -> [TensorRole: grape_int8_weights] {
    var matrices: [TensorRole: grape_int8_weights] = [:]
    for (index, role) in roles.enumerated() {
      matrices[role] = image.layouts[index].weights(at: base + image.offsets[index])
    }
    return matrices
  }

  private static func mapped(_ path: String, _ image: Int8Image, _ workers: Workers) -> MappedFile? {
    guard Paths.exists(path), let file = try? MappedFile(path: path),
      image.isWhole(file.bytes, workers: workers)
    else { return nil }
    return file
  }

  /// Rounds one matrix after the other, so that there is memory for no more than the largest.
  private static func write(
    _ sources: [WeightMatrix], _ image: Int8Image, _ path: String, _ kernels: Kernels, _ workers: Workers
  ) throws(IOError) {
    try Paths.makeFolders(Paths.parent(path))
    let file = try AtomicFile(path: path)
    try file.write(image.head)
    var digests: [UInt64] = []
    let buffer = TileBuffer()
    for (source, layout) in zip(sources, image.layouts) {
      buffer.reserve(layout.byteCount)
      buffer.base.initializeMemory(as: UInt8.self, repeating: 0, count: layout.byteCount)
      source.quantize(to: buffer.base, kernels: kernels, workers: workers)
      let bytes = UnsafeRawBufferPointer(start: buffer.base, count: layout.byteCount)
      digests += Int8Image.digests(of: bytes, workers: workers)
      try file.write(bytes)
    }
    try file.write(image.tail(digests))
    // Nothing is lost that cannot be made again, and a file that is not whole is recognized.
    try file.commit(waitsForDisk: false)
  }
}
