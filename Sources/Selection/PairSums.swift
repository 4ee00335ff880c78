/// The sums that Pearson's correlation of pairs of numbers is made of, each exact.
struct PairSums: Equatable {
  private(set) var count = 0
  private var x = ExactSum()
  private var y = ExactSum()
  private var xx = ExactSum()
  private var yy = ExactSum()
  private var xy = ExactSum()

  init() {}

  mutating func add(_ x: Double, _ y: Double) {
    count += 1
    self.x.add(x)
    self.y.add(y)
    xx.add(x * x)
    yy.add(y * y)
    xy.add(x * y)
  }

  mutating func merge(_ other: PairSums) {
    count &+= other.count
    x.merge(other.x)
    y.merge(other.y)
    xx.merge(other.xx)
    yy.merge(other.yy)
    xy.merge(other.xy)
  }

  /// Pearson's correlation, within -1 ... 1.
  ///
  /// The products are rounded once each, so the error is about 10^-16 times (mean / standard deviation)^2.
  ///
  /// - Returns: nil where one side has no spread that doubles can tell.
  var correlation: Double? {
    guard count > 1 else { return nil }
    let n = Double(count)
    let meanX = x.value / n
    let meanY = y.value / n
    let varianceX = xx.value / n - meanX * meanX
    let varianceY = yy.value / n - meanY * meanY
    let noise = 0x1p-44
    guard varianceX > noise * meanX * meanX, varianceY > noise * meanY * meanY else { return nil }
    let correlation = (xy.value / n - meanX * meanY) / (varianceX.squareRoot() * varianceY.squareRoot())
    return correlation.isNaN ? nil : min(max(correlation, -1), 1)
  }

  /// The exact sums in the order in which a partial summary writes them.
  var sums: [ExactSum] { [x, y, xx, yy, xy] }

  /// Makes sums of `count` pairs from what `sums` gave; nil where there are not five.
  init?(count: Int, sums: [ExactSum]) {
    guard sums.count == 5 else { return nil }
    self.count = count
    (x, y, xx, yy, xy) = (sums[0], sums[1], sums[2], sums[3], sums[4])
  }
}
