import CKernels
import Streams

/// Products of activations with weight matrices, shared out among workers by slabs of weights.
///
/// Each worker writes a part that no other does, and every number is computed whole by one of them.
struct Projector: Sendable {
  /// What decoding or rounding a slab takes, in units of the products with a group of tiles: 3 for bfloat16
  /// from GGUF's blocks, 6 for bytes.
  private static let decoding = 4

  let products: Products
  let workers: Workers
  let scratch: WorkerScratch

  var kernels: Kernels { products.kernels }

  /// The same with operands in single precision, for what rounding would cost too much.
  var inSinglePrecision: Projector {
    Projector(
      products: Products(kernels: kernels, form: GRAPE_OPERAND_F32), workers: workers, scratch: scratch)
  }

  /// A product: some tiles of the input times a matrix.
  struct Job {
    let matrix: WeightMatrix
    let y: FloatTiles
    let tiles: Range<Int>
  }

  /// y = scale · (W x + b) for each job, or y += it.
  func project(_ jobs: [Job], _ input: OperandTiles, accumulate: Bool = false, scale: Float = 1) {
    forEachSlab(of: jobs.map { ($0.matrix, $0.tiles) }) { index, rows, groups, worker in
      let matrix = jobs[index].matrix, y = jobs[index].y
      let (memory, block) = scratch[worker, blockFloats: Products.blockFloats]
      let slab = matrix.slab(rows, form: products.form, kernels: kernels, scratch: memory)
      let isWhole = !accumulate || products.canAdd(width: matrix.width)
      for group in groups {
        if matrix.bias == nil && scale == 1 && isWhole {
          products.multiply(
            slab, width: matrix.width, by: input, tiles: group, into: y[group.lowerBound, rows.lowerBound],
            stride: y.stride, adds: accumulate)
          continue
        }
        products.multiply(slab, width: matrix.width, by: input, tiles: group, into: block)
        for tile in group {
          store(
            block + (tile - group.lowerBound) * Products.blockStride, matrix, rows,
            to: y[tile, rows.lowerBound],
            accumulate: accumulate, scale: scale)
        }
      }
    }
  }

  /// The finished rows of a block, bias added, to the features where they belong.
  func store(
    _ block: UnsafePointer<Float>, _ matrix: WeightMatrix, _ rows: Range<Int>,
    to y: UnsafeMutablePointer<Float>, accumulate: Bool = false, scale: Float = 1
  ) {
    let store = kernels.table.pointee.store!
    if let bias = matrix.bias {
      bias.withUnsafeBufferPointer {
        store(block, $0.baseAddress! + rows.lowerBound, scale, rows.count, y, accumulate ? 1 : 0)
      }
    } else if block != UnsafePointer(y) {
      store(block, nil, scale, rows.count, y, accumulate ? 1 : 0)
    }
  }

  /// Runs `body` for every slab of rows of every job and all of its tile groups, or for parts of the tile
  /// groups: where slabs cannot be shared out evenly, and where they are used as they lie, so that no worker
  /// waits long for another's last one.
  func forEachSlab(
    of jobs: [(matrix: WeightMatrix, tiles: Range<Int>)],
    _ body:
      @Sendable (_ job: Int, _ rows: Range<Int>, _ groups: Slice<TileGroups>, _ worker: Int) -> Void
  ) {
    let slabRows = products.slabRows
    // Behind the last slab of each job, counted through all of them.
    var ends: [Int] = []
    for job in jobs { ends.append((ends.last ?? 0) + (job.matrix.rows + slabRows - 1) / slabRows) }
    let slabCount = ends.last ?? 0
    let most = jobs.map { TileGroups($0.tiles).count }.max() ?? 0
    let isInPlace = jobs.allSatisfy { $0.matrix.isOperand(products.form) }
    let parts =
      isInPlace
      ? max(1, min(most, 32 * workers.count / max(1, slabCount)))
      : workers.parts(slabs: slabCount, groups: most, preparation: Self.decoding)
    workers.run(slabCount * parts) { [ends] index, worker in
      let slab = index / parts
      guard let place = ends.firstIndex(where: { slab < $0 }) else { return }
      let job = jobs[place], first = (slab - (place > 0 ? ends[place - 1] : 0)) * slabRows
      let groups = TileGroups(job.tiles).part(index % parts, of: parts)
      if !groups.isEmpty { body(place, first..<min(job.matrix.rows, first + slabRows), groups, worker) }
    }
  }
}
