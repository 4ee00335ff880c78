/// The coarsest partition of the code points that tells every given set apart from its complement.
///
/// Automata read classes instead of code points: two code points of one class are in the same sets.
struct CharacterClasses {
  /// The class of each run of code points: first code point, class. Sorted; the first begins at 0.
  let runs: [(first: UInt32, class: UInt8)]

  /// The number of classes. The class numbered `count` stands for the end of the text.
  let count: Int

  /// For each given set, its classes.
  let members: [[Bool]]

  /// At most this many classes, so that with the end of the text a class fits a byte.
  static let maximumCount = 255

  init(telling sets: [CodePointSet]) throws(TokenizerError) {
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
    var runs: [(first: UInt32, class: UInt8)] = []
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
      if runs.last?.class != number { runs.append((boundary, number)) }
    }
    self.runs = runs
    count = signatures.count
    members = sets.indices.map { set in signatures.map { $0[set] } }
  }

  /// The class of every code point, as `twoStageTable` has it.
  func table() -> (blocks: [UInt16], values: [UInt8]) {
    var classes = [UInt8](repeating: 0, count: Int(CodePointSet.maximum) + 1)
    for (index, run) in runs.enumerated() where run.class != 0 {
      let end = index + 1 < runs.count ? runs[index + 1].first : CodePointSet.maximum + 1
      for code in run.first..<end { classes[Int(code)] = run.class }
    }
    return twoStageTable(classes)
  }
}
