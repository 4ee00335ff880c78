import CKernels

/// Memory for tiles of activations, aligned to cache lines; it grows and is never returned before `deinit`.
///
/// Fresh memory is zero, so that lanes that no token occupies hold numbers.
final class TileBuffer {
  private(set) var base: UnsafeMutableRawPointer
  private var capacity: Int

  init() {
    capacity = 64
    base = .allocate(byteCount: 64, alignment: 64)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: 64)
  }

  deinit { base.deallocate() }

  /// Makes room for `bytes`; what was stored is lost when the buffer has to grow.
  func reserve(_ bytes: Int) {
    guard bytes > capacity else { return }
    base.deallocate()
    capacity = bytes + bytes / 8
    base = .allocate(byteCount: capacity, alignment: 64)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: capacity)
  }
}

/// Activations in single precision: `tiles` of 16 tokens, each `[width][16]`.
struct FloatTiles: @unchecked Sendable {
  /// Tokens in a tile.
  static let lanes = Int(GRAPE_LANES)

  let base: UnsafeMutablePointer<Float>
  let width: Int
  /// Floats from one tile to the next.
  var stride: Int { width * Self.lanes }

  /// Tiles for `count` tokens in `buffer`.
  init(_ buffer: TileBuffer, width: Int, tiles: Int) {
    buffer.reserve(tiles * width * Self.lanes * MemoryLayout<Float>.stride)
    base = buffer.base.assumingMemoryBound(to: Float.self)
    self.width = width
  }

  /// Feature `feature` of tile `tile`: 16 lanes.
  subscript(tile: Int, feature: Int) -> UnsafeMutablePointer<Float> {
    base + tile * stride + feature * Self.lanes
  }

  /// Sets the features of the first tiles to zero.
  func clear(tiles: Int) { base.update(repeating: 0, count: tiles * stride) }

  /// The number of tiles that hold `tokens`.
  static func tiles(for tokens: Int) -> Int { (tokens + lanes - 1) / lanes }
}

/// Activations in an operand form (`CKernels.h`): what a product reads.
struct OperandTiles: @unchecked Sendable {
  let base: UnsafeMutableRawPointer
  let form: grape_operand
  /// Features, evened up where the form pairs them.
  let width: Int
  /// Features that the activations have.
  let originalWidth: Int

  init(_ buffer: TileBuffer, form: grape_operand, width: Int, tiles: Int) {
    self.form = form
    originalWidth = width
    self.width = width + width % 2
    buffer.reserve(tiles * self.width * FloatTiles.lanes * form.elementBytes)
    base = buffer.base
  }

  /// Elements from one tile to the next.
  var stride: Int { width * FloatTiles.lanes }

  /// Groups of 4 bytes in a lane of a tile: a feature, or a pair of them.
  var units: Int { width * form.elementBytes / 4 }

  /// Tile `tile`, from feature `feature` (even) on.
  subscript(tile: Int, feature: Int) -> UnsafeMutableRawPointer {
    base + (tile * stride + feature * FloatTiles.lanes) * form.elementBytes
  }
}

extension grape_operand {
  /// Bytes of one number in this form.
  var elementBytes: Int { self == GRAPE_OPERAND_PAIRS ? 2 : 4 }
}
