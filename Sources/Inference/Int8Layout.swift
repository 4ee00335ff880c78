import CKernels
import Streams

/// Where the parts of a matrix of 8-bit weights lie: codes, the sums of their blocks, and the scales of rows
/// (`grape_int8_weights`), each at a multiple of 64 bytes.
struct Int8Layout {
  /// Features that have a scale together in a lane of activations.
  static let block = Int(GRAPE_INT8_BLOCK)
  /// Rows whose codes lie together.
  static let group = Int(GRAPE_INT8_GROUP)

  let rows: Int
  let width: Int

  var blocks: Int { (width + Self.block - 1) / Self.block }
  private var groups: Int { (rows + Self.group - 1) / Self.group }
  private var sumsOffset: Int { groups * blocks * Self.group * Self.block }
  private var scalesOffset: Int { Self.aligned(sumsOffset + groups * blocks * Self.group * 2) }
  /// Bytes of the matrix.
  var byteCount: Int { Self.aligned(scalesOffset + groups * Self.group * 4) }

  /// The matrix whose parts begin at `base`.
  func weights(at base: UnsafeRawPointer) -> grape_int8_weights {
    grape_int8_weights(
      codes: base.assumingMemoryBound(to: Int8.self),
      sums: (base + sumsOffset).assumingMemoryBound(to: Int16.self),
      scales: (base + scalesOffset).assumingMemoryBound(to: Float.self), blocks: blocks)
  }

  /// Writes row `row`, whose numbers are `floats`, to the matrix at `base`.
  func quantize(
    _ floats: UnsafePointer<Float>, row: Int, to base: UnsafeMutableRawPointer, kernels: Kernels
  ) {
    let first = row / Self.group * blocks * Self.group + row % Self.group
    kernels.table.pointee.quantize_row(
      floats, width, (base + first * Self.block).assumingMemoryBound(to: Int8.self),
      (base + sumsOffset).assumingMemoryBound(to: Int16.self) + first,
      (base + scalesOffset).assumingMemoryBound(to: Float.self) + row)
  }

  private static func aligned(_ count: Int) -> Int { (count + 63) / 64 * 64 }
}

extension WeightMatrix {
  /// Writes the matrix as 8-bit weights to zeroed memory.
  func quantize(to base: UnsafeMutableRawPointer, kernels: Kernels, workers: Workers) {
    let layout = Int8Layout(rows: rows, width: width)
    // Each row writes where no other does.
    nonisolated(unsafe) let base = base
    let scratch = WorkerScratch(workers: workers.count, bytes: scratchBytes(rows: Products.largestSlabRows))
    workers.run((rows + Products.largestSlabRows - 1) / Products.largestSlabRows) { index, worker in
      let first = index * Products.largestSlabRows
      let range = first..<min(rows, first + Products.largestSlabRows)
      let slab = slab(range, form: GRAPE_OPERAND_F32, kernels: kernels, scratch: scratch[worker])
      for row in range {
        let floats = slab.pointer.assumingMemoryBound(to: Float.self) + (row - first) * slab.stride
        layout.quantize(floats, row: row, to: base, kernels: kernels)
      }
    }
  }
}
