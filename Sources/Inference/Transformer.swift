import CKernels
import Checkpoints
import Streams

/// The forward pass of a decoder-only transformer (Vaswani et al., arXiv 1706.03762), as its configuration describes it:
/// attention and a feed-forward in turn, each added to the residual stream.
///
/// A batch goes through layer by layer, so keys and values exist for one layer at a time, and through each layer in slices
/// of rows, so that a long sequence takes memory for its residual stream, keys and values alone. Workers share a step
/// by tiles, by slabs of weights or by heads; each writes a part that no other does, and every number is
/// computed whole by one of them, so neither their count nor the slices show in the result.
final class Transformer: @unchecked Sendable {
  private let configuration: ModelConfiguration
  private let embedding: WeightMatrix
  private let positionEmbedding: WeightMatrix?
  private let layers: [DecoderLayer]
  private let outputNorm: Norm
  private let head: OutputHead

  /// In the precision that was asked for, and in single precision.
  private let projector: Projector
  private let preciseProjector: Projector
  /// The last layer with experts. What comes before its choice is in single precision always: a number that is rounded
  /// there may choose another expert, and then the result is not less exact but another one. Who asks for 8 bits asks for
  /// speed: they are used in all layers, and only the choice itself is in single precision.
  private let lastChoice: Int
  private let workers: Workers
  /// Rows that go through a layer together.
  private let window: Int
  private let rotaries: [RotaryEmbedding]
  private let prefixLayout: KeptPrefix.Layout

  // One buffer a role, reused by every batch: first those for all rows, then those for a slice.
  private let residualBuffer = TileBuffer()
  private let keyBuffer = TileBuffer()
  private let valueBuffer = TileBuffer()
  private let cacheBuffer = TileBuffer()
  private let selectedBuffer = TileBuffer()
  private let operandBuffer = TileBuffer()
  private let feedForwardBuffer = TileBuffer()
  private let routerBuffer = TileBuffer()
  private let queryBuffer = TileBuffer()
  private let attendedBuffer = TileBuffer()
  private let hiddenBuffer = TileBuffer()
  private let outputBuffer = TileBuffer()
  private let expertBuffers = Experts.Buffers()
  private let angleBuffers: (all: [TileBuffer], selected: [TileBuffer])

  private var kernels: Kernels { projector.kernels }

  /// Bytes that each block of a kept prefix takes.
  var keptPageBytes: Int { prefixLayout.count * MemoryLayout<Float>.stride }

  init(
    configuration: ModelConfiguration, embedding: WeightMatrix, positionEmbedding: WeightMatrix?,
    layers: [DecoderLayer], outputNorm: Norm, output: WeightMatrix, products: Products, workers: Workers,
    window: Int
  ) {
    self.configuration = configuration
    self.embedding = embedding
    self.positionEmbedding = positionEmbedding
    self.layers = layers
    self.outputNorm = outputNorm
    self.workers = workers
    self.window = window
    head = OutputHead(
      weights: output, scale: configuration.logitScale, softCap: configuration.logitSoftCap,
      products: products,
      workers: workers)
    rotaries = configuration.rotaries.map(RotaryEmbedding.init)
    angleBuffers = (rotaries.map { _ in TileBuffer() }, rotaries.map { _ in TileBuffer() })
    prefixLayout = KeptPrefix.Layout(
      layerFloats: layers.map(\.attention.pageFloats), width: configuration.hiddenSize)
    lastChoice = products.form == GRAPE_OPERAND_INT8 ? -1 : layers.lastIndex { $0.hasExperts } ?? -1
    let matrices = layers.flatMap(\.matrices) + [embedding, positionEmbedding].compactMap(\.self)
    let slabBytes = matrices.map { $0.scratchBytes(rows: Products.largestSlabRows) }.max() ?? 0
    let attentionBytes = layers.map { $0.attention.scratchFloats * 4 }.max() ?? 0
    projector = Projector(
      products: products, workers: workers,
      scratch: WorkerScratch(
        workers: workers.count, bytes: max(2 * (slabBytes + Products.blockFloats * 4), attentionBytes)))
    preciseProjector = projector.inSinglePrecision
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
    let slices = slices(of: rows.count)
    let residual = embed(batch)
    for (index, layer) in layers.dropLast().enumerated() {
      let (cache, input) = keysAndValues(layer, index, residual, rows, slices, batch)
      keeper.keep(cache, of: layer.attention, layer: index, workers)
      for slice in slices {
        let part = rows[slice], stream = residual[FloatTiles.tiles(of: slice)]
        mix(layer, index, stream, part, cache, input: slices.count == 1 ? input : nil)
      }
    }
    guard let last = layers.last else { return (TokenScores(logprobs: [], ranks: []), keeper.prefix) }
    let (cache, _) = keysAndValues(last, layers.count - 1, residual, rows, slices, batch)
    keeper.keep(cache, of: last.attention, layer: layers.count - 1, workers)
    keeper.keep(states: residual, workers)
    let scores = predict(batch, last, from: residual, cache, ranks: ranks)
    return (scores.spread(to: batch.places), keeper.prefix)
  }

  /// The last layer and the head. Only predictions are read behind the last layer's keys and values.
  private func predict(
    _ batch: PackedBatch, _ layer: DecoderLayer, from residual: FloatTiles, _ cache: Attention.Cache,
    ranks: Bool
  ) -> TokenScores {
    var scores = TokenScores(logprobs: [], ranks: [])
    for slice in slices(of: batch.predictions.count) {
      let predictions = batch.predictions[slice]
      let rows = Rows(
        sequences: predictions.map(\.sequence), positions: predictions.map(\.position), of: batch,
        rotaries: rotaries, buffers: angleBuffers.selected, workers: workers)
      let selected = select(predictions, of: batch, from: residual)
      mix(layer, layers.count - 1, selected, rows, cache, input: nil)
      let states = operands(selected, outputNorm, operandBuffer, tiles: rows.tiles, projector.products.form)
      scores.append(head.score(predictions, input: states, ranks: ranks))
    }
    return scores
  }

  /// Parts of `count` rows, of about one size and no more than fit the window, that begin where a group of tiles does.
  private func slices(of count: Int) -> [Range<Int>] {
    let unit = Products.tileGroup * FloatTiles.lanes
    let parts = max(1, (count + window - 1) / window)
    let size = max(1, (count + parts * unit - 1) / (parts * unit)) * unit
    return stride(from: 0, to: count, by: size).map { $0..<min(count, $0 + size) }
  }

  /// The layer behind its keys and values: attention and feed-forward, each added to the rows' residual stream.
  ///
  /// - Parameter input: the residual stream through the norm before the attention, where it is at hand.
  private func mix(
    _ layer: DecoderLayer, _ index: Int, _ residual: FloatTiles, _ rows: Rows, _ cache: Attention.Cache,
    input: OperandTiles?
  ) {
    let projector = index <= lastChoice ? preciseProjector : self.projector
    let mixing = index < lastChoice ? preciseProjector : self.projector
    let input =
      input
      ?? operands(residual, layer.attentionNorm, operandBuffer, tiles: rows.tiles, projector.products.form)
    if layer.configuration.isParallel {
      let own = feedForwardInput(layer, residual, shared: layer.attentionNorm, tiles: rows.tiles, mixing)
      attend(layer, input, rows, cache, residual, projector)
      feedForward(layer, own, residual, rows, mixing)
    } else {
      attend(layer, input, rows, cache, residual, projector)
      let own = feedForwardInput(layer, residual, shared: nil, tiles: rows.tiles, mixing)
      feedForward(layer, own, residual, rows, mixing)
    }
  }

  // MARK: Attention

  /// Keys and values of all rows, and what has been multiplied for the last slice.
  private func keysAndValues(
    _ layer: DecoderLayer, _ index: Int, _ residual: FloatTiles, _ rows: Rows, _ slices: [Range<Int>],
    _ batch: PackedBatch
  ) -> (Attention.Cache, OperandTiles?) {
    let projector = index <= lastChoice ? preciseProjector : self.projector
    let form = projector.products.form
    let attention = layer.configuration.attention, heads = attention.keyValueHeadCount
    let keys = FloatTiles(keyBuffer, width: layer.key.rows, tiles: rows.tiles)
    let values = FloatTiles(valueBuffer, width: layer.value.rows, tiles: rows.tiles)
    var input: OperandTiles?
    for slice in slices {
      let tiles = FloatTiles.tiles(of: slice), all = 0..<tiles.count
      let part = operands(residual[tiles], layer.attentionNorm, operandBuffer, tiles: tiles.count, form)
      projector.project(
        [
          .init(matrix: layer.key, y: keys[tiles], tiles: all),
          .init(matrix: layer.value, y: values[tiles], tiles: all),
        ],
        part)
      input = part
    }
    prepareHeads(keys, count: heads, layer.keyNorm, attention, rows)
    let kept = batch.kept?.pages.map { $0.base + prefixLayout.layers[index] } ?? []
    let cache = layer.attention.cache(for: batch, kept: kept, form: form, in: cacheBuffer)
    workers.run(batch.pages.count * heads) { index, _ in
      layer.attention.gather(
        index / heads, head: index % heads, of: batch, keys: keys, values: values, into: cache)
    }
    return (cache, input)
  }

  private func attend(
    _ layer: DecoderLayer, _ input: OperandTiles, _ rows: Rows, _ cache: Attention.Cache,
    _ residual: FloatTiles, _ projector: Projector
  ) {
    let width = layer.query.rows
    let queries = FloatTiles(queryBuffer, width: width, tiles: rows.tiles)
    projector.project([.init(matrix: layer.query, y: queries, tiles: 0..<rows.tiles)], input)
    let attention = layer.configuration.attention
    prepareHeads(queries, count: attention.headCount, layer.queryNorm, attention, rows)
    let heads = attention.keyValueHeadCount
    rows.withMap { map in
      // Head by head, so that its keys and values stay in cache from tile to tile; the last tile first, as those of a long
      // sequence take the longer, the more stands before them.
      workers.run(rows.tiles * heads) { index, worker in
        layer.attention.attend(
          tile: map.tiles - 1 - index % map.tiles, head: index / map.tiles, queries: queries, rows: map,
          cache: cache,
          scratch: self.projector.scratch[worker].assumingMemoryBound(to: Float.self))
      }
    }
    let attended = operands(queries, nil, attendedBuffer, tiles: rows.tiles, projector.products.form)
    add(to: residual, behind: layer.attentionOutputNorm, layer, tiles: rows.tiles) { y, accumulate, scale in
      projector.project(
        [.init(matrix: layer.attentionOutput, y: y, tiles: 0..<rows.tiles)], attended, accumulate: accumulate,
        scale: scale)
    }
  }

  /// Normalises and turns the heads of queries or keys.
  private func prepareHeads(
    _ x: FloatTiles, count: Int, _ norm: HeadNorm?, _ attention: AttentionConfiguration, _ rows: Rows
  ) {
    guard norm != nil || attention.rotary != nil else { return }
    let kernels = kernels
    workers.run(rows.tiles) { tile, _ in
      norm?.apply(x[tile, 0], heads: count, headSize: attention.headSize, kernels: kernels)
      if let rotary = attention.rotary {
        rows.rotate(
          x, tile: tile, heads: count, headSize: attention.headSize, rotary: rotary, kernels: kernels)
      }
    }
  }

  // MARK: Feed-forward

  /// What a feed-forward reads.
  private struct FeedForwardInput {
    let operands: OperandTiles
    /// The same in single precision, where there is a router.
    let plain: OperandTiles
  }

  /// The residual stream through the norm before the feed-forward, or through a norm that it shares with attention.
  private func feedForwardInput(
    _ layer: DecoderLayer, _ residual: FloatTiles, shared: Norm?, tiles: Int, _ projector: Projector
  ) -> FeedForwardInput {
    let norm = layer.feedForwardNorm ?? shared
    let operands = operands(residual, norm, feedForwardBuffer, tiles: tiles, projector.products.form)
    guard layer.hasExperts, operands.form != GRAPE_OPERAND_F32 else {
      return FeedForwardInput(operands: operands, plain: operands)
    }
    let plain = self.operands(residual, norm, routerBuffer, tiles: tiles, GRAPE_OPERAND_F32)
    return FeedForwardInput(operands: operands, plain: plain)
  }

  private func feedForward(
    _ layer: DecoderLayer, _ input: FeedForwardInput, _ residual: FloatTiles, _ rows: Rows,
    _ projector: Projector
  ) {
    add(to: residual, behind: layer.feedForwardOutputNorm, layer, tiles: rows.tiles) { y, accumulate, scale in
      switch layer.mixing {
      case .dense(let weights):
        let hidden = OperandTiles(
          hiddenBuffer, form: input.operands.form, width: weights.up.rows, tiles: rows.tiles)
        FeedForward.activate(
          [.init(weights: weights, tiles: 0..<rows.tiles)], input.operands, into: hidden, projector)
        projector.project(
          [.init(matrix: weights.down, y: y, tiles: 0..<rows.tiles)], hidden, accumulate: accumulate,
          scale: scale)
      case .experts(let experts):
        if !accumulate { y.clear(tiles: rows.tiles) }
        experts.add(
          to: y, input.operands, plain: input.plain, count: rows.count, scale: scale, projector, expertBuffers
        )
      }
    }
  }

  // MARK: Shared steps

  /// Adds to the residual stream what `compute` makes, normalised if there is a norm behind it.
  ///
  /// - Parameter compute: writes to its tiles, or adds to what is there, its result times a scale.
  private func add(
    to residual: FloatTiles, behind norm: Norm?, _ layer: DecoderLayer, tiles: Int,
    _ compute: (_ y: FloatTiles, _ accumulate: Bool, _ scale: Float) -> Void
  ) {
    let scale = layer.configuration.residualScale
    guard let norm else { return compute(residual, true, scale) }
    let output = FloatTiles(outputBuffer, width: residual.width, tiles: tiles)
    compute(output, false, 1)
    let kernels = kernels
    workers.run(tiles) { tile, _ in
      let y = output[tile, 0]
      norm.apply(y, width: output.width, kernels: kernels, form: GRAPE_OPERAND_F32, into: y)
      kernels.table.pointee.store(y, nil, scale, output.width, residual[tile, 0], 1)
    }
  }

  /// The token embeddings, one lane per row, and those of the positions where they are learned.
  private func embed(_ batch: PackedBatch) -> FloatTiles {
    let lanes = FloatTiles.lanes
    let width = configuration.hiddenSize, scale = configuration.embeddingScale
    let tiles = FloatTiles.tiles(for: batch.rowCount)
    let residual = FloatTiles(residualBuffer, width: width, tiles: tiles)
    let kernels = kernels
    workers.run(tiles) { tile, worker in
      let floats = self.projector.scratch[worker].assumingMemoryBound(to: Float.self)
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

  /// Activations through a norm, if there is one, as operands of the next product.
  private func operands(
    _ x: FloatTiles, _ norm: Norm?, _ buffer: TileBuffer, tiles: Int, _ form: grape_operand
  ) -> OperandTiles {
    let operands = OperandTiles(buffer, form: form, width: x.width, tiles: tiles)
    let kernels = kernels
    workers.run(tiles) { tile, worker in
      guard let norm else {
        return operands.store(x[tile, 0], count: x.width, tile: tile, kernels: kernels)
      }
      guard form == GRAPE_OPERAND_INT8 else {
        return norm.apply(
          x[tile, 0], width: x.width, kernels: kernels, form: form, into: operands[tile, 0])
      }
      let normal = self.projector.scratch[worker].assumingMemoryBound(to: Float.self)
      norm.apply(x[tile, 0], width: x.width, kernels: kernels, form: GRAPE_OPERAND_F32, into: normal)
      operands.store(normal, count: x.width, tile: tile, kernels: kernels)
    }
    return operands
  }
}
