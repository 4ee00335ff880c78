import CKernels
import Streams

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The output head fused with log-sum-exp: logits exist for a slab of the vocabulary
/// and a few tiles at a time.
///
/// The vocabulary is cut into chunks of fixed length. Each chunk keeps a maximum and a sum per lane, and the
/// chunks are joined in order in double precision, so the result does not depend on which worker did which.
final class OutputHead: @unchecked Sendable {
  /// Vocabulary entries a chunk: several slabs.
  private static let chunkRows = 8 * Products.largestSlabRows

  private let weights: WeightMatrix
  private let products: Products
  private let workers: Workers
  /// What logits are multiplied by, and then capped at softly; 0 for no cap.
  private let scale: Float
  private let softCap: Float
  private let scratch: WorkerScratch
  private let partials = TileBuffer()
  private let targets = TileBuffer()

  init(weights: WeightMatrix, scale: Float, softCap: Float?, products: Products, workers: Workers) {
    self.weights = weights
    self.scale = scale
    self.softCap = softCap ?? 0
    self.products = products
    self.workers = workers
    let bytes = weights.scratchBytes(rows: Products.largestSlabRows) + Products.blockFloats * 4
    scratch = WorkerScratch(workers: workers.count, bytes: bytes)
  }

  private var chunks: Int { (weights.rows + Self.chunkRows - 1) / Self.chunkRows }

  /// Natural log-probability of every prediction's target, and with `ranks` one plus the number
  /// of tokens with a higher logit.
  ///
  /// - Parameter input: normalised hidden states, one lane per prediction in order.
  func score(_ predictions: ArraySlice<PackedBatch.Prediction>, input: OperandTiles, ranks: Bool)
    -> TokenScores
  {
    let lanes = FloatTiles.lanes
    let tiles = FloatTiles.tiles(for: predictions.count)
    let chunks = chunks
    targets.reserve(tiles * lanes * 4)
    partials.reserve(chunks * tiles * 3 * lanes * 4)
    let targets = FloatTiles(targets, width: 1, tiles: tiles)
    let partials = FloatTiles(partials, width: 3, tiles: chunks * tiles)

    workers.run(tiles) { tile, worker in
      self.targetLogits(predictions, tile: tile, input: input, into: targets, worker: worker)
    }
    let groups = TileGroups(0..<tiles)
    let parts = workers.parts(slabs: chunks, groups: groups.count)
    workers.run(chunks * parts) { index, worker in
      self.sweep(
        index / parts, groups.part(index % parts, of: parts), tiles: tiles, input: input, targets: targets,
        partials: partials, ranks: ranks, worker: worker)
    }

    var logprobs = [Double](repeating: 0, count: predictions.count)
    var places = [UInt32](repeating: 0, count: ranks ? predictions.count : 0)
    logprobs.withUnsafeMutableBufferPointer { logprobs in
      places.withUnsafeMutableBufferPointer { places in
        nonisolated(unsafe) let (logprobs, places) = (logprobs, places)
        workers.run(tiles) { tile, _ in
          for index in tile * lanes..<min(predictions.count, (tile + 1) * lanes) {
            let (logprob, rank) = Self.join(
              partials, chunks: chunks, tiles: tiles, tile: tile, lane: index % lanes, target: targets)
            logprobs[index] = logprob
            if !places.isEmpty { places[index] = rank }
          }
        }
      }
    }
    return TokenScores(logprobs: logprobs, ranks: places)
  }

  /// The log-probability of a lane's target, and its rank, from what the chunks have found.
  private static func join(
    _ partials: FloatTiles, chunks: Int, tiles: Int, tile: Int, lane: Int, target: FloatTiles
  ) -> (logprob: Double, rank: UInt32) {
    let lanes = FloatTiles.lanes
    var maximum = -Double.infinity
    for chunk in 0..<chunks { maximum = max(maximum, Double(partials[chunk * tiles + tile, 0][lane])) }
    var sum = 0.0
    var above: Int32 = 0
    for chunk in 0..<chunks {
      let part = partials[chunk * tiles + tile, 0]
      sum += Double(part[lanes + lane]) * exp(Double(part[lane]) - maximum)
      above += Int32(bitPattern: part[2 * lanes + lane].bitPattern)
    }
    // The target is one of the summands; rounding must not make it likelier than certain.
    return (min(0, Double(target[tile, 0][lane]) - maximum - log(sum)), UInt32(above) + 1)
  }

  /// The logit of each lane's own target: the diagonal of 16 weight rows times 16 lanes.
  private func targetLogits(
    _ predictions: ArraySlice<PackedBatch.Prediction>, tile: Int, input: OperandTiles,
    into targets: FloatTiles,
    worker: Int
  ) {
    let lanes = FloatTiles.lanes
    let (memory, block) = scratch[worker, blockFloats: Products.blockFloats]
    for lane in 0..<lanes {
      let index = tile * lanes + lane
      guard index < predictions.count else {
        targets[tile, 0][lane] = 0
        continue
      }
      let row = Int(predictions[predictions.startIndex + index].target)
      let slab = weights.slab(row..<row + 1, form: products.form, kernels: products.kernels, scratch: memory)
      products.multiply(slab, width: weights.width, by: input, tiles: tile..<tile + 1, into: block)
      let logits = block + slab.lead * lanes
      transform(logits, rows: 1)
      targets[tile, 0][lane] = logits[lane]
    }
  }

  /// Logits from the products of one tile, in place.
  private func transform(_ logits: UnsafeMutablePointer<Float>, rows: Int) {
    guard scale != 1 || softCap > 0 else { return }
    products.kernels.table.pointee.soft_cap(logits, rows, scale, softCap)
  }

  private func sweep(
    _ chunk: Int, _ groups: Slice<TileGroups>, tiles: Int, input: OperandTiles, targets: FloatTiles,
    partials: FloatTiles, ranks: Bool,
    worker: Int
  ) {
    let lanes = FloatTiles.lanes
    let (memory, block) = scratch[worker, blockFloats: Products.blockFloats]
    for tile in groups.joined() {
      let part = partials[chunk * tiles + tile, 0]
      part.initialize(repeating: -1e30, count: lanes)
      (part + lanes).initialize(repeating: 0, count: 2 * lanes)
    }
    let end = min(weights.rows, (chunk + 1) * Self.chunkRows)
    for first in stride(from: chunk * Self.chunkRows, to: end, by: products.slabRows) {
      let slab = weights.slab(
        first..<min(end, first + products.slabRows), form: products.form, kernels: products.kernels,
        scratch: memory)
      for group in groups {
        products.multiply(slab, width: weights.width, by: input, tiles: group, into: block)
        for tile in group {
          let part = partials[chunk * tiles + tile, 0]
          let logits = block + (tile - group.lowerBound) * Products.blockStride
          transform(logits, rows: slab.rows)
          let above = UnsafeMutableRawPointer(part + 2 * lanes).assumingMemoryBound(to: Int32.self)
          products.kernels.table.pointee.fold_logits(
            logits, slab.rows, part, part + lanes, targets[tile, 0], ranks ? above : nil)
        }
      }
    }
  }
}

/// What the model says of predicted tokens, in their order.
package struct TokenScores: Sendable {
  /// Natural log-probabilities.
  package var logprobs: [Double]
  /// One plus the number of tokens with a higher logit; empty unless asked for.
  package var ranks: [UInt32]

  /// The scores of some of the tokens.
  package subscript(range: Range<Int>) -> TokenScores {
    TokenScores(logprobs: Array(logprobs[range]), ranks: ranks.isEmpty ? [] : Array(ranks[range]))
  }

  /// Adds the scores of further tokens, ranks too if there are any.
  mutating func append(_ more: TokenScores) {
    logprobs += more.logprobs
    ranks += more.ranks
  }

  /// The scores at `places`, in their order.
  func spread(to places: [Int32]) -> TokenScores {
    TokenScores(
      logprobs: places.map { logprobs[Int($0)] }, ranks: ranks.isEmpty ? [] : places.map { ranks[Int($0)] })
  }
}

/// Memory that belongs to one worker at a time.
final class WorkerScratch: @unchecked Sendable {
  private let memory: ZeroedMemory
  private let bytes: Int

  init(workers: Int, bytes: Int) {
    self.bytes = (bytes + 63) / 64 * 64
    memory = ZeroedMemory(byteCount: self.bytes * workers)
  }

  /// The memory of `worker`.
  subscript(worker: Int) -> UnsafeMutableRawPointer { memory.base + worker * bytes }

  /// The memory of `worker`, its first floats set apart for a result block.
  subscript(worker: Int, blockFloats count: Int) -> (UnsafeMutableRawPointer, UnsafeMutablePointer<Float>) {
    let start = self[worker]
    return (start + count * 4, start.assumingMemoryBound(to: Float.self))
  }
}
