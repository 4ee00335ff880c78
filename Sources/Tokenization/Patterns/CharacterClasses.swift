/// The coarsest partition of the code points that tells every given set apart from its complement.
///
/// Automata read classes instead of code points: two code points of one class are in the same sets.
package struct CharacterClasses {
  /// Where each run of code points of one class begins, and its class. Sorted; the first begins at 0.
  package let runs: [(first: UInt32, value: UInt8)]

  /// The number of classes. The class numbered `count` stands for the end of the text.
  package let count: Int

  /// For each given set, its classes.
  package let members: [[Bool]]

  /// At most this many classes, so that with the end of the text a class fits a byte.
  static let maximumCount = 255

  package init(telling sets: [CodePointSet]) throws(TokenizerError) {
    // Where some set begins or ends, the code point may change its class.
    var boundaries: [UInt32: [Int]] = [0: []]
    for (index, set) in sets.enumerated() {
      for range in set.ranges {
        boundaries[range.lowerBound, default: []].append(index)
        if range.upperBound < CodePointSet.maximum {
          boundaries[range.upperBound + 1, default: []].append(index)
        }
      }
    }
    var inside = [Bool](repeating: false, count: sets.count)
    var classes: [[Bool]: UInt8] = [:]
    var signatures: [[Bool]] = []
    var runs: [(first: UInt32, value: UInt8)] = []
    for boundary in boundaries.keys.sorted() {
      for index in boundaries[boundary] ?? [] { inside[index].toggle() }
      let known = classes[inside]
      guard known != nil || signatures.count < Self.maximumCount else {
        throw .unsupported("regular expressions with more than \(Self.maximumCount) classes of characters")
      }
      let number = known ?? UInt8(signatures.count)
      if known == nil {
        classes[inside] = number
        signatures.append(inside)
      }
      if runs.last?.value != number { runs.append((boundary, number)) }
    }
    self.runs = runs
    count = signatures.count
    members = sets.indices.map { set in signatures.map { $0[set] } }
  }
}
