import CKernels
import Checkpoints
import Streams

/// Causal grouped-query attention (Ainslie et al., arXiv 2305.13245) over packed sequences, with an online
/// softmax over blocks of keys (Dao et al., arXiv 2205.14135), so that no length × length matrix exists;
/// with a sliding window (Beltagy et al., arXiv 2004.05150), blocks that no query sees are left out.
///
/// Every block of keys begins at a multiple of `keyBlock` positions from its sequence's start. A query's sums
/// therefore run in an order that only its position decides, wherever its row stands in the batch.
///
/// Queries and keys, weights and values are operands like any others: rounded where the machine
/// multiplies bfloat16, unless the layer is computed in single precision. Sums, softmax and its sum
/// are in single precision always.
struct Attention: Sendable {
  /// Key positions taken together.
  static let keyBlock = PackedBatch.pageSize

  private let kernels: Kernels
  private let headCount: Int
  let keyValueHeadCount: Int
  private let headSize: Int
  /// What scores are multiplied by.
  private let scale: Float
  private let softCap: Float?
  /// Positions that a query sees.
  private let window: Int32
  /// A logit for each head that stands for no position (Xiao et al., arXiv 2309.17453; GPT-OSS).
  private let sinks: [Float]?

  init(kernels: Kernels, _ configuration: AttentionConfiguration, sinks: [Float]?) {
    self.kernels = kernels
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

  /// Keys and values of a batch in this layer, in pages of `keyBlock` positions: by head,
  /// keys as `[position][headSize]` rows and behind them values as `[headSize][position]` rows,
  /// so that both are read as weights.
  struct Cache: @unchecked Sendable {
    /// The pages that the batch makes, `pageFloats` each.
    let base: UnsafeMutablePointer<Float>
    /// Of each sequence the place of its first block in `pages`.
    let starts: [Int]
    /// The pages of the sequences' blocks, one sequence after the other.
    let pages: [UnsafeMutablePointer<Float>]
    /// The kept prefix's pages.
    let kept: [UnsafeMutablePointer<Float>]
    /// The form of everything that is multiplied: pairs of bfloat16, or single precision. Keys and values in
    /// bfloat16 each leave the second half of their room empty.
    let form: grape_operand
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
      form: kernels.multipliesBF16 && form != GRAPE_OPERAND_F32 ? GRAPE_OPERAND_PAIRS : GRAPE_OPERAND_F32)
  }

  /// Elements from one key to the next: pairs need an even number.
  private func keyStride(_ form: grape_operand) -> Int {
    form == GRAPE_OPERAND_PAIRS ? headSize + headSize % 2 : headSize
  }

  /// Gathers a page's keys and values of one head from the rows of its positions, and from the kept prefix.
  func gather(
    _ page: Int, head: Int, of batch: PackedBatch, keys keyTiles: FloatTiles, values valueTiles: FloatTiles,
    into cache: Cache
  ) {
    let block = Self.keyBlock, place = 2 * head * block * headSize
    let (content, keys) = (batch.pages[page], cache.base + page * pageFloats + place)
    let values = keys + block * headSize
    let count = content.keptCount, end = count + content.slots.count
    let gather = kernels.table.pointee.gather!
    let offset = head * headSize * FloatTiles.lanes
    batch.rowOfSlot[content.slots].withUnsafeBufferPointer {
      guard let rows = $0.baseAddress else { return }
      gather(
        keyTiles.base + offset, keyTiles.stride, rows, $0.count, headSize, keys + count * headSize, headSize,
        1)
      gather(valueTiles.base + offset, valueTiles.stride, rows, $0.count, headSize, values + count, 1, block)
    }
    let isNarrow = cache.form == GRAPE_OPERAND_PAIRS
    if isNarrow {
      narrow(keys, rows: count..<end, width: headSize, stride: headSize)
      narrow(values, rows: 0..<headSize, width: end, stride: block)
    }
    guard count > 0 else { return }
    let kept = cache.kept[content.block] + place
    if isNarrow {
      copy(kept, to: keys, values: values, count: count, as: UInt16.self)
    } else {
      copy(kept, to: keys, values: values, count: count, as: Float.self)
    }
  }

  /// Narrows rows of floats to bfloat16 where they lie, from the front; an odd width
  /// is filled up with a zero.
  ///
  /// - Parameter stride: elements from one row to the next, of either type; where the width is odd they are
  ///   one more of bfloat16 if there is no room behind the row.
  private func narrow(_ floats: UnsafeMutablePointer<Float>, rows: Range<Int>, width: Int, stride: Int) {
    let out = UnsafeMutableRawPointer(floats).assumingMemoryBound(to: UInt16.self)
    let outStride = max(stride, width + width % 2)
    for row in rows {
      kernels.table.pointee.decode_bf16(
        GRAPE_WEIGHTS_F32, floats + row * stride, width, out + row * outStride)
      if width % 2 == 1 { out[row * outStride + width] = 0 }
    }
  }

  /// The keys and values of the first positions of a kept page.
  private func copy<Number>(
    _ kept: UnsafeMutablePointer<Float>, to keys: UnsafeMutablePointer<Float>,
    values: UnsafeMutablePointer<Float>, count: Int, as: Number.Type
  ) {
    func numbers(_ floats: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Number> {
      UnsafeMutableRawPointer(floats).assumingMemoryBound(to: Number.self)
    }
    let block = Self.keyBlock
    let width = Number.self == UInt16.self ? keyStride(GRAPE_OPERAND_PAIRS) : headSize
    numbers(keys).update(from: numbers(kept), count: count * width)
    let from = numbers(kept + block * headSize), to = numbers(values)
    for feature in 0..<headSize { (to + feature * block).update(from: from + feature * block, count: count) }
  }

  /// Floats of scratch memory that `attend` needs.
  var scratchFloats: Int {
    groupSize * FloatTiles.lanes * (Self.keyBlock + 2 * headSize + 4)
  }

  /// The attention output of one tile of queries, in their place, for one key and value
  /// head and all its query heads.
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
    let table = kernels.table
    let lanes = FloatTiles.lanes, block = Self.keyBlock, group = groupSize
    let products = Products(kernels: kernels, form: cache.form)
    let keyStride = keyStride(cache.form)
    let operandStride = cache.form.elements(headSize) * lanes
    let scores = scratch
    let sums = scores + group * block * lanes
    let maxima = sums + group * headSize * lanes
    let totals = maxima + group * lanes
    let factors = totals + group * lanes
    let operands = UnsafeMutableRawPointer(factors + group * lanes)
    sums.initialize(repeating: 0, count: group * headSize * lanes)
    maxima.initialize(repeating: -1e30, count: group * lanes)
    totals.initialize(repeating: 0, count: group * lanes)
    if let sinks {
      for g in 0..<group {
        (maxima + g * lanes).update(repeating: sinks[head * group + g], count: lanes)
        (totals + g * lanes).update(repeating: 1, count: lanes)
      }
    }
    for g in 0..<group {
      table.pointee.pack(
        queries[tile, (head * group + g) * headSize], headSize, cache.form,
        operands + g * operandStride * cache.form.elementBytes)
    }

    let positions = rows.positions + tile * lanes
    let last = Int(range.map { positions[$0] }.max() ?? 0)
    // Blocks before every lane's window would add nothing, to the last bit.
    let nearest = Int(range.map { positions[$0] }.min() ?? 0) - Int(window) + 1
    let scale = softCap == nil ? scale : 1

    for first in stride(from: max(0, nearest) / block * block, through: last, by: block) {
      let count = min(block, last + 1 - first)
      let keys = cache.pages[cache.starts[sequence] + first / block] + 2 * head * block * headSize
      let values = keys + block * headSize
      // Whole register blocks: products with what lies behind the last key are not looked at.
      products.multiply(
        keys, stride: keyStride, rows: min(block, (count + 7) / 8 * 8), operands, inputStride: operandStride,
        tiles: group, width: headSize, into: scores, blockStride: block * lanes, GRAPE_UPDATE_SET)
      for g in 0..<group {
        let part = scores + g * block * lanes
        if let softCap { table.pointee.soft_cap(part, count, self.scale, softCap) }
        table.pointee.softmax(
          part, count, scale, Int32(first), positions, window, maxima + g * lanes, totals + g * lanes,
          factors + g * lanes, cache.form, part)
        table.pointee.scale(sums + g * headSize * lanes, headSize, factors + g * lanes)
      }
      products.multiply(
        values, stride: block, rows: headSize, scores,
        inputStride: block * lanes * 4 / cache.form.elementBytes, tiles: group, width: count, into: sums,
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
