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

  /// The class of every code point as two tables: `blocks[code >> 8]` is the number of a block of 256
  /// classes in `classes`. Block 0 holds the code points 0 to 255 and is used by nothing else.
  func table() -> (blocks: [UInt16], classes: [UInt8]) {
    var blocks: [UInt16] = []
    var table: [UInt8] = []
    var known: [[UInt8]: UInt16] = [:]
    var run = 0
    for block in 0..<(CodePointSet.maximum + 1) / 256 {
      var classes: [UInt8] = []
      classes.reserveCapacity(256)
      for code in block * 256..<(block + 1) * 256 {
        if run + 1 < runs.count, runs[run + 1].first == code { run += 1 }
        classes.append(runs[run].class)
      }
      if block > 0, let number = known[classes] {
        blocks.append(number)
      } else {
        let number = UInt16(table.count / 256)
        if block > 0 { known[classes] = number }
        table += classes
        blocks.append(number)
      }
    }
    return (blocks, table)
  }
}
