#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A smooth estimate of how densely numbers lie along a range: a Gaussian kernel at each of them.
///
/// The bandwidth is B. W. Silverman's rule of thumb, 0.9 min(s, IQR / 1.34) n^(-1/5) ("Density
/// Estimation", 1986, 3.31).
struct DensityEstimate {
  /// The density (its integral over all numbers is 1) at `points` places from the range's
  /// low end to its high end.
  let values: [Double]
  static let points = 161

  /// Nil where there are fewer than three different numbers, or none within the range.
  ///
  /// - Complexity: O(n) for the numbers, then O(points^2).
  init?(_ histogram: Histogram, low: Double, high: Double) {
    let entries = histogram.entries
    guard entries.count >= 3, low < high, let quartiles = histogram.quantiles([0.25, 0.75]) else {
      return nil
    }
    let n = Double(histogram.count)
    let mean = entries.reduce(0) { $0 + $1.number * (Double($1.count) / n) }
    let variance = entries.reduce(0) {
      $0 + ($1.number - mean) * ($1.number - mean) * (Double($1.count) / n)
    }
    let spread = variance.squareRoot()
    let interquartile = (quartiles[1] - quartiles[0]) / 1.34
    let step = (high - low) / Double(DensityEstimate.points - 1)
    let scale = interquartile > 0 ? min(spread, interquartile) : spread
    let bandwidth = max(0.9 * scale * pow(n, -0.2), step)
    guard bandwidth.isFinite, spread > 0, step >= .leastNormalMagnitude else { return nil }
    // Numbers outside matter as far as their kernels reach in.
    let reach = Int(min(4 * bandwidth / step, 4 * Double(DensityEstimate.points)).rounded(.up))
    var cells = [Double](repeating: 0, count: DensityEstimate.points + 2 * reach)
    for (number, count) in entries {
      let place = (number - low) / step + Double(reach)
      guard place >= 0, place < Double(cells.count - 1) else { continue }
      let cell = Int(place)
      let part = place - Double(cell)
      cells[cell] += Double(count) * (1 - part)
      cells[cell + 1] += Double(count) * part
    }
    let kernel = (-reach...reach).map { offset in
      let z = Double(offset) * step / bandwidth
      return exp(-z * z / 2) / (bandwidth * (2 * Double.pi).squareRoot() * n)
    }
    values = (0..<DensityEstimate.points).map { point in
      kernel.indices.reduce(0) { $0 + kernel[$1] * cells[point + $1] }
    }
    guard values.contains(where: { $0 > 0 }) else { return nil }
  }
}
