import Streams

extension Workers {
  /// Into how many parts the groups of tiles of every slab are best cut, each of them a task: the fewest
  /// with which the busiest worker has at most a twentieth more to do than all have on average, or else
  /// those with which it has least.
  ///
  /// - Parameter preparation: what a task does before its groups, in units of a group:
  ///   a slab is decoded for each part.
  func parts(slabs: Int, groups: Int, preparation: Int = 0) -> Int {
    guard count > 1, slabs > 0, groups > 1 else { return 1 }
    var best = (parts: 1, most: Int.max)
    for parts in 1...groups {
      let most = (slabs * parts + count - 1) / count * ((groups + parts - 1) / parts + preparation)
      if most < best.most { best = (parts, most) }
      if 20 * most * count <= 21 * slabs * (groups + preparation) { break }
    }
    return best.parts
  }
}
