import CKernels
import Checkpoints
import Streams

/// The forward pass of a decoder-only transformer (Vaswani et al., arXiv 1706.03762), as its configuration
/// describes it: attention and a feed-forward in turn, each added to the residual stream.
///
/// A batch goes through layer by layer, so keys and values exist for one layer at a time, and through each
/// layer in slices of rows, so that a long sequence takes memory for its residual stream, keys and values
/// alone. Workers take slices of their own, or share each step of a slice by tiles, by slabs of weights
/// or by heads; each writes a part that no other does, and every number is computed whole by one of them,
/// so neither their count nor the slices show in the result.
final class Transformer: @unchecked Sendable {
  private let configuration: ModelConfiguration
  private let embedding: WeightMatrix
  private let positionEmbedding: WeightMatrix?
  private let layers: [DecoderLayer]
  private let outputNorm: Norm
  private let head: OutputHead

  private let workers: Workers
  /// About as many rows go through a layer together.
  private let window: Int
  private let rotaries: [RotaryEmbedding]
  private let prefixLayout: KeptPrefix.Layout

  /// What all workers share for one slice after the other.
  private let common: LayerPass
  /// What each worker has for slices of its own. None where weights are decoded before they are
  /// multiplied, which each worker would have to do for itself, or where experts share out rows,
  /// of which they then have more.
  private let passes: [LayerPass]
  private let workModel: WorkModel

  // One buffer a role, reused by every batch.
  private let residualBuffer = TileBuffer()
  private let keyBuffer = TileBuffer()
  private let valueBuffer = TileBuffer()
  private let cacheBuffer = TileBuffer()
  private let selectedBuffer = TileBuffer()
  private let angleBuffers: (all: [TileBuffer], selected: [TileBuffer])

  private var kernels: Kernels { common.projector.kernels }

  /// Bytes that each block of a kept prefix takes.
  var keptPageBytes: Int { prefixLayout.count * MemoryLayout<Float>.stride }

  init(
    configuration: ModelConfiguration, embedding: WeightMatrix, positionEmbedding: WeightMatrix?,
    layers: [DecoderLayer], outputNorm: Norm, output: WeightMatrix, products: Products, workers: Workers,
    window: Int, workModel: WorkModel
  ) {
    self.configuration = configuration
    self.embedding = embedding
    self.positionEmbedding = positionEmbedding
    self.layers = layers
    self.outputNorm = outputNorm
    self.workers = workers
    self.window = window
    self.workModel = workModel
    head = OutputHead(
      weights: output, scale: configuration.logitScale, softCap: configuration.logitSoftCap,
      products: products,
      workers: workers)
    rotaries = configuration.rotaries.map(RotaryEmbedding.init)
    angleBuffers = (rotaries.map { _ in TileBuffer() }, rotaries.map { _ in TileBuffer() })
    prefixLayout = KeptPrefix.Layout(
      layerFloats: layers.map(\.attention.pageFloats), width: configuration.hiddenSize)
    common = LayerPass(layers, products: products, workers: workers)
    let canGoAlone = layers.allSatisfy { layer in
      !layer.hasExperts && layer.matrices.allSatisfy { $0.isOperand(products.form) }
    }
    passes = (0..<(canGoAlone && workers.count > 1 ? workers.count : 0)).map { _ in
      LayerPass(layers, products: products, workers: Workers(threads: 1))
    }
  }

  /// Log-probabilities of the batch's predictions, in order. Memory is linear in the batch's rows.
  ///
  /// - Parameter keeping: tokens to keep at most, for later batches, of what the last sequence begins with.
  func score(_ batch: PackedBatch, ranks: Bool, keeping limit: Int) -> (TokenScores, KeptPrefix?) {
    guard batch.predictionCount > 0 else { return (TokenScores(logprobs: [], ranks: []), batch.kept) }
    for buffer in [residualBuffer, keyBuffer, valueBuffer, cacheBuffer] + angleBuffers.all { buffer.trim() }
    let keeper = PrefixKeeper(batch, limit: limit, layout: prefixLayout)
    let rows = Rows(
      sequences: batch.owners, positions: batch.positions, of: batch, rotaries: rotaries,
      buffers: angleBuffers.all, workers: workers)
    let slices = slices(of: batch.positions, workers: passes.count)
    let residual = embed(batch)
    for pass in passes + [common] { pass.begin() }
    var latest: (layer: DecoderLayer, cache: Attention.Cache)?
    for (index, layer) in layers.enumerated() {
      let keys = FloatTiles(keyBuffer, width: layer.key.rows, tiles: rows.tiles)
      let values = FloatTiles(valueBuffer, width: layer.value.rows, tiles: rows.tiles)
      forEach(slices) { [latest] pass, slice in
        let tiles = FloatTiles.tiles(of: slice), stream = residual[tiles], part = rows[slice]
        if let latest { pass.mix(latest.layer, index - 1, stream, part, latest.cache) }
        pass.makeKeysAndValues(layer, index, of: stream, part, keys: keys[tiles], values: values[tiles])
      }
      let cache = gather(keys, values, layer.attention, index, batch)
      keeper.keep(cache, of: layer.attention, layer: index, workers)
      latest = (layer, cache)
    }
    keeper.keep(states: residual, workers)
    guard let latest else { return (TokenScores(logprobs: [], ranks: []), keeper.prefix) }
    let scores = predict(batch, latest.layer, from: residual, latest.cache, ranks: ranks)
    return (scores.spread(to: batch.places), keeper.prefix)
  }

  /// The last layer and the head. Only predictions are read behind the last layer's keys and values.
  private func predict(
    _ batch: PackedBatch, _ layer: DecoderLayer, from residual: FloatTiles, _ cache: Attention.Cache,
    ranks: Bool
  ) -> TokenScores {
    var scores = TokenScores(logprobs: [], ranks: [])
    for part in slices(of: batch.predictions.map(\.position), workers: 1).ranges {
      let predictions = batch.predictions[part]
      let rows = Rows(
        sequences: predictions.map(\.sequence), positions: predictions.map(\.position), of: batch,
        rotaries: rotaries, buffers: angleBuffers.selected, workers: workers)
      let selected = select(predictions, of: batch, from: residual)
      forEach(slices(of: predictions.map(\.position), workers: passes.count)) { pass, slice in
        pass.mix(layer, layers.count - 1, selected[FloatTiles.tiles(of: slice)], rows[slice], cache)
      }
      let states = common.operands(selected, outputNorm, tiles: rows.tiles)
      scores.append(head.score(predictions, input: states, ranks: ranks))
    }
    return scores
  }

  private func slices(of positions: [Int32], workers: Int) -> Slices {
    Slices(positions.map(workModel.time), window: window, workers: workers)
  }

  /// Calls `body` for every slice: each worker with a pass of its own, or all of them
  /// with the one that they share.
  private func forEach(_ slices: Slices, _ body: @Sendable (_ pass: LayerPass, _ slice: Range<Int>) -> Void) {
    let ranges = slices.ranges
    guard slices.areSideBySide else { return ranges.forEach { body(common, $0) } }
    // If there are no more slices than passes, each has one of its own in every layer.
    let isOneEach = ranges.count <= passes.count
    workers.run(ranges.count) { index, worker in body(passes[isOneEach ? index : worker], ranges[index]) }
  }

  /// The keys and values of a layer in their pages.
  private func gather(
    _ keys: FloatTiles, _ values: FloatTiles, _ attention: Attention, _ index: Int, _ batch: PackedBatch
  ) -> Attention.Cache {
    let heads = attention.keyValueHeadCount
    let kept = batch.kept?.pages.map { $0.base + prefixLayout.layers[index] } ?? []
    let cache = attention.cache(for: batch, kept: kept, form: common.form(index), in: cacheBuffer)
    workers.run(batch.pages.count * heads) { index, _ in
      attention.gather(
        index / heads, head: index % heads, of: batch, keys: keys, values: values, into: cache)
    }
    return cache
  }

  /// The token embeddings, one lane per row, and those of the positions where they are learned.
  private func embed(_ batch: PackedBatch) -> FloatTiles {
    let lanes = FloatTiles.lanes
    let width = configuration.hiddenSize, scale = configuration.embeddingScale
    let tiles = FloatTiles.tiles(for: batch.rowCount)
    let residual = FloatTiles(residualBuffer, width: width, tiles: tiles)
    let kernels = kernels
    workers.run(tiles) { tile, worker in
      let floats = self.common.projector.scratch[worker].assumingMemoryBound(to: Float.self)
      for row in tile * lanes..<min(batch.rowCount, (tile + 1) * lanes) {
        self.embedding.decodeRow(Int(batch.tokens[row]), kernels: kernels, into: floats)
        let lane = residual[tile, 0] + row % lanes
        for feature in 0..<width { lane[feature * lanes] = floats[feature] * scale }
        guard let positions = self.positionEmbedding else { continue }
        positions.decodeRow(Int(batch.positions[row]), kernels: kernels, into: floats)
        for feature in 0..<width { lane[feature * lanes] += floats[feature] }
      }
    }
    return residual
  }

  /// The rows of the predictions, in their order.
  private func select(
    _ predictions: ArraySlice<PackedBatch.Prediction>, of batch: PackedBatch, from residual: FloatTiles
  ) -> FloatTiles {
    let lanes = FloatTiles.lanes, width = residual.width
    let tiles = FloatTiles.tiles(for: predictions.count)
    let selected = FloatTiles(selectedBuffer, width: width, tiles: tiles)
    workers.run(tiles) { tile, _ in
      for index in tile * lanes..<min(predictions.count, (tile + 1) * lanes) {
        let prediction = predictions[predictions.startIndex + index], lane = selected[tile, 0] + index % lanes
        let row = Int(prediction.row)
        if row >= 0 {
          let state = residual[row / lanes, 0] + row % lanes
          for feature in 0..<width { lane[feature * lanes] = state[feature * lanes] }
        } else if let state = batch.kept?.state(of: Int(prediction.position), self.prefixLayout) {
          for feature in 0..<width { lane[feature * lanes] = state[feature] }
        }
      }
    }
    return selected
  }
}
