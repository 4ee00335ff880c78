/// Slices of a batch's rows, each of which goes through a layer as a whole.
struct Slices {
  /// In order, each beginning where a tile does.
  let ranges: [Range<Int>]
  /// Whether every worker takes slices of its own, or all share one slice after the other.
  let areSideBySide: Bool

  /// Rows a worker for which it is worth its while to read all weights alone.
  private static let leastSideBySide = 128

  /// - Parameters:
  ///   - times: what each row takes, in any unit.
  ///   - window: about so many rows are in hand together.
  ///   - workers: those that can take slices of their own; 1 if none can.
  init(_ times: [Double], window: Int, workers: Int) {
    areSideBySide = workers > 1 && times.count >= workers * Self.leastSideBySide
    let parts = max(1, (times.count + window / 2) / window)
    // Shared slices are cut between groups of tiles, as the widest kernel is the fastest; what workers have
    // for themselves is cut into parts that take the same time.
    ranges =
      areSideBySide
      ? Self.cut(times, parts: parts * workers, unit: FloatTiles.lanes)
      : Self.cut(times, parts: parts, unit: Products.tileGroup * FloatTiles.lanes)
  }

  /// At most `parts` ranges that take about the same time and begin at multiples of `unit`; none is empty.
  private static func cut(_ times: [Double], parts: Int, unit: Int) -> [Range<Int>] {
    let starts = stride(from: 0, to: times.count, by: unit)
    let units = starts.map { times[$0..<min($0 + unit, times.count)].reduce(0, +) }
    let goal = units.reduce(0, +) / Double(parts)
    var ranges: [Range<Int>] = []
    var first = 0
    var sum = 0.0
    for (index, start) in starts.enumerated() {
      // Ends before the unit whose larger half lies beyond the next goal.
      if start > first, sum + units[index] / 2 > goal * Double(ranges.count + 1) {
        ranges.append(first..<start)
        first = start
      }
      sum += units[index]
    }
    if first < times.count { ranges.append(first..<times.count) }
    return ranges
  }
}
