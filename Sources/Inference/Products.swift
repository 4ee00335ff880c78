import CKernels

/// Matrix products over lane tiles, cut so that a slab of weights and three tiles of operands stay in cache.
struct Products: @unchecked Sendable {
  /// Weight rows in a slab, one task for a worker: of 8-bit weights as many as a block of the operand
  /// has features that they make.
  var slabRows: Int { form == GRAPE_OPERAND_INT8 ? Int8Layout.block : Self.floatSlabRows }
  private static let floatSlabRows = 32
  static let largestSlabRows = max(floatSlabRows, Int8Layout.block)
  /// Operand tiles taken together: the width of the widest kernel.
  static let tileGroup = 3
  /// Inner dimension of a pass; longer rows are summed pass after pass in the same accumulators. Even.
  static let depth = 2048
  /// Floats in the result of a slab and a tile group.
  static let blockFloats = tileGroup * largestSlabRows * FloatTiles.lanes
  /// Floats from one tile of a block to the next.
  static let blockStride = largestSlabRows * FloatTiles.lanes

  let kernels: Kernels
  let form: grape_operand

  /// block[t][slab.lead + r][lane] = slab row r times tile `first + t`, for up to `tileGroup` tiles.
  ///
  /// - Parameters:
  ///   - stride: floats from one tile of the block to the next.
  ///   - adds: adds the products to what is there, where they `canAdd`.
  func multiply(
    _ slab: WeightMatrix.Slab, width: Int, by input: OperandTiles, tiles: Range<Int>,
    into block: UnsafeMutablePointer<Float>, stride: Int = Self.blockStride, adds: Bool = false
  ) {
    if var weights = slab.int8 {
      kernels.table.pointee.multiply_int8(
        &weights, slab.firstGroup, slab.lead + slab.rows, input[tiles.lowerBound, 0], input.stride,
        tiles.count,
        block, stride, adds ? GRAPE_UPDATE_ADD : GRAPE_UPDATE_SET)
      return
    }
    var k = 0
    while k < width {
      let length = min(Self.depth, width - k)
      multiply(
        slab.pointer + k * form.elementBytes, stride: slab.stride, rows: slab.rows,
        input[tiles.lowerBound, k], inputStride: input.stride, tiles: tiles.count, width: length,
        into: block, blockStride: stride,
        adds ? GRAPE_UPDATE_ADD : k > 0 ? GRAPE_UPDATE_CONTINUE : GRAPE_UPDATE_SET)
      k += length
    }
  }

  /// Whether products of a width can be added to what is there: the whole sum is made in one call.
  func canAdd(width: Int) -> Bool { form == GRAPE_OPERAND_INT8 || width <= Self.depth }

  /// One kernel call on operands of this form; `width` is in features, an odd one has a zero behind it.
  func multiply(
    _ weights: UnsafeRawPointer, stride: Int, rows: Int, _ input: UnsafeRawPointer, inputStride: Int,
    tiles: Int, width: Int, into block: UnsafeMutablePointer<Float>, blockStride: Int, _ update: grape_update
  ) {
    if form == GRAPE_OPERAND_PAIRS {
      kernels.table.pointee.multiply_bf16(
        weights.assumingMemoryBound(to: UInt16.self), stride, rows,
        input.assumingMemoryBound(to: UInt16.self),
        inputStride, tiles, (width + 1) / 2, block, blockStride, update)
    } else {
      kernels.table.pointee.multiply_f32(
        weights.assumingMemoryBound(to: Float.self), stride, rows, input.assumingMemoryBound(to: Float.self),
        inputStride, tiles, width, block, blockStride, update)
    }
  }
}
