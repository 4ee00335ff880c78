import CKernels
import Checkpoints
import Streams

/// Causal grouped-query attention (Ainslie et al., arXiv 2305.13245) over packed sequences, with an online
/// softmax over blocks of keys (Dao et al., arXiv 2205.14135), so that no length × length matrix exists; with a sliding
/// window (Beltagy et al., arXiv 2004.05150), blocks that no query sees are left out.
///
/// Every block of keys begins at a multiple of `keyBlock` positions from its sequence's start. A query's sums
/// therefore run in an order that only its position decides, wherever its row stands in the batch.
///
/// Queries and keys are single precision in every mode: rounding them to bfloat16 moves the exponents of the weights, and
/// would cost the scores more accuracy than any other step. Values and their weights are operands like any others, and
/// rounded where the machine multiplies bfloat16.
struct Attention: Sendable {
  /// Key positions taken together.
  static let keyBlock = PackedBatch.pageSize

  /// Those of queries with keys.
  private let products: Products
  private let headCount: Int
  private let keyValueHeadCount: Int
  private let headSize: Int
  /// What scores are multiplied by.
  private let scale: Float
  private let softCap: Float?
  /// Positions that a query sees.
  private let window: Int32
  /// A logit for each head that stands for no position (Xiao et al., arXiv 2309.17453; GPT-OSS).
  private let sinks: [Float]?

  init(kernels: Kernels, _ configuration: AttentionConfiguration, sinks: [Float]?) {
    products = Products(kernels: kernels, form: GRAPE_OPERAND_F32)
    headCount = configuration.headCount
    keyValueHeadCount = configuration.keyValueHeadCount
    headSize = configuration.headSize
    scale = configuration.scale
    softCap = configuration.softCap
    window = Int32(clamping: configuration.window ?? .max)
    self.sinks = sinks
  }

  /// Query heads that share a key and value head.
  var groupSize: Int { headCount / keyValueHeadCount }

  /// Keys and values of a batch in this layer, in pages of `keyBlock` positions: by head, keys as `[position][headSize]`
  /// rows and behind them values as `[headSize][position]` rows, so that both are read as weights.
  struct Cache: @unchecked Sendable {
    /// The pages that the batch makes, `pageFloats` each.
    let base: UnsafeMutablePointer<Float>
    /// Of each sequence the place of its first block in `pages`.
    let starts: [Int]
    /// The pages of the sequences' blocks, one sequence after the other.
    let pages: [UnsafeMutablePointer<Float>]
    /// The kept prefix's pages.
    let kept: [UnsafeMutablePointer<Float>]
    /// The form of weights and values: pairs of bfloat16, or single precision. Rows of bfloat16 values leave the second
    /// half of their room empty.
    let valueForm: grape_operand
  }

  /// Floats of a page.
  var pageFloats: Int { 2 * keyValueHeadCount * Self.keyBlock * headSize }

  /// Room in `buffer` for every page of `batch`.
  ///
  /// - Parameters:
  ///   - kept: where the kept prefix's pages have this layer's keys and values.
  ///   - form: that of the layer's products.
  func cache(
    for batch: PackedBatch, kept: [UnsafeMutablePointer<Float>], form: grape_operand, in buffer: TileBuffer
  ) -> Cache {
    buffer.reserve(batch.pages.count * pageFloats * MemoryLayout<Float>.stride)
    let base = buffer.base.assumingMemoryBound(to: Float.self)
    var pages: [UnsafeMutablePointer<Float>] = []
    pages.reserveCapacity(batch.pageOfBlock.count)
    for sequence in batch.sequences {
      for (block, page) in batch.pageOfBlock[sequence.blocks].enumerated() {
        pages.append(page < 0 ? kept[block] : base + Int(page) * pageFloats)
      }
    }
    return Cache(
      base: base, starts: batch.sequences.map(\.blocks.lowerBound), pages: pages, kept: kept,
      valueForm: products.kernels.multipliesBF16 && form != GRAPE_OPERAND_F32
        ? GRAPE_OPERAND_PAIRS : GRAPE_OPERAND_F32)
  }

  /// Gathers a page's keys and values of one head from the rows of its positions, and from the kept prefix.
  func gather(
    _ page: Int, head: Int, of batch: PackedBatch, keys keyTiles: FloatTiles, values valueTiles: FloatTiles,
    into cache: Cache
  ) {
    let block = Self.keyBlock, place = 2 * head * block * headSize
    let (content, keys) = (batch.pages[page], cache.base + page * pageFloats + place)
    let values = keys + block * headSize
    let count = content.keptCount
    let kept = count > 0 ? cache.kept[content.block] + place : nil
    if let kept { keys.update(from: kept, count: count * headSize) }
    let gather = products.kernels.table.pointee.gather!
    let offset = head * headSize * FloatTiles.lanes
    batch.rowOfSlot[content.slots].withUnsafeBufferPointer {
      guard let rows = $0.baseAddress else { return }
      gather(
        keyTiles.base + offset, keyTiles.stride, rows, $0.count, headSize, keys + count * headSize, headSize,
        1)
      gather(valueTiles.base + offset, valueTiles.stride, rows, $0.count, headSize, values + count, 1, block)
    }
    if cache.valueForm == GRAPE_OPERAND_PAIRS {
      round(values, count: count + content.slots.count)
      if let kept { copyValues(kept, to: values, count: count, as: UInt16.self) }
    } else if let kept {
      copyValues(kept, to: values, count: count, as: Float.self)
    }
  }

  /// Narrows a page's rows of values to bfloat16 where they lie, row by row from the front; a position without a partner
  /// is paired with a value of zero.
  private func round(_ values: UnsafeMutablePointer<Float>, count: Int) {
    let block = Self.keyBlock
    let narrow = UnsafeMutableRawPointer(values).assumingMemoryBound(to: UInt16.self)
    for feature in 0..<headSize {
      let row = narrow + feature * block
      products.kernels.table.pointee.decode_bf16(GRAPE_WEIGHTS_F32, values + feature * block, block, row)
      if count % 2 == 1 { row[count] = 0 }
    }
  }

  /// The values of the first positions of a kept page.
  private func copyValues<Number>(
    _ kept: UnsafeMutablePointer<Float>, to values: UnsafeMutablePointer<Float>, count: Int, as: Number.Type
  ) {
    let block = Self.keyBlock
    let from = UnsafeMutableRawPointer(kept + block * headSize).assumingMemoryBound(to: Number.self)
    let to = UnsafeMutableRawPointer(values).assumingMemoryBound(to: Number.self)
    for feature in 0..<headSize { (to + feature * block).update(from: from + feature * block, count: count) }
  }

  /// Floats of scratch memory that `attend` needs.
  var scratchFloats: Int {
    groupSize * FloatTiles.lanes * (Self.keyBlock + headSize + 3)
  }

  /// The attention output of one tile of queries, in their place, for one key and value head and all its query
  /// heads.
  ///
  /// - Parameters:
  ///   - queries: `[headCount * headSize]` tiles of rotated queries; lanes that are no row are left alone.
  ///   - rows: which sequence and position each lane is.
  ///   - scratch: `scratchFloats` floats.
  func attend(
    tile: Int, head: Int, queries: FloatTiles, rows: RowMap, cache: Cache,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let lanes = FloatTiles.lanes
    var begin = tile * lanes
    let end = min(begin + lanes, rows.count)
    while begin < end {
      // A run of lanes of one sequence; the others are computed along and not written.
      let sequence = rows.sequences[begin]
      var stop = begin + 1
      while stop < end && rows.sequences[stop] == sequence { stop += 1 }
      attend(
        tile: tile, lanes: begin - tile * lanes..<stop - tile * lanes, sequence: Int(sequence), head: head,
        queries: queries, rows: rows, cache: cache, scratch: scratch)
      begin = stop
    }
  }

  private func attend(
    tile: Int, lanes range: Range<Int>, sequence: Int, head: Int, queries: FloatTiles, rows: RowMap,
    cache: Cache, scratch: UnsafeMutablePointer<Float>
  ) {
    let table = products.kernels.table
    let lanes = FloatTiles.lanes, block = Self.keyBlock, group = groupSize
    let scores = scratch
    let sums = scores + group * block * lanes
    let maxima = sums + group * headSize * lanes
    let totals = maxima + group * lanes
    let factors = totals + group * lanes
    sums.initialize(repeating: 0, count: group * headSize * lanes)
    maxima.initialize(repeating: -1e30, count: group * lanes)
    totals.initialize(repeating: 0, count: group * lanes)
    if let sinks {
      for g in 0..<group {
        (maxima + g * lanes).update(repeating: sinks[head * group + g], count: lanes)
        (totals + g * lanes).update(repeating: 1, count: lanes)
      }
    }

    let positions = rows.positions + tile * lanes
    let last = Int(range.map { positions[$0] }.max() ?? 0)
    // Blocks before every lane's window would add nothing, to the last bit.
    let nearest = Int(range.map { positions[$0] }.min() ?? 0) - Int(window) + 1
    let scale = softCap == nil ? scale : 1
    let weighted = Products(kernels: products.kernels, form: cache.valueForm)

    for first in stride(from: max(0, nearest) / block * block, through: last, by: block) {
      let count = min(block, last + 1 - first)
      let keys = cache.pages[cache.starts[sequence] + first / block] + 2 * head * block * headSize
      let values = keys + block * headSize
      // Whole register blocks: products with what lies behind the last key are not looked at.
      products.multiply(
        keys, stride: headSize, rows: min(block, (count + 7) / 8 * 8), queries[tile, head * group * headSize],
        inputStride: headSize * lanes, tiles: group, width: headSize, into: scores,
        blockStride: block * lanes, GRAPE_UPDATE_SET)
      for g in 0..<group {
        let part = scores + g * block * lanes
        if let softCap { table.pointee.soft_cap(part, count, self.scale, softCap) }
        table.pointee.softmax(
          part, count, scale, Int32(first), positions, window, maxima + g * lanes, totals + g * lanes,
          factors + g * lanes, cache.valueForm, part)
        table.pointee.scale(sums + g * headSize * lanes, headSize, factors + g * lanes)
      }
      weighted.multiply(
        values, stride: block, rows: headSize, scores,
        inputStride: block * lanes * 4 / cache.valueForm.elementBytes, tiles: group, width: count, into: sums,
        blockStride: headSize * lanes, GRAPE_UPDATE_CONTINUE)
    }
    for g in 0..<group {
      table.pointee.divide(
        sums + g * headSize * lanes, headSize, totals + g * lanes, range.lowerBound, range.upperBound,
        queries[tile, (head * group + g) * headSize])
    }
  }
}

/// Which sequence and position each row of a set of tiles is. Rows fill the tiles from the first lane on.
struct RowMap: @unchecked Sendable {
  let count: Int
  let sequences: UnsafePointer<Int32>
  /// Padded to whole tiles.
  let positions: UnsafePointer<Int32>

  var tiles: Int { FloatTiles.tiles(for: count) }
}
