#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where numbers lie along an axis, and which of them are marked.
struct PlotScale {
  let low: Double
  let high: Double
  /// Pixels of `low` and `high`.
  let start: Double
  let end: Double
  let isLogarithmic: Bool
  /// The numbers to mark, rising, and how they are written.
  let marks: [(value: Double, label: String)]

  /// A scale with round numbers at its marks, about `spacing` pixels apart: further where the
  /// numbers are longer than that.
  ///
  /// Nil for a range that has no width or is not finite.
  init?(_ low: Double, _ high: Double, from start: Double, to end: Double, spacing: Double = 60) {
    guard high - low >= .leastNormalMagnitude * 1e6, (high - low).isFinite,
      (high - low) / max(low.magnitude, high.magnitude) > 1e-12
    else {
      return nil
    }
    (self.low, self.high, self.start, self.end, isLogarithmic) = (low, high, start, end, false)
    let marks = PlotScale.marks(low, high, about: abs(end - start) / spacing)
    // Numbers beside each other need room; those of a vertical axis, which rises to smaller
    // pixels, stand one over another.
    let width = 10 + (marks.map { TextMetrics.width($0.label.unicodeScalars, size: 11) }.max() ?? 0)
    let fits = end < start || Double(marks.count) * width <= end - start
    self.marks = fits ? marks : PlotScale.marks(low, high, about: (end - start) / (1.5 * width))
  }

  /// Round numbers in a range, so many or a few more or less.
  private static func marks(_ low: Double, _ high: Double, about count: Double) -> [(
    value: Double, label: String
  )] {
    let wanted = max(count, 2)
    let raw = (high - low) / wanted
    let exponent = Int(log10(raw).rounded(.down))
    let unit = pow(10, Double(exponent))
    // The digit nearest in proportion: the borders are geometric means.
    let digit = raw < 1.414 * unit ? 1.0 : raw < 3.162 * unit ? 2 : raw < 7.071 * unit ? 5 : 10
    let step = digit * unit
    let places = max(0, -(digit == 10 ? exponent + 1 : exponent))
    var marks: [(value: Double, label: String)] = []
    var index = (low / step - 1e-9).rounded(.up)
    while index * step <= high + 1e-9 * step, marks.count < 100 {
      marks.append((index * step, PlotScale.label(index * step, places)))
      index += 1
    }
    return marks
  }

  /// A logarithmic scale of whole numbers, from a half on, marked at 1, 2 and 5 times powers
  /// of ten, or at powers alone.
  init(logarithmic low: Double, _ high: Double, from start: Double, to end: Double) {
    let low = max(low, 0.5)
    let high = max(high, low * 1.5)
    (self.low, self.high, self.start, self.end, isLogarithmic) = (low, high, start, end, true)
    let decades = log10(high / low)
    let digits = decades <= 3 ? [1.0, 2, 5] : [1.0]
    var marks: [(Double, String)] = []
    for exponent in 0...18 {
      for digit in digits {
        let value = digit * pow(10, Double(exponent))
        if value >= low, value <= high { marks.append((value, Numerals.short(value, 0))) }
      }
    }
    self.marks = marks
  }

  /// A number with a minus sign in place of the hyphen.
  static func label(_ value: Double, _ places: Int) -> String {
    let text = Numerals.short(value, places)
    return text.hasPrefix("-") ? "\u{2212}" + text.dropFirst() : text
  }

  /// The pixel of a number, which may lie outside.
  func callAsFunction(_ value: Double) -> Double {
    let part = isLogarithmic ? log(max(value, 0.5) / low) / log(high / low) : (value - low) / (high - low)
    return start + part * (end - start)
  }

  func contains(_ value: Double) -> Bool { low <= value && value <= high }
}

extension PlotScale {
  /// The histogram's `mainRange` with a little room at its ends.
  static func range(of histogram: Histogram) -> (low: Double, high: Double)? {
    guard let (low, high) = histogram.mainRange else { return nil }
    let room = (high - low) * 0.04
    guard (high - low).isFinite, (low - room).isFinite, (high + room).isFinite else { return (low, high) }
    return (low - room, high + room)
  }
}
