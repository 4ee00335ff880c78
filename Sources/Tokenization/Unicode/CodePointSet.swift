/// A set of Unicode code points, as sorted ranges that neither overlap nor touch.
package struct CodePointSet: Equatable, Sendable {
  package private(set) var ranges: [ClosedRange<UInt32>]

  /// The largest code point.
  package static let maximum: UInt32 = 0x10FFFF

  /// Every code point.
  static let all = CodePointSet(0...maximum)

  init() { ranges = [] }

  init(_ range: ClosedRange<UInt32>) { ranges = [range] }

  init(_ codePoint: UInt32) { ranges = [codePoint...codePoint] }

  /// The union of ranges in any order. O(n log n).
  package init(_ unsorted: [ClosedRange<UInt32>]) {
    ranges = []
    for range in unsorted.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = ranges.last,
        range.lowerBound <= last.upperBound || range.lowerBound == last.upperBound + 1
      {
        ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        ranges.append(range)
      }
    }
  }

  /// Pairs of first and last code point, flattened.
  init(bounds: [UInt32]) {
    self.init(stride(from: 0, to: bounds.count, by: 2).map { bounds[$0]...bounds[$0 + 1] })
  }

  var isEmpty: Bool { ranges.isEmpty }

  /// O(log n) in the number of ranges.
  package func contains(_ codePoint: UInt32) -> Bool {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < codePoint { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].lowerBound <= codePoint
  }

  package var inverted: CodePointSet {
    var result = CodePointSet()
    var next: UInt32 = 0
    for range in ranges {
      if range.lowerBound > next { result.ranges.append(next...(range.lowerBound - 1)) }
      next = range.upperBound + 1
    }
    if next <= Self.maximum { result.ranges.append(next...Self.maximum) }
    return result
  }

  func union(_ other: CodePointSet) -> CodePointSet { CodePointSet(ranges + other.ranges) }

  func intersection(_ other: CodePointSet) -> CodePointSet {
    inverted.union(other.inverted).inverted
  }
}
