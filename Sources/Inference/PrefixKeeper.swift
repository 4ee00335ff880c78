import Streams

/// Keeps, layer by layer, what the last sequence of a batch begins with.
struct PrefixKeeper: Sendable {
  /// Complete when all layers and the states have been kept; nil where nothing is to be kept.
  let prefix: KeptPrefix?

  private let batch: PackedBatch
  private let layout: KeptPrefix.Layout
  /// The blocks of the prefix that are not the earlier prefix's, and the batch's pages that hold them.
  private var fresh: [(block: Int, page: Int)] = []

  /// - Parameter limit: tokens.
  init(_ batch: PackedBatch, limit: Int, layout: KeptPrefix.Layout) {
    self.batch = batch
    self.layout = layout
    let tokens = Array(batch.latest.prefix(batch.sharesPrefixes ? limit : 0))
    guard let sequence = batch.sequences.last, !tokens.isEmpty else {
      prefix = nil
      return
    }
    let size = PackedBatch.pageSize
    var pages: [KeptPrefix.Page] = []
    for block in 0..<(tokens.count + size - 1) / size {
      let page = Int(batch.pageOfBlock[sequence.blocks.lowerBound + block])
      if page < 0, let kept = batch.kept {
        pages.append(kept.pages[block])
      } else {
        fresh.append((block, page))
        pages.append(KeptPrefix.Page(layout))
      }
    }
    prefix = KeptPrefix(tokens: tokens, isLong: sequence.isLong, pages: pages)
  }

  /// Keeps a layer's keys and values.
  func keep(_ cache: Attention.Cache, of attention: Attention, layer: Int, _ workers: Workers) {
    guard let prefix else { return }
    let parts = attention.keyValueHeadCount, count = attention.pageFloats / parts
    workers.run(fresh.count * parts) { index, _ in
      let (block, page) = fresh[index / parts], part = index % parts * count
      (prefix.pages[block].base + layout.layers[layer] + part).update(
        from: cache.base + page * attention.pageFloats + part, count: count)
    }
  }

  /// Keeps what goes into the last layer.
  func keep(states: FloatTiles, _ workers: Workers) {
    guard let prefix else { return }
    workers.run(fresh.count) { index, _ in
      let (block, page) = fresh[index]
      let content = batch.pages[page], width = layout.width
      let out = prefix.pages[block].base + layout.states
      if content.keptCount > 0, let kept = batch.kept {
        out.update(from: kept.pages[block].base + layout.states, count: content.keptCount * width)
      }
      for (slot, row) in batch.rowOfSlot[content.slots].enumerated() {
        let lane = states[Int(row) / FloatTiles.lanes, 0] + Int(row) % FloatTiles.lanes
        let state = out + (content.keptCount + slot) * width
        for feature in 0..<width { state[feature] = lane[feature * FloatTiles.lanes] }
      }
    }
  }
}
