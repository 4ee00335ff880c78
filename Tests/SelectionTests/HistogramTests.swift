import Selection
import TestSupport
import Testing

@Suite struct HistogramTests {
  static func histogram(_ numbers: some Sequence<Double>) -> Histogram {
    var histogram = Histogram()
    for number in numbers { histogram.add(number) }
    return histogram
  }

  enum Shape: CaseIterable { case logProbabilities, lengths, bothSigns, wide, tiny, constant }

  static func numbers(_ shape: Shape, _ count: Int, _ generator: inout SplitMix) -> [Double] {
    (0..<count).map { _ in
      let uniform = Double.random(in: 0..<1, using: &generator)
      return switch shape {
      case .logProbabilities: -8 * uniform * uniform
      case .lengths: (uniform * uniform * 3000).rounded()
      case .bothSigns: uniform - 0.3
      case .wide:
        Double(
          sign: uniform < 0.4 ? .minus : .plus, exponent: Int(uniform * 2000) - 1000, significand: 1 + uniform
        )
      case .tiny: (uniform - 0.5) * 1e-12
      case .constant: -1.7
      }
    }
  }

  @Test(arguments: Shape.allCases, [1, 2, 10, 999])
  func quantilesAreThoseOfSorting(_ shape: Shape, _ count: Int) throws {
    var generator = SplitMix(seed: UInt64(count))
    let numbers = Self.numbers(shape, count, &generator)
    let sorted = numbers.sorted()
    let histogram = Self.histogram(numbers)
    #expect(histogram.count == count)
    #expect(histogram.minimum == sorted[0])
    #expect(histogram.maximum == sorted[count - 1])
    for fraction in [0, 0.001, 0.05, 0.25, 0.5, 0.75, 0.95, 0.999, 1] {
      let exact = sorted[max(Int((fraction * Double(count)).rounded(.up)) - 1, 0)]
      let quantile = try #require(histogram.quantile(fraction))
      #expect(abs(quantile - exact) <= Histogram.relativeError * abs(exact) + 0x1p-30)
    }
  }

  enum Order: CaseIterable { case rising, falling, shuffled, organPipe, zigzag, blocks }

  /// Orders that sketches which keep a part of the numbers are known to be troubled by.
  static func arranged(_ numbers: [Double], _ order: Order, _ generator: inout SplitMix) -> [Double] {
    let sorted = numbers.sorted()
    switch order {
    case .rising: return sorted
    case .falling: return sorted.reversed()
    case .shuffled: return sorted.shuffled(using: &generator)
    case .organPipe:
      return stride(from: 0, to: sorted.count, by: 2).map { sorted[$0] }
        + stride(from: 1, to: sorted.count, by: 2).map { sorted[$0] }.reversed()
    case .zigzag: return sorted.indices.map { sorted[$0 % 2 == 0 ? $0 / 2 : sorted.count - 1 - $0 / 2] }
    case .blocks:
      return stride(from: 0, to: sorted.count, by: 700).map {
        Array(sorted[$0..<min($0 + 700, sorted.count)])
      }
      .shuffled(using: &generator).flatMap { $0 }
    }
  }

  /// The stated error holds past the numbers that are kept, and the order makes no difference at all.
  @Test(arguments: Shape.allCases, [11, 9])
  func quantilesKeepTheStatedErrorInAnyOrder(_ shape: Shape, _ precision: Int) throws {
    var generator = SplitMix(seed: 77)
    // In debug builds, two million bins would take their time.
    if shape == .wide, precision == 11 { return }
    for count in [100, 101, 2000] {
      let numbers = Self.numbers(shape, count, &generator)
      let sorted = numbers.sorted()
      var histograms: [Histogram] = []
      for order in Order.allCases {
        var histogram = Histogram(precision: precision, exactLimit: 100)
        for number in Self.arranged(numbers, order, &generator) { histogram.add(number) }
        histograms.append(histogram)
      }
      let histogram = histograms[0]
      #expect(histograms.allSatisfy { $0 == histogram })
      #expect(histogram.isExact == (count <= 100))
      #expect(histogram.statedError == (count <= 100 ? 0 : precision == 11 ? 1.0 / 2048 : 1.0 / 512))
      let fractions = (0...200).map { Double($0) / 200 }
      let quantiles = try #require(histogram.quantiles(fractions))
      for (fraction, quantile) in zip(fractions, quantiles) {
        let exact = sorted[max(Int((fraction * Double(count)).rounded(.up)) - 1, 0)]
        #expect(
          abs(quantile - exact)
            <= histogram.statedError * abs(exact) + (histogram.isExact ? 0 : Histogram.zeroBound))
      }
    }
  }

  /// Whether histograms round depends on what they hold together, not on how it was divided.
  @Test func partsMergeAcrossTheExactLimit() {
    var generator = SplitMix(seed: 5)
    let numbers = Self.numbers(.bothSigns, 300, &generator)
    for (first, last) in [
      (40, 90), (40, 100), (40, 101), (120, 150), (0, 150), (100, 100), (20, 150), (120, 300),
    ] {
      var parts: [Histogram] = []
      for range in [0..<first, first..<last] {
        var part = Histogram(exactLimit: 100)
        for number in numbers[range] { part.add(number) }
        parts.append(part)
      }
      var whole = Histogram(exactLimit: 100)
      for number in numbers[..<last] { whole.add(number) }
      parts[0].merge(parts[1])
      #expect(parts[0] == whole)
      #expect(parts[0].isExact == (last <= 100))
    }
  }

  @Test func wholeNumbersToTwoThousandAreExact() {
    let numbers = (-2048...2048).map(Double.init)
    #expect(Self.histogram(numbers.shuffled()).entries.map(\.number) == numbers)
  }

  @Test func nothingHasNoQuantile() {
    #expect(Histogram().quantile(0.5) == nil)
    #expect(Histogram().entries.isEmpty)
  }

  @Test func theEndsOfTheRangeAreCounted() {
    let ends = [
      -Double.greatestFiniteMagnitude, .greatestFiniteMagnitude, .leastNonzeroMagnitude, -0.0,
    ]
    var histogram = Histogram(exactLimit: 0)
    for number in ends { histogram.add(number) }
    #expect(histogram.entries.map(\.count) == [1, 2, 1])
    #expect(histogram.entries.allSatisfy { $0.number.isFinite })
  }

  /// So that what is written does not depend on which zero came first.
  @Test(arguments: [[0.0, -0.0], [-0.0, 0.0]], [0, 10])
  func thereIsOneZero(_ numbers: [Double], _ exactLimit: Int) throws {
    var histogram = Histogram(exactLimit: exactLimit)
    for number in numbers { histogram.add(number) }
    let ends = [histogram.minimum, histogram.maximum, try #require(histogram.quantile(0.5))]
    #expect(ends.allSatisfy { $0 == 0 && $0.sign == .plus })
    #expect(histogram.entries.map(\.count) == [2])
  }

  @Test func roundedQuantilesStayWithinTheNumbers() {
    for number in [1.0 / 3, -1.0 / 3, 0.7, -0.7] {
      var histogram = Histogram(exactLimit: 0)
      for _ in 0..<3 { histogram.add(number) }
      #expect(histogram.quantile(0.5) == number)
    }
  }

  @Test(arguments: Shape.allCases)
  func partsMergeToTheWhole(_ shape: Shape) throws {
    var generator = SplitMix(seed: 1)
    let numbers = Self.numbers(shape, 500, &generator)
    var merged = Histogram()
    for part in [numbers[..<100], numbers[100..<100], numbers[100...]] {
      let histogram = Self.histogram(part)
      merged.merge(
        try #require(
          Histogram(entries: histogram.entries, minimum: histogram.minimum, maximum: histogram.maximum)))
    }
    #expect(merged == Self.histogram(numbers))
    #expect(merged != Self.histogram(numbers.dropLast()))
  }

  @Test func entriesOfNoHistogramAreRefused() {
    #expect(Histogram(entries: [(1, 0)], minimum: 1, maximum: 1) == nil)
    #expect(Histogram(entries: [(.nan, 1)], minimum: 1, maximum: 1) == nil)
    #expect(Histogram(entries: [(1, 1)], minimum: 2, maximum: 1) == nil)
    #expect(Histogram(entries: [(1, 1)], minimum: -.infinity, maximum: 1) == nil)
    #expect(Histogram(entries: [(1, .max), (2, 1)], minimum: 1, maximum: 2) == nil)
  }

  // MARK: Charts

  @Test(arguments: Shape.allCases, [2, 30, 3000])
  func chartsCountEveryNumberInItsColumn(_ shape: Shape, _ count: Int) {
    var generator = SplitMix(seed: UInt64(count))
    let numbers = Self.numbers(shape, count, &generator)
    guard let chart = ColumnChart(of: Self.histogram(numbers)) else {
      #expect(shape == .constant || shape == .tiny || count == 2 || shape == .wide)
      return
    }
    let columns = chart.counts.count
    #expect((1...64).contains(columns))
    #expect(columns % chart.columnsPerMark == 0)
    #expect(chart.marks.count == columns / chart.columnsPerMark + 1)
    // Rounding moves a number by less than a quarter of a column, so at most one over the border.
    var low = [Int](repeating: 0, count: columns + 2)
    var high = low
    for number in numbers {
      func column(_ number: Double) -> Int {
        Int(min(max(((number - chart.start) / chart.step).rounded(.down), -1), Double(columns))) + 1
      }
      let error = Histogram.relativeError * abs(number)
      low[column(number - error)] += 1
      high[column(number + error)] += 1
    }
    var (most, least, seen) = (0, 0, 0)
    for (index, count) in ([chart.below] + chart.counts + [chart.above]).enumerated() {
      most += low[index]
      least += high[index]
      seen += count
      #expect(least <= seen && seen <= most)
    }
    #expect(seen == count)
    #expect(chart.below + chart.above <= count / 50)
    if shape == .lengths { #expect(chart.step >= 1 && chart.step == chart.step.rounded()) }
  }

  @Test func fewWholeNumbersHaveAColumnEach() throws {
    let chart = try #require(ColumnChart(of: Self.histogram([1, 2, 2, 3, 3, 3, 7])))
    #expect(chart.step == 1)
    let first = Int(1 - chart.start)
    #expect(chart.counts[first..<(first + 7)] == [1, 2, 3, 0, 0, 0, 1])
  }

  @Test func outliersAreCountedOutside() throws {
    let numbers = (0..<1000).map { Double($0) / 1000 } + [-50, 900, 1000]
    let chart = try #require(ColumnChart(of: Self.histogram(numbers)))
    #expect(chart.below == 1)
    #expect(chart.above == 2)
    #expect(chart.counts.reduce(0, +) == 1000)
  }

  @Test func aNumberApartFromAllOthersIsShown() throws {
    let chart = try #require(ColumnChart(of: Self.histogram([5] + Array(repeating: -1, count: 999))))
    #expect(chart.counts.filter { $0 > 0 } == [999, 1])
  }

  /// What rounding has put into one place, four columns or more apart, is not drawn as gaps between them.
  @Test(arguments: [(1000.0, 1010.0), (-1e-8, 1e-8), (-3, -2.9)])
  func columnsAreWiderThanRounding(_ low: Double, _ high: Double) throws {
    var generator = SplitMix(seed: 12)
    var histogram = Histogram()
    for _ in 0..<8000 { histogram.add(Double.random(in: low..<high, using: &generator)) }
    try #require(!histogram.isExact)
    let chart = try #require(ColumnChart(of: histogram))
    let error = max(Histogram.relativeError * max(abs(low), abs(high)), Histogram.zeroBound)
    #expect(chart.step >= 3.9 * error)
    let inner = chart.counts.drop { $0 == 0 }
    #expect(inner.count - inner.reversed().prefix { $0 == 0 }.count >= 4)
    #expect(inner.dropFirst().prefix(2).allSatisfy { $0 > 0 })
  }
}
