/// Cuts the added tokens of one trie out of texts: leftmost first, the longest of those that begin together.
struct AddedTokenMatcher {
  /// A part of the text: an added token, or text between two.
  struct Segment {
    var id: UInt32?
    var start: Int
    var end: Int
  }

  private let table: AddedTokenTable
  private let root: AddedTokenTable.Root
  private let isFirstByte: [Bool]
  /// The byte that all tokens begin with, when it is the same.
  private let onlyFirstByte: UInt8?
  /// The bytes that tokens begin with, when they are two.
  private let firstTwo: (UInt8, UInt8)?
  /// What `find` has found: parts that cover the text, in order.
  private(set) var matches: [Segment] = []

  init(_ table: AddedTokenTable, _ root: AddedTokenTable.Root) {
    self.table = table
    self.root = root
    let bytes = table.firstBytes(root)
    onlyFirstByte = bytes.count == 1 ? bytes[0] : nil
    firstTwo = bytes.count == 2 ? (bytes[0], bytes[1]) : nil
    isFirstByte = (0..<256).map { bytes.contains(UInt8($0)) }
    isEmpty = bytes.isEmpty
  }

  /// Whether there is no token to be found.
  let isEmpty: Bool

  /// Finds the tokens in a text that is not empty.
  ///
  /// - Parameters:
  ///   - text: well-formed UTF-8.
  ///   - count: its length in bytes.
  ///   - literalSpecials: leave special tokens in the text.
  mutating func find(_ text: UnsafePointer<UInt8>, _ count: Int, literalSpecials: Bool) {
    matches.removeAll(keepingCapacity: true)
    var position = 0
    // Where the part begins that no segment covers yet.
    var rest = 0
    while let candidate = nextCandidate(text, from: position, to: count) {
      guard let match = table.longest(root, text, at: candidate, to: count) else {
        position = candidate + 1
        continue
      }
      position = match.end
      let (id, flags) = table[match.token]
      if literalSpecials, flags.contains(.special) { continue }
      if flags.contains(.singleWord) {
        let joinsLeft = candidate > 0 && CodePointSet.word.contains(scalarBefore(text, candidate).code)
        let joinsRight = match.end < count && CodePointSet.word.contains(scalar(text + match.end).code)
        if joinsLeft || joinsRight { continue }
      }
      var start = candidate
      var end = match.end
      if flags.contains(.stripsLeft) {
        start = max(start, rest)
        while start > rest, case let (code, length) = scalarBefore(text, start), isWhiteSpace(code) {
          start -= length
        }
      }
      if flags.contains(.stripsRight) {
        while end < count, case let (code, length) = scalar(text + end), isWhiteSpace(code) { end += length }
      }
      if rest < start { matches.append(Segment(id: nil, start: rest, end: start)) }
      matches.append(Segment(id: id, start: start, end: end))
      rest = end
    }
    if rest < count { matches.append(Segment(id: nil, start: rest, end: count)) }
  }

  /// The next place where a token may begin.
  private func nextCandidate(_ text: UnsafePointer<UInt8>, from position: Int, to end: Int) -> Int? {
    guard position < end else { return nil }
    if let onlyFirstByte {
      return firstIndex(
        of: onlyFirstByte, UnsafeRawBufferPointer(start: text + position, count: end - position)
      )
      .map { position + $0 }
    }
    var here = position
    if let firstTwo { here = skip(firstTwo.0, firstTwo.1, text, from: position, to: end) }
    return isFirstByte.withUnsafeBufferPointer { isFirstByte in
      while here < end, !isFirstByte[Int(text[here])] { here += 1 }
      return here < end ? here : nil
    }
  }

  private func isWhiteSpace(_ code: UInt32) -> Bool {
    code < 0x80 ? code == 0x20 || (0x09...0x0D).contains(code) : CodePointSet.whiteSpace.contains(code)
  }
}
