import CKernels
import Checkpoints
import Streams

/// What takes slices of rows through a layer, one at a time: the workers that share each step, and memory
/// for what is computed on the way.
///
/// Passes with one worker each go side by side; every number is the same in any pass.
final class LayerPass: @unchecked Sendable {
  /// In the precision that was asked for, and in single precision.
  let projector: Projector
  private let preciseProjector: Projector
  /// The last layer with experts. What comes before its choice is in single precision always:
  /// a number that is rounded there may choose another expert, and then the result is not less exact but
  /// another one. Who asks for 8 bits asks for speed: they are used in all layers, and only the choice
  /// itself is in single precision.
  private let lastChoice: Int

  // Reused by every slice, and within a layer by what is never needed together, so that it stays in cache.
  /// What enters attention, then what leaves it, then what enters the feed-forward.
  private let operandBuffer = TileBuffer()
  /// What enters the feed-forward of a layer where it stands beside attention.
  private let besideBuffer = TileBuffer()
  /// Queries and what becomes of them, then the hidden features of the feed-forward.
  private let innerBuffer = TileBuffer()
  private let routerBuffer = TileBuffer()
  private let outputBuffer = TileBuffer()
  private let expertBuffers = Experts.Buffers()

  /// What the latest keys and values have been made of, and of which layer and residual stream that was made.
  private var input: (layer: Int, residual: UnsafeMutablePointer<Float>, operands: OperandTiles)?

  private var kernels: Kernels { projector.kernels }
  private var workers: Workers { projector.workers }

  init(_ layers: [DecoderLayer], products: Products, workers: Workers) {
    lastChoice = products.form == GRAPE_OPERAND_INT8 ? -1 : layers.lastIndex { $0.hasExperts } ?? -1
    let slabBytes =
      layers.flatMap(\.matrices).map { $0.scratchBytes(rows: Products.largestSlabRows) }.max() ?? 0
    let attentionBytes = layers.map { $0.attention.scratchFloats * 4 }.max() ?? 0
    projector = Projector(
      products: products, workers: workers,
      scratch: WorkerScratch(
        workers: workers.count, bytes: max(2 * (slabBytes + Products.blockFloats * 4), attentionBytes)))
    preciseProjector = projector.inSinglePrecision
  }

  /// Must be called before a batch: what its slices hold is not what those of the last one did.
  func begin() { input = nil }

  /// What multiplies a layer's queries, keys and values.
  private func projector(_ layer: Int) -> Projector { layer <= lastChoice ? preciseProjector : projector }

  /// The form of a layer's keys and values.
  func form(_ layer: Int) -> grape_operand { projector(layer).products.form }

  /// The layer behind its keys and values: attention and feed-forward, each added to
  /// the rows' residual stream.
  func mix(
    _ layer: DecoderLayer, _ index: Int, _ residual: FloatTiles, _ rows: Rows, _ cache: Attention.Cache
  ) {
    let projector = projector(index)
    let mixing = index < lastChoice ? preciseProjector : self.projector
    let input = takeInput(layer, index, residual, rows)
    if layer.configuration.isParallel {
      let own = feedForwardInput(
        layer, residual, shared: layer.attentionNorm, in: besideBuffer, tiles: rows.tiles, mixing)
      attend(layer, input, rows, cache, residual, projector)
      feedForward(layer, own, residual, rows, mixing)
    } else {
      attend(layer, input, rows, cache, residual, projector)
      let own = feedForwardInput(
        layer, residual, shared: nil, in: operandBuffer, tiles: rows.tiles, mixing)
      feedForward(layer, own, residual, rows, mixing)
    }
  }

  // MARK: Attention

  /// Writes the keys and values of a slice, from its residual stream.
  func makeKeysAndValues(
    _ layer: DecoderLayer, _ index: Int, of residual: FloatTiles, _ rows: Rows, keys: FloatTiles,
    values: FloatTiles
  ) {
    let input = makeInput(layer, index, residual, rows)
    self.input = (index, residual.base, input)
    projector(index).project(
      [
        .init(matrix: layer.key, y: keys, tiles: 0..<rows.tiles),
        .init(matrix: layer.value, y: values, tiles: 0..<rows.tiles),
      ], input)
    let attention = layer.configuration.attention
    prepareHeads(keys, count: attention.keyValueHeadCount, layer.keyNorm, attention, rows)
  }

  /// The slice's residual stream through the norm before the attention; it is there if this pass has just
  /// made the slice's keys and values.
  private func takeInput(
    _ layer: DecoderLayer, _ index: Int, _ residual: FloatTiles, _ rows: Rows
  ) -> OperandTiles {
    defer { input = nil }
    if let input, input.layer == index, input.residual == residual.base { return input.operands }
    return makeInput(layer, index, residual, rows)
  }

  private func makeInput(
    _ layer: DecoderLayer, _ index: Int, _ residual: FloatTiles, _ rows: Rows
  ) -> OperandTiles {
    operands(residual, layer.attentionNorm, operandBuffer, tiles: rows.tiles, form(index))
  }

  private func attend(
    _ layer: DecoderLayer, _ input: OperandTiles, _ rows: Rows, _ cache: Attention.Cache,
    _ residual: FloatTiles, _ projector: Projector
  ) {
    let width = layer.query.rows
    let queries = FloatTiles(innerBuffer, width: width, tiles: rows.tiles)
    projector.project([.init(matrix: layer.query, y: queries, tiles: 0..<rows.tiles)], input)
    let attention = layer.configuration.attention
    prepareHeads(queries, count: attention.headCount, layer.queryNorm, attention, rows)
    let heads = attention.keyValueHeadCount
    rows.withMap { map in
      // Head by head, so that its keys and values stay in cache from tile to tile; the last tile first,
      // as those of a long sequence take the longer, the more stands before them.
      workers.run(rows.tiles * heads) { index, worker in
        layer.attention.attend(
          tile: map.tiles - 1 - index % map.tiles, head: index / map.tiles, queries: queries, rows: map,
          cache: cache,
          scratch: self.projector.scratch[worker].assumingMemoryBound(to: Float.self))
      }
    }
    let attended = operands(queries, nil, operandBuffer, tiles: rows.tiles, projector.products.form)
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

  /// The residual stream through the norm before the feed-forward, or through a norm
  /// that it shares with attention.
  private func feedForwardInput(
    _ layer: DecoderLayer, _ residual: FloatTiles, shared: Norm?, in buffer: TileBuffer, tiles: Int,
    _ projector: Projector
  ) -> FeedForwardInput {
    let norm = layer.feedForwardNorm ?? shared
    let operands = operands(residual, norm, buffer, tiles: tiles, projector.products.form)
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
          innerBuffer, form: input.operands.form, width: weights.up.rows, tiles: rows.tiles)
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

  /// Activations through a norm, as operands in the precision that was asked for.
  func operands(_ x: FloatTiles, _ norm: Norm, tiles: Int) -> OperandTiles {
    operands(x, norm, operandBuffer, tiles: tiles, projector.products.form)
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
