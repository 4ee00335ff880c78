/// Says of picks that come best first, and of whose sources all are counted, which ones stay.
///
/// The number that stay is the greatest T, up to the limit, for which T picks can be chosen with no source
/// above its ceiling, its maximum share of T rounded down. First come each source's best picks up to its
/// floor, its minimum share of T rounded up; then the best of the others under the ceilings. Where the floors
/// together are more than T, the best of what they grant stay.
struct Apportionment {
  private let floor: Int
  private let ceiling: Int
  /// Places left for picks that floors grant, and for others.
  private var granted: Int
  private var free: Int
  /// Picks of each source seen so far.
  private var seen: [Int]

  /// - Parameter counts: how many picks each source has.
  init(_ limit: PickLimit, counts: [Int]) {
    func available(_ ceiling: Int) -> Int { counts.reduce(0) { $0 + min($1, ceiling) } }
    var total = min(limit.count, available(.max))
    var ceiling = Int.max
    if let share = limit.maximumShare {
      // What is available does not fall as the total rises, so this descends to the greatest total that fits.
      while true {
        ceiling = share.floor(of: total)
        let reachable = available(ceiling)
        if reachable >= total { break }
        total = reachable
      }
    }
    let floor = min(limit.minimumShare?.ceiling(of: total) ?? 0, ceiling)
    granted = min(available(floor), total)
    free = total - granted
    seen = counts.map { _ in 0 }
    self.floor = floor
    self.ceiling = ceiling
  }

  /// Whether the next pick, one of this source, stays.
  mutating func keeps(_ source: Int) -> Bool {
    defer { seen[source] += 1 }
    if seen[source] < floor {
      guard granted > 0 else { return false }
      granted -= 1
      return true
    }
    guard seen[source] < ceiling, free > 0 else { return false }
    free -= 1
    return true
  }
}
