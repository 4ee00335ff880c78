import CKernels
import Checkpoints
import Streams

/// The weights of one decoder layer.
struct DecoderLayer: Sendable {
  let attentionNorm: [Float]
  let query: WeightMatrix
  let key: WeightMatrix
  let value: WeightMatrix
  let attentionOutput: WeightMatrix
  let feedForwardNorm: [Float]
  let gate: WeightMatrix
  let up: WeightMatrix
  let down: WeightMatrix
}

/// The forward pass of a decoder-only transformer in the manner of Llama (Touvron et al., arXiv 2302.13971):
/// pre-normalised grouped-query attention with rotary embedding, then a SwiGLU feed-forward, each added to the
/// residual stream.
///
/// A batch goes through layer by layer, so keys and values exist for one layer at a time. Workers share a step
/// by tiles, by slabs of weights or by heads; each writes a part that no other does, and every number is
/// computed whole by one of them, so their count does not show in the result.
final class Transformer: @unchecked Sendable {
  private let configuration: ModelConfiguration
  private let embedding: WeightMatrix
  private let layers: [DecoderLayer]
  private let outputNorm: [Float]
  private let head: OutputHead

  private let products: Products
  private let workers: Workers
  private let attention: Attention
  private let rotary: RotaryEmbedding
  private let scratch: WorkerScratch

  // One buffer a role, reused by every batch.
  private let residualBuffer = TileBuffer()
  private let selectedBuffer = TileBuffer()
  private let operandBuffer = TileBuffer()
  private let queryBuffer = TileBuffer()
  private let attendedBuffer = TileBuffer()
  private let keyBuffer = TileBuffer()
  private let valueBuffer = TileBuffer()
  private let cacheBuffer = TileBuffer()
  private let hiddenBuffer = TileBuffer()
  private let angleBuffers = (TileBuffer(), TileBuffer())

  init(
    configuration: ModelConfiguration, embedding: WeightMatrix, layers: [DecoderLayer], outputNorm: [Float],
    output: WeightMatrix, products: Products, workers: Workers
  ) {
    self.configuration = configuration
    self.embedding = embedding
    self.layers = layers
    self.outputNorm = outputNorm
    self.products = products
    self.workers = workers
    head = OutputHead(weights: output, products: products, workers: workers)
    rotary = RotaryEmbedding(configuration.rotary)
    attention = Attention(
      kernels: products.kernels, headCount: configuration.headCount,
      keyValueHeadCount: configuration.keyValueHeadCount, headSize: configuration.headSize)
    let matrices = layers.flatMap {
      [$0.query, $0.key, $0.value, $0.attentionOutput, $0.gate, $0.up, $0.down]
    }
    let slabBytes = (matrices + [embedding]).map { $0.scratchBytes(rows: Products.slabRows) }.max() ?? 0
    scratch = WorkerScratch(
      workers: workers.count,
      bytes: max(2 * (slabBytes + Products.blockFloats * 4), attention.scratchFloats * 4))
  }

  /// Log-probabilities of the batch's predictions, in order. Memory is linear in the batch's rows.
  func score(_ batch: PackedBatch, ranks: Bool) -> TokenScores {
    guard batch.predictionCount > 0 else { return TokenScores(logprobs: [], ranks: []) }
    let all = Rows(
      sequences: batch.owners, positions: batch.positions, rotary: rotary, buffer: angleBuffers.0,
      workers: workers)
    let selected = Rows(
      sequences: batch.predictions.map(\.sequence), positions: batch.predictions.map(\.position),
      rotary: rotary, buffer: angleBuffers.1, workers: workers)

    var residual = embed(batch)
    for (index, layer) in layers.enumerated() {
      var input = normalise(residual, layer.attentionNorm, tiles: all.tiles)
      let cache = keysAndValues(layer, input, all, batch)
      var rows = all
      if index == layers.count - 1 {
        // Only predictions are read behind the last layer's keys and values.
        rows = selected
        residual = select(batch.predictions, from: residual)
        input = normalise(residual, layer.attentionNorm, tiles: rows.tiles)
      }
      attend(layer, input, rows, cache, residual)
      feedForward(layer, residual, tiles: rows.tiles)
    }
    let states = normalise(residual, outputNorm, tiles: selected.tiles)
    return head.score(batch.predictions, input: states, ranks: ranks)
  }

  // MARK: Steps of a layer

  private func attend(
    _ layer: DecoderLayer, _ input: OperandTiles, _ rows: Rows, _ cache: Attention.Cache,
    _ residual: FloatTiles
  ) {
    let width = layer.query.rows
    let queries = FloatTiles(queryBuffer, width: width, tiles: rows.tiles)
    project([(layer.query, queries)], input, tiles: rows.tiles)
    workers.run(rows.tiles) { tile, _ in
      self.rotate(queries, tile: tile, heads: self.configuration.headCount, rows)
    }
    let heads = configuration.keyValueHeadCount
    rows.withMap { map in
      workers.run(rows.tiles * heads) { index, worker in
        self.attention.attend(
          tile: index / heads, head: index % heads, queries: queries, rows: map, cache: cache,
          scratch: self.scratch[worker].assumingMemoryBound(to: Float.self))
      }
    }
    let operands = OperandTiles(attendedBuffer, form: products.form, width: width, tiles: rows.tiles)
    workers.run(rows.tiles) { tile, _ in
      self.products.kernels.table.pointee.pack(queries[tile, 0], width, operands.form, operands[tile, 0])
    }
    project([(layer.attentionOutput, residual)], operands, tiles: rows.tiles, accumulate: true)
  }

  private func keysAndValues(
    _ layer: DecoderLayer, _ input: OperandTiles, _ rows: Rows, _ batch: PackedBatch
  ) -> Attention.Cache {
    let keys = FloatTiles(keyBuffer, width: layer.key.rows, tiles: rows.tiles)
    let values = FloatTiles(valueBuffer, width: layer.value.rows, tiles: rows.tiles)
    project([(layer.key, keys), (layer.value, values)], input, tiles: rows.tiles)
    let heads = configuration.keyValueHeadCount
    workers.run(rows.tiles) { tile, _ in self.rotate(keys, tile: tile, heads: heads, rows) }
    let cache = attention.cache(for: batch, in: cacheBuffer)
    workers.run(batch.sequences.count * heads) { index, _ in
      self.attention.gather(
        index / heads, head: index % heads, of: batch, keys: keys, values: values, into: cache)
    }
    return cache
  }

  private func feedForward(_ layer: DecoderLayer, _ residual: FloatTiles, tiles: Int) {
    let input = normalise(residual, layer.feedForwardNorm, tiles: tiles)
    let hidden = OperandTiles(hiddenBuffer, form: products.form, width: layer.up.rows, tiles: tiles)
    forEachSlab(of: [layer.up], tiles: tiles) { _, rows, groups, worker in
      self.gated(layer, rows, groups, input: input, hidden: hidden, worker: worker)
    }
    project([(layer.down, residual)], hidden, tiles: tiles, accumulate: true)
  }

  /// silu(gate) * up for the features `rows`, straight into the operands of the next product.
  private func gated(
    _ layer: DecoderLayer, _ rows: Range<Int>, _ groups: ArraySlice<Range<Int>>, input: OperandTiles,
    hidden: OperandTiles, worker: Int
  ) {
    let block = scratch[worker].assumingMemoryBound(to: Float.self)
    let other = block + Products.blockFloats
    let memory = UnsafeMutableRawPointer(other + Products.blockFloats)
    let gate = layer.gate.slab(rows, form: products.form, kernels: products.kernels, scratch: memory)
    let up = layer.up.slab(
      rows, form: products.form, kernels: products.kernels,
      scratch: memory + layer.gate.scratchBytes(rows: rows.count))
    for group in groups {
      products.multiply(gate, width: layer.gate.width, by: input, tiles: group, into: block)
      products.multiply(up, width: layer.up.width, by: input, tiles: group, into: other)
      for tile in group {
        let at = (tile - group.lowerBound) * Products.blockStride
        store(block + at, layer.gate, rows, to: block + at)
        store(other + at, layer.up, rows, to: other + at)
        products.kernels.table.pointee.swiglu(
          block + at, other + at, rows.count, hidden.form, hidden[tile, 0], rows.lowerBound)
      }
    }
  }

  /// The finished rows of a block, bias added, to the features where they belong.
  private func store(
    _ block: UnsafePointer<Float>, _ matrix: WeightMatrix, _ rows: Range<Int>,
    to y: UnsafeMutablePointer<Float>,
    accumulate: Bool = false
  ) {
    let store = products.kernels.table.pointee.store!
    if let bias = matrix.bias {
      bias.withUnsafeBufferPointer {
        store(block, $0.baseAddress! + rows.lowerBound, rows.count, y, accumulate ? 1 : 0)
      }
    } else if block != UnsafePointer(y) {
      store(block, nil, rows.count, y, accumulate ? 1 : 0)
    }
  }

  // MARK: Shared steps

  /// The token embeddings, one lane per row.
  private func embed(_ batch: PackedBatch) -> FloatTiles {
    let lanes = FloatTiles.lanes
    let width = configuration.hiddenSize
    let tiles = FloatTiles.tiles(for: batch.rowCount)
    let residual = FloatTiles(residualBuffer, width: width, tiles: tiles)
    workers.run(tiles) { tile, worker in
      let floats = self.scratch[worker].assumingMemoryBound(to: Float.self)
      for row in tile * lanes..<min(batch.rowCount, (tile + 1) * lanes) {
        self.embedding.decodeRow(Int(batch.tokens[row]), kernels: self.products.kernels, into: floats)
        let lane = residual[tile, 0] + row % lanes
        for feature in 0..<width { lane[feature * lanes] = floats[feature] }
      }
    }
    return residual
  }

  /// The rows of the predictions, in their order.
  private func select(_ predictions: [PackedBatch.Prediction], from residual: FloatTiles) -> FloatTiles {
    let lanes = FloatTiles.lanes
    let tiles = FloatTiles.tiles(for: predictions.count)
    let selected = FloatTiles(selectedBuffer, width: residual.width, tiles: tiles)
    workers.run(tiles) { tile, _ in
      for index in tile * lanes..<min(predictions.count, (tile + 1) * lanes) {
        let row = Int(predictions[index].row)
        let source = residual[row / lanes, 0] + row % lanes
        let target = selected[tile, 0] + index % lanes
        for feature in 0..<residual.width { target[feature * lanes] = source[feature * lanes] }
      }
    }
    return selected
  }

  private func normalise(_ x: FloatTiles, _ weight: [Float], tiles: Int) -> OperandTiles {
    let operands = OperandTiles(operandBuffer, form: products.form, width: x.width, tiles: tiles)
    let epsilon = configuration.normEpsilon
    workers.run(tiles) { tile, _ in
      self.products.kernels.table.pointee.rms_norm(
        x[tile, 0], weight, x.width, epsilon, operands.form, operands[tile, 0])
    }
    return operands
  }

  private func rotate(_ x: FloatTiles, tile: Int, heads: Int, _ rows: Rows) {
    for head in 0..<heads {
      products.kernels.table.pointee.rotate(
        x[tile, head * configuration.headSize], rotary.half, rotary.interleaved ? 1 : 0, rows.angles[tile, 0],
        rows.angles[tile, rotary.half])
    }
  }

  /// y = W x + b for each matrix (the same x), or y += it.
  private func project(
    _ outputs: [(matrix: WeightMatrix, y: FloatTiles)], _ input: OperandTiles, tiles: Int,
    accumulate: Bool = false
  ) {
    forEachSlab(of: outputs.map(\.matrix), tiles: tiles) { index, rows, groups, worker in
      let (matrix, y) = outputs[index]
      let (memory, block) = self.scratch[worker, blockFloats: Products.blockFloats]
      let slab = matrix.slab(rows, form: self.products.form, kernels: self.products.kernels, scratch: memory)
      for group in groups {
        self.products.multiply(slab, width: matrix.width, by: input, tiles: group, into: block)
        for tile in group {
          self.store(
            block + (tile - group.lowerBound) * Products.blockStride, matrix, rows,
            to: y[tile, rows.lowerBound], accumulate: accumulate)
        }
      }
    }
  }

  /// Runs `body` for every slab of every matrix and all tile groups; when there are few slabs, for parts of the
  /// tile groups, so that every worker has something to do.
  private func forEachSlab(
    of matrices: [WeightMatrix], tiles: Int,
    _ body:
      @Sendable (_ matrix: Int, _ rows: Range<Int>, _ groups: ArraySlice<Range<Int>>, _ worker: Int) -> Void
  ) {
    let groups = Products.groups(0..<tiles)
    let slabs = matrices.enumerated().flatMap { index, matrix in
      stride(from: 0, to: matrix.rows, by: Products.slabRows).map { first in
        (matrix: index, rows: first..<min(matrix.rows, first + Products.slabRows))
      }
    }
    let parts = max(1, min(groups.count, 4 * workers.count / max(1, slabs.count)))
    workers.run(slabs.count * parts) { index, worker in
      let slab = slabs[index / parts], part = index % parts
      let range = groups.count * part / parts..<groups.count * (part + 1) / parts
      body(slab.matrix, slab.rows, groups[range], worker)
    }
  }
}

/// The rows of a step: which sequence and position each lane is, and its rotary angles.
private struct Rows: @unchecked Sendable {
  let count: Int
  private let sequences: [Int32]
  private let positions: [Int32]
  /// Of each tile: `[half]` cosines, then `[half]` sines, 16 lanes each.
  let angles: FloatTiles

  var tiles: Int { FloatTiles.tiles(for: count) }

  init(sequences: [Int32], positions: [Int32], rotary: RotaryEmbedding, buffer: TileBuffer, workers: Workers)
  {
    let tiles = FloatTiles.tiles(for: sequences.count)
    let lanes = FloatTiles.lanes
    let padded = positions + [Int32](repeating: 0, count: tiles * lanes - positions.count)
    let angles = FloatTiles(buffer, width: 2 * rotary.half, tiles: tiles)
    workers.run(tiles) { tile, _ in
      padded.withUnsafeBufferPointer {
        rotary.angles(
          positions: $0.baseAddress! + tile * lanes, cosine: angles[tile, 0], sine: angles[tile, rotary.half])
      }
    }
    count = sequences.count
    self.sequences = sequences
    self.positions = padded
    self.angles = angles
  }

  func withMap(_ body: (RowMap) -> Void) {
    sequences.withUnsafeBufferPointer { sequences in
      positions.withUnsafeBufferPointer { positions in
        body(RowMap(count: count, sequences: sequences.baseAddress!, positions: positions.baseAddress!))
      }
    }
  }
}
