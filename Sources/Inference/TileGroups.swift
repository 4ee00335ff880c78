/// Groups of up to `Products.tileGroup` tiles that cover a range; never a lone last tile behind a full group.
struct TileGroups: RandomAccessCollection, Sendable {
  let tiles: Range<Int>

  init(_ tiles: Range<Int>) { self.tiles = tiles }

  var startIndex: Int { 0 }
  var endIndex: Int { (tiles.count + Products.tileGroup - 1) / Products.tileGroup }

  subscript(index: Int) -> Range<Int> { start(index)..<start(index + 1) }

  /// One of `count` parts of about one size; some are empty where there are fewer groups.
  func part(_ index: Int, of parts: Int) -> Slice<TileGroups> {
    self[count * index / parts..<count * (index + 1) / parts]
  }

  private func start(_ index: Int) -> Int {
    let full = tiles.lowerBound + index * Products.tileGroup
    let leavesOne = tiles.count % Products.tileGroup == 1 && index > 0 && index == endIndex - 1
    return Swift.min(leavesOne ? full - 1 : full, tiles.upperBound)
  }
}
