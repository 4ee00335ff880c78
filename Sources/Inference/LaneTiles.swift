import CKernels

/// Activations in single precision: `tiles` of 16 tokens, each `[width][16]`.
struct FloatTiles: @unchecked Sendable {
  /// Tokens in a tile.
  static let lanes = Int(GRAPE_LANES)

  let base: UnsafeMutablePointer<Float>
  let width: Int
  /// Floats from one tile to the next.
  var stride: Int { width * Self.lanes }

  private init(base: UnsafeMutablePointer<Float>, width: Int) {
    self.base = base
    self.width = width
  }

  /// `tiles` tiles in `buffer`.
  init(_ buffer: TileBuffer, width: Int, tiles: Int) {
    buffer.reserve(tiles * width * Self.lanes * MemoryLayout<Float>.stride)
    base = buffer.base.assumingMemoryBound(to: Float.self)
    self.width = width
  }

  /// Feature `feature` of tile `tile`: 16 lanes.
  subscript(tile: Int, feature: Int) -> UnsafeMutablePointer<Float> {
    base + tile * stride + feature * Self.lanes
  }

  /// Some of the tiles, counted from the first of them.
  subscript(tiles: Range<Int>) -> FloatTiles {
    FloatTiles(base: base + tiles.lowerBound * stride, width: width)
  }

  /// Sets the features of the first tiles to zero.
  func clear(tiles: Int) { base.update(repeating: 0, count: tiles * stride) }

  /// The tiles that hold the tokens `range`, which begins where a tile does.
  static func tiles(of range: Range<Int>) -> Range<Int> {
    range.lowerBound / lanes..<tiles(for: range.upperBound)
  }

  /// The number of tiles that hold `tokens`.
  static func tiles(for tokens: Int) -> Int { (tokens + lanes - 1) / lanes }
}

/// Activations in an operand form (`CKernels.h`): what a product reads.
struct OperandTiles: @unchecked Sendable {
  let base: UnsafeMutableRawPointer
  let form: grape_operand
  /// Features that the activations have.
  let originalWidth: Int
  /// Elements from one tile to the next.
  let stride: Int

  init(_ buffer: TileBuffer, form: grape_operand, width: Int, tiles: Int) {
    self.form = form
    originalWidth = width
    stride = form.elements(width) * FloatTiles.lanes
    buffer.reserve(tiles * stride * form.elementBytes)
    base = buffer.base
  }

  /// Groups of 4 bytes in a lane of a tile: a feature, a pair, four of them or the scale of a block.
  var units: Int { stride * form.elementBytes / (4 * FloatTiles.lanes) }

  /// Tile `tile`, from feature `feature` on, which is even and in the INT8 form the first of a block.
  subscript(tile: Int, feature: Int) -> UnsafeMutableRawPointer {
    base + (tile * stride + form.elements(feature) * FloatTiles.lanes) * form.elementBytes
  }

  /// Writes `count` features of tile `tile` from feature `first` on; `first` is as in the subscript, and so
  /// is the end or it is that of the tile.
  func store(
    _ x: UnsafePointer<Float>, count: Int, tile: Int, first: Int = 0, kernels: Kernels
  ) {
    if form == GRAPE_OPERAND_INT8 {
      kernels.table.pointee.quantize(x, count, self[tile, first])
    } else {
      kernels.table.pointee.pack(x, count, form, self[tile, first])
    }
  }
}

extension grape_operand {
  /// Bytes of one element in this form: a number, or a byte.
  var elementBytes: Int {
    switch self {
    case GRAPE_OPERAND_INT8: 1
    case GRAPE_OPERAND_PAIRS: 2
    default: 4
    }
  }

  /// Elements that a lane of `features` features takes: evened up where they are paired, and where they are
  /// 8-bit integers filled up to blocks, each with the 4 bytes of its scale.
  func elements(_ features: Int) -> Int {
    guard self == GRAPE_OPERAND_INT8 else { return features + features % 2 }
    return (features + Int8Layout.block - 1) / Int8Layout.block * (Int8Layout.block + 4)
  }
}
