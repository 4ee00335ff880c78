#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A histogram in equal steps, few enough to draw, with round numbers where its axis is marked.
package struct ColumnChart: Equatable, Sendable {
  /// Where the first column begins.
  package let start: Double
  /// The width of a column: column `i` counts `start + i * step ..< start + (i + 1) * step`.
  package let step: Double
  /// Columns from one mark of the axis to the next; the first mark is at `start`.
  package let columnsPerMark: Int
  /// Decimal places that the marks' numbers need.
  package let decimals: Int
  package let counts: [Int]
  /// Numbers left of the first column and right of the last.
  package let below: Int
  package let above: Int

  package static let maximumColumns = 64

  /// Makes a chart of a histogram.
  ///
  /// It covers the histogram's `mainRange`; numbers outside are counted in `below` and `above`. A column is never so narrow that the histogram's rounding would show, or chance
  /// more than the shape; where all numbers are whole, each covers equally many of them.
  ///
  /// The result is nil where there are no two different numbers, or they lie too close to tell.
  package init?(of histogram: Histogram) {
    guard let range = histogram.mainRange, range.low < range.high, (range.high - range.low).isFinite else {
      return nil
    }
    let finest = max(
      4 * Histogram.relativeError * max(range.low.magnitude, range.high.magnitude),
      4 * Histogram.zeroBound, ColumnChart.finestUsefulStep(for: histogram))
    let areIntegers = histogram.entries.allSatisfy { $0.number == $0.number.rounded() }
    guard let axis = Axis(covering: range, finest: finest, areIntegers: areIntegers) else { return nil }
    start = axis.start
    step = axis.step
    columnsPerMark = axis.columnsPerMark
    decimals = axis.decimals
    var counts = [Int](repeating: 0, count: axis.columns)
    var (below, above) = (0, 0)
    for (number, count) in histogram.entries {
      let column = ((number - axis.start) / axis.step).rounded(.down)
      if column < 0 {
        below += count
      } else if column >= Double(axis.columns) {
        above += count
      } else {
        counts[Int(column)] += count
      }
    }
    (self.counts, self.below, self.above) = (counts, below, above)
  }

  /// Half the column width that D. Freedman and P. Diaconis recommend ("On the histogram as a density
  /// estimator", 1981): the interquartile range over the cube root of the count.
  private static func finestUsefulStep(for histogram: Histogram) -> Double {
    guard let low = histogram.quantile(0.25), let high = histogram.quantile(0.75) else { return 0 }
    return (high - low) / cbrt(Double(histogram.count))
  }

  /// The marks' numbers, from the left end of the axis to the right.
  package var marks: [Double] {
    (0...(counts.count / columnsPerMark)).map { start + Double($0 * columnsPerMark) * step }
  }

  /// A choice of columns: marks at multiples of 1, 2 or 5 times a power of ten.
  private struct Axis {
    var start = 0.0
    var step = 0.0
    var columns = 0
    var columnsPerMark = 0
    var decimals = 0

    /// The axis that divides the range most finely.
    init?(covering range: (low: Double, high: Double), finest: Double, areIntegers: Bool) {
      let width = range.high - range.low
      let magnitude = Int(log10(width).rounded(.down))
      for exponent in (magnitude - 2)...(magnitude + 1) {
        for digit in [1, 2, 5] {
          let mark = exponent < 0 ? Double(digit) / power(-exponent) : Double(digit) * power(exponent)
          let first = (range.low / mark).rounded(.down)
          let last = (range.high / mark).rounded(.down) + 1
          guard mark.isFinite else { continue }
          for perMark in [1, 2, 4, 5, 8, 10, 16, 20] {
            let step = mark / Double(perMark)
            let columns = (last - first) * Double(perMark)
            guard columns <= (perMark < 4 ? 12 : Double(maximumColumns)), step >= finest,
              !areIntegers || step >= 1 && step == step.rounded()
            else { continue }
            if self.step == 0 || step < self.step {
              start = first * mark
              self.step = step
              self.columns = Int(columns)
              columnsPerMark = perMark
              decimals = max(0, -exponent)
            }
          }
        }
      }
      guard step > 0, areIntegers || width / step >= 4 else { return nil }
    }

    /// 10^exponent, exact to 22.
    private func power(_ exponent: Int) -> Double { (0..<exponent).reduce(1) { power, _ in 10 * power } }
  }
}
