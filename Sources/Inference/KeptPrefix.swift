/// What the last sequence of a batch begins with, computed: keys and values of every layer, and what goes
/// into the last layer, so that sequences of later batches that begin alike need not compute it again.
///
/// A few-shot prompt before every record stays for a whole run in this way, and so does the prompt of
/// candidates that a batch's end has parted. Prefixes of successive batches have pages in common.
package final class KeptPrefix: Sendable {
  let tokens: [UInt32]
  /// Whether it is that of a long sequence (`PackedBatch.longestShort`).
  let isLong: Bool
  let pages: [Page]

  init(tokens: [UInt32], isLong: Bool, pages: [Page]) {
    self.tokens = tokens
    self.isLong = isLong
    self.pages = pages
  }

  /// The residual state of a position before the last layer.
  func state(of position: Int, _ layout: Layout) -> UnsafePointer<Float> {
    let slot = position % PackedBatch.pageSize
    return UnsafePointer(pages[position / PackedBatch.pageSize].base + layout.states + slot * layout.width)
  }

  /// Where a page's numbers lie, in floats from its beginning.
  struct Layout: Sendable {
    /// The first of each layer's; they lie there as in `Attention.Cache`.
    let layers: [Int]
    /// The first of `[pageSize][width]` residual states before the last layer.
    let states: Int
    let width: Int

    /// - Parameter layerFloats: of each layer.
    init(layerFloats: [Int], width: Int) {
      var end = 0
      layers = layerFloats.map { count in
        defer { end += count }
        return end
      }
      states = end
      self.width = width
    }

    /// Floats of a page.
    var count: Int { states + PackedBatch.pageSize * width }
  }

  /// A block of positions. Written while its batch is computed, the layers' parts as wholes, and never again.
  final class Page: @unchecked Sendable {
    let base: UnsafeMutablePointer<Float>

    init(_ layout: Layout) {
      base = .allocate(capacity: layout.count)
    }

    deinit { base.deallocate() }
  }
}
