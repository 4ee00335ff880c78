import CKernels
import Streams

/// Products of activations with weight matrices, shared out among workers by slabs of weights.
///
/// Each worker writes a part that no other does, and every number is computed whole by one of them.
struct Projector: Sendable {
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

  /// Runs `body` for every slab of rows of every job and all of its tile groups, or for parts of the tile groups: where
  /// slabs are few, so that every worker has something to do; where they are used as they lie, so that no worker waits long
  /// for another's last one.
  func forEachSlab(
    of jobs: [(matrix: WeightMatrix, tiles: Range<Int>)],
    _ body:
      @Sendable (_ job: Int, _ rows: Range<Int>, _ groups: ArraySlice<Range<Int>>, _ worker: Int) -> Void
  ) {
    let groups = jobs.map { Products.groups($0.tiles) }
    let slabs = jobs.enumerated().flatMap { index, job in
      stride(from: 0, to: job.matrix.rows, by: products.slabRows).map { first in
        (job: index, rows: first..<min(job.matrix.rows, first + products.slabRows))
      }
    }
    let most = groups.map(\.count).max() ?? 0
    let wanted = workers.count * (jobs.allSatisfy { $0.matrix.isOperand(products.form) } ? 32 : 4)
    let parts = max(1, min(most, wanted / max(1, slabs.count)))
    workers.run(slabs.count * parts) { index, worker in
      let slab = slabs[index / parts], part = index % parts
      let count = groups[slab.job].count
      let range = count * part / parts..<count * (part + 1) / parts
      if !range.isEmpty { body(slab.job, slab.rows, groups[slab.job][range], worker) }
    }
  }
}
