import Streams

/// A uniform sample of pairs of numbers, for statistics that need them all at once.
///
/// Each pair comes with a hash, and the pairs with the least hashes are kept. So the sample
/// depends neither on the order of the input nor on how it was divided, and samples merge. With no more pairs
/// than `capacity` it holds every one.
struct PairSample: Equatable {
  struct Pair: Equatable {
    let hash: UInt64
    let x: Double
    let y: Double

    init(hash: UInt64, x: Double, y: Double) {
      (self.hash, self.x, self.y) = (hash, x, y)
    }

    /// A pair of numbers with a hash of them and of what they belong to.
    init(belongingTo owner: UInt64, x: Double, y: Double) {
      let parts = (owner.littleEndian, x.bitPattern.littleEndian, y.bitPattern.littleEndian)
      self.init(hash: withUnsafeBytes(of: parts) { xxh64($0) }, x: x, y: y)
    }

    func precedes(_ other: Pair) -> Bool { (hash, x, y) < (other.hash, other.x, other.y) }
  }

  let capacity: Int
  /// The pairs kept, and up to as many that may still be dropped.
  private var buffer: [Pair] = []
  /// No pair with a greater hash is kept.
  private var bound = UInt64.max

  /// Makes an empty sample that keeps at most `capacity` pairs.
  init(capacity: Int) { self.capacity = capacity }

  mutating func add(_ pair: Pair) {
    guard pair.hash <= bound else { return }
    buffer.append(pair)
    if buffer.count == 2 * capacity { cut() }
  }

  mutating func merge(_ other: PairSample) {
    for pair in other.buffer { add(pair) }
  }

  private mutating func cut() {
    buffer.sort { $0.precedes($1) }
    guard buffer.count > capacity else { return }
    buffer.removeLast(buffer.count - capacity)
    bound = buffer[buffer.count - 1].hash
  }

  /// The sample, by rising hash.
  var pairs: [Pair] {
    var copy = self
    copy.cut()
    return copy.buffer
  }

  /// Spearman's rank correlation of the sample: Pearson's of the ranks, equal numbers
  /// sharing the mean of theirs.
  ///
  /// - Returns: nil where one side has fewer than two different numbers.
  var rankCorrelation: Double? {
    let pairs = pairs
    let x = ranks(pairs.map(\.x))
    let y = ranks(pairs.map(\.y))
    // Ranks are multiples of a half up to 2^15, and so are these sums exact.
    let mean = Double(pairs.count + 1) / 2
    var (xx, yy, xy) = (0.0, 0.0, 0.0)
    for (x, y) in zip(x, y) {
      xx += (x - mean) * (x - mean)
      yy += (y - mean) * (y - mean)
      xy += (x - mean) * (y - mean)
    }
    return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : nil
  }
}

/// The rank of each number, from 1; equal numbers share the mean of theirs.
private func ranks(_ numbers: [Double]) -> [Double] {
  let order = numbers.indices.sorted { numbers[$0] < numbers[$1] }
  var ranks = [Double](repeating: 0, count: numbers.count)
  var start = 0
  while start < order.count {
    var end = start + 1
    while end < order.count, numbers[order[end]] == numbers[order[start]] { end += 1 }
    for place in start..<end { ranks[order[place]] = Double(start + 1 + end) / 2 }
    start = end
  }
  return ranks
}
