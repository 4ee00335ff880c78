import Streams

/// The rows of a step: which sequence and position each lane is, and its rotary angles.
struct Rows: @unchecked Sendable {
  private(set) var count: Int
  /// Where they begin in what follows.
  private var firstTile = 0
  private let sequences: [Int32]
  private let positions: [Int32]
  /// For each rotary embedding, of each tile: `[half]` cosines, then `[half]` sines, 16 lanes each.
  private let angles: [FloatTiles]
  private let rotaries: [RotaryEmbedding]

  var tiles: Int { FloatTiles.tiles(for: count) }

  /// - Parameter buffers: one for each rotary embedding.
  init(
    sequences: [Int32], positions: [Int32], of batch: PackedBatch, rotaries: [RotaryEmbedding],
    buffers: [TileBuffer], workers: Workers
  ) {
    let tiles = FloatTiles.tiles(for: sequences.count)
    let lanes = FloatTiles.lanes
    let padding = tiles * lanes - positions.count
    let padded = positions + [Int32](repeating: 0, count: padding)
    let isLong = sequences.map { batch.sequences[Int($0)].isLong } + [Bool](repeating: false, count: padding)
    angles = zip(rotaries, buffers).map { rotary, buffer in
      let angles = FloatTiles(buffer, width: 2 * rotary.half, tiles: tiles)
      workers.run(tiles) { tile, _ in
        padded.withUnsafeBufferPointer { positions in
          isLong.withUnsafeBufferPointer { isLong in
            rotary.angles(
              positions: positions.baseAddress! + tile * lanes, isLong: isLong.baseAddress! + tile * lanes,
              cosine: angles[tile, 0], sine: angles[tile, rotary.half])
          }
        }
      }
      return angles
    }
    count = sequences.count
    self.sequences = sequences
    self.positions = padded
    self.rotaries = rotaries
  }

  /// The rows `range`, which begins where a tile does.
  subscript(range: Range<Int>) -> Rows {
    var part = self
    part.count = range.count
    part.firstTile += range.lowerBound / FloatTiles.lanes
    return part
  }

  /// Turns the heads of one tile by rotary embedding `index`.
  func rotate(_ x: FloatTiles, tile: Int, heads: Int, headSize: Int, rotary index: Int, kernels: Kernels) {
    let rotary = rotaries[index], angles = angles[index]
    for head in 0..<heads {
      kernels.table.pointee.rotate(
        x[tile, head * headSize], rotary.half, rotary.interleaved ? 1 : 0, angles[firstTile + tile, 0],
        angles[firstTile + tile, rotary.half])
    }
  }

  /// Calls `body` unless there are no rows.
  func withMap(_ body: (RowMap) -> Void) {
    sequences.withUnsafeBufferPointer { sequences in
      positions.withUnsafeBufferPointer { positions in
        guard let sequences = sequences.baseAddress, let positions = positions.baseAddress else { return }
        let first = firstTile * FloatTiles.lanes
        body(RowMap(count: count, sequences: sequences + first, positions: positions + first))
      }
    }
  }
}
