/// Quantiles and shapes of a distribution in bounded memory, with a stated error, whatever
/// the order of the numbers.
///
/// Up to `exactLimit` numbers are kept as they are, and quantiles are exact. From then on numbers are rounded
/// to `precision` significant bits and counted: a number x becomes the nearest multiple of 2^(e+1-precision),
/// where 2^e <= |x| < 2^(e+1); magnitudes below 2^-30 count as 0. Rounding keeps the order, so a quantile of
/// the rounded numbers is the rounded quantile: it is off by at most 2^-precision of itself (11 bits: 0.05
/// %), or by 2^-30 near zero. Whole numbers up to 2^precision stay exact. This holds for every number and
/// every quantile, not with some probability, and the state depends on the numbers alone: not on their order,
/// nor on how they were divided among histograms that were then merged.
///
/// Memory: eight bytes for each number that is kept, then eight for each of the 2^(precision-1) values an
/// octave between the least and the greatest number; with 11 bits 17 MB at the very most. The idea is G.
/// Tene's HdrHistogram, with bins that fall on the bits of the floating-point format.
package struct Histogram: Equatable, Sendable {
  /// How many numbers were counted.
  package private(set) var count = 0
  /// The least number, as it was; infinity when there are none.
  package private(set) var minimum = Double.infinity
  /// The greatest number, as it was; minus infinity when there are none.
  package private(set) var maximum = -Double.infinity

  /// Significant bits that numbers are rounded to.
  package let precision: Int
  /// The most numbers that are kept as they are.
  package let exactLimit: Int

  /// Every number, as long as there are no bins.
  private var numbers: [Double] = []
  private var bins: [Int] = []
  private var firstKey = 0

  /// A quantile is off by no more than this part of itself, or than `zeroBound`, where precision is 11.
  package static let relativeError = 0x1p-11
  /// Magnitudes below this count as 0.
  package static let zeroBound = 0x1p-30

  /// Makes an empty histogram.
  ///
  /// - Parameters:
  ///   - precision: significant bits to round to, 2 to 20.
  ///   - exactLimit: the most numbers to keep as they are.
  package init(precision: Int = 11, exactLimit: Int = 4096) {
    self.precision = min(max(precision, 2), 20)
    self.exactLimit = exactLimit
  }

  /// Whether quantiles are exact.
  package var isExact: Bool { bins.isEmpty }

  /// By what part of itself a quantile may be off: 0 where it is exact.
  package var statedError: Double { isExact ? 0 : Double(sign: .plus, exponent: -precision, significand: 1) }

  private var droppedBits: UInt64 { UInt64(53 - precision) }
  private var keyOfZeroBound: Int { Int(Histogram.zeroBound.bitPattern >> droppedBits) - 1 }

  /// The place of a number among all rounded numbers: 0 for zero, rising with the number.
  private func key(of number: Double) -> Int {
    let magnitude = number.magnitude
    guard magnitude >= Histogram.zeroBound else { return 0 }
    let half: UInt64 = 1 << (droppedBits - 1)
    let key = Int((magnitude.bitPattern + half) >> droppedBits) - keyOfZeroBound
    return number < 0 ? -key : key
  }

  /// The rounded number at a place.
  private func number(at key: Int) -> Double {
    guard key != 0 else { return 0 }
    let magnitude = Double(bitPattern: UInt64(key.magnitude + UInt(keyOfZeroBound)) << droppedBits)
    let finite = min(magnitude, Double.greatestFiniteMagnitude)
    return key < 0 ? -finite : finite
  }

  /// Counts a finite number, `times` times.
  package mutating func add(_ number: Double, times: Int = 1) {
    assert(number.isFinite)
    let number = number + 0  // so that there is only one zero
    minimum = min(minimum, number)
    maximum = max(maximum, number)
    if bins.isEmpty {
      if times <= exactLimit - count {
        for _ in 0..<times { numbers.append(number) }
        count += times
        return
      }
      round()
    }
    count &+= times
    add(key: key(of: number), times: times)
  }

  /// Moves the numbers kept as they are to bins.
  private mutating func round() {
    for number in numbers { add(key: key(of: number), times: 1) }
    numbers = []
  }

  @inline(__always)
  private mutating func add(key: Int, times: Int) {
    if UInt(bitPattern: key - firstKey) >= UInt(bins.count) { makeRoom(for: key) }
    bins[key - firstKey] &+= times
  }

  /// Extends the bins to a key, by a quarter more than needed so that growing costs O(1) a number.
  private mutating func makeRoom(for key: Int) {
    let spare = bins.count / 4 + 32
    if bins.isEmpty {
      firstKey = key - spare
      bins = [Int](repeating: 0, count: 2 * spare)
    } else if key < firstKey {
      let added = firstKey - key + spare
      bins.insert(contentsOf: repeatElement(0, count: added), at: 0)
      firstKey -= added
    } else {
      bins.append(contentsOf: repeatElement(0, count: key - (firstKey + bins.count) + 1 + spare))
    }
  }

  /// Adds another histogram's counts. Both have the same precision and limit.
  package mutating func merge(_ other: Histogram) {
    assert(precision == other.precision && exactLimit == other.exactLimit)
    if other.isExact {
      for number in other.numbers { add(number) }
      return
    }
    round()
    minimum = min(minimum, other.minimum)
    maximum = max(maximum, other.maximum)
    count &+= other.count
    for (index, times) in other.bins.enumerated() where times != 0 {
      add(key: other.firstKey + index, times: times)
    }
  }

  /// The least number (rounded, unless `isExact`) that `fraction` of the numbers do not
  /// exceed; nil when there are none.
  ///
  /// This is the inverse of the empirical distribution function. The ends are exact:
  /// 0 gives `minimum`, 1 `maximum`.
  package func quantile(_ fraction: Double) -> Double? { quantiles([fraction])?[0] }

  /// The quantiles of several fractions, which rise; nil when there are no numbers.
  ///
  /// - Complexity: O(n log n) for n numbers up to `exactLimit`, then O(values between
  ///   the least and the greatest).
  package func quantiles(_ fractions: [Double]) -> [Double]? {
    guard count > 0 else { return nil }
    let entries = entries
    var (place, seen) = (0, 0)
    return fractions.map { fraction in
      guard fraction > 0 else { return minimum }
      guard fraction < 1 else { return maximum }
      let rank = (fraction * Double(count)).rounded(.up)
      while place < entries.count, Double(seen &+ entries[place].count) < rank {
        seen &+= entries[place].count
        place += 1
      }
      return place < entries.count ? min(max(entries[place].number, minimum), maximum) : maximum
    }
  }

  /// The range to show: that of all numbers, unless the outer hundredth of them would more than double it;
  /// then that of the others. nil when there are no numbers.
  var mainRange: (low: Double, high: Double)? {
    guard let inner = quantiles([0.005, 0.995]) else { return nil }
    let (low, high) = (inner[0], inner[1])
    return low == high || maximum - minimum <= 2 * (high - low) ? (minimum, maximum) : (low, high)
  }

  /// The numbers that occur (rounded, unless `isExact`), rising, with their counts.
  package var entries: [(number: Double, count: Int)] {
    guard isExact else {
      return bins.indices.lazy.filter { bins[$0] != 0 }.map { (number(at: firstKey + $0), bins[$0]) }
    }
    var entries: [(number: Double, count: Int)] = []
    for number in numbers.sorted() {
      if let last = entries.last, last.number == number {
        entries[entries.count - 1].count += 1
      } else {
        entries.append((number, 1))
      }
    }
    return entries
  }

  /// Makes the histogram that has these `entries` and ends; nil where they are not such.
  package init?(
    entries: [(number: Double, count: Int)], minimum: Double, maximum: Double, precision: Int = 11,
    exactLimit: Int = 4096
  ) {
    self.init(precision: precision, exactLimit: exactLimit)
    for (number, times) in entries {
      guard number.isFinite, times > 0, times <= Int.max - count else { return nil }
      add(number, times: times)
    }
    guard entries.isEmpty || minimum.isFinite && maximum.isFinite && minimum <= maximum else { return nil }
    if !entries.isEmpty { (self.minimum, self.maximum) = (minimum, maximum) }
  }

  /// Two histograms are equal when they hold the same counts, however much room they have.
  package static func == (left: Histogram, right: Histogram) -> Bool {
    left.count == right.count && left.minimum == right.minimum && left.maximum == right.maximum
      && left.entries.elementsEqual(right.entries, by: ==)
  }
}
