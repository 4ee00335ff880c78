/// Counts of numbers rounded to 11 significant bits: quantiles and shapes of a distribution in bounded memory.
///
/// Every number is rounded to the nearest multiple of 2^(e-10), where 2^e <= |x| < 2^(e+1), and counted exactly
/// under that value; magnitudes below 2^-30 count as 0. Rounding keeps the order, so a quantile of the rounded
/// numbers is the rounded quantile: it is off by at most 2^-11 of itself (0.05 %). Whole numbers up to 2048 are
/// exact. Merging adds counts, and so gives the same histogram as one that saw every number.
///
/// Memory: eight bytes for each of the 1,024 values an octave between the least and the greatest number, 17 MB
/// at the very most. The idea is G. Tene's HdrHistogram, with bins that fall on the bits of the floating-point format.
package struct Histogram: Equatable, Sendable {
  /// How many numbers were counted.
  package private(set) var count = 0
  /// The least number, as it was; infinity when there are none.
  package private(set) var minimum = Double.infinity
  /// The greatest number, as it was; minus infinity when there are none.
  package private(set) var maximum = -Double.infinity

  private var bins: [Int] = []
  private var firstKey = 0

  /// A quantile is off by no more than this part of itself, or than `zeroBound`.
  package static let relativeError = 0x1p-11
  /// Magnitudes below this count as 0.
  package static let zeroBound = 0x1p-30

  private static let droppedBits: UInt64 = 42
  private static let keyOfZeroBound = Int(zeroBound.bitPattern >> droppedBits) - 1

  /// Makes an empty histogram.
  package init() {}

  /// The place of a number among all rounded numbers: 0 for zero, rising with the number.
  private static func key(of number: Double) -> Int {
    let magnitude = number.magnitude
    guard magnitude >= zeroBound else { return 0 }
    let half: UInt64 = 1 << (droppedBits - 1)
    let key = Int((magnitude.bitPattern + half) >> droppedBits) - keyOfZeroBound
    return number < 0 ? -key : key
  }

  /// The rounded number at a place.
  private static func number(at key: Int) -> Double {
    guard key != 0 else { return 0 }
    let magnitude = Double(bitPattern: UInt64(key.magnitude + UInt(keyOfZeroBound)) << droppedBits)
    let finite = min(magnitude, Double.greatestFiniteMagnitude)
    return key < 0 ? -finite : finite
  }

  /// Counts a finite number, `times` times.
  package mutating func add(_ number: Double, times: Int = 1) {
    assert(number.isFinite)
    minimum = min(minimum, number)
    maximum = max(maximum, number)
    add(key: Histogram.key(of: number), times: times)
  }

  private mutating func add(key: Int, times: Int) {
    count &+= times
    var index = key - firstKey
    if !bins.indices.contains(index) {
      makeRoom(for: key)
      index = key - firstKey
    }
    bins[index] &+= times
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

  /// Adds another histogram's counts.
  package mutating func merge(_ other: Histogram) {
    minimum = min(minimum, other.minimum)
    maximum = max(maximum, other.maximum)
    for (index, times) in other.bins.enumerated() where times != 0 {
      add(key: other.firstKey + index, times: times)
    }
  }

  /// The least rounded number that `fraction` of the numbers do not exceed; nil when there are none.
  ///
  /// This is the inverse of the empirical distribution function. The ends are exact: 0 gives `minimum`, 1 `maximum`.
  package func quantile(_ fraction: Double) -> Double? {
    guard count > 0 else { return nil }
    guard fraction > 0 else { return minimum }
    guard fraction < 1 else { return maximum }
    let rank = (fraction * Double(count)).rounded(.up)
    var seen = 0
    for (index, times) in bins.enumerated() where times != 0 {
      seen &+= times
      if Double(seen) >= rank { return min(max(Histogram.number(at: firstKey + index), minimum), maximum) }
    }
    return maximum
  }

  /// The rounded numbers that occur, rising, with their counts.
  package var entries: [(number: Double, count: Int)] {
    bins.indices.lazy.filter { bins[$0] != 0 }.map { (Histogram.number(at: firstKey + $0), bins[$0]) }
  }

  /// Makes the histogram that has these `entries` and ends; nil where they are not such.
  package init?(entries: [(number: Double, count: Int)], minimum: Double, maximum: Double) {
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
