/// Splits texts into pieces by the steps of the pre-tokenizer.
struct Splitter {
  private let classes: ClassTable
  private let steps: [SplitStep]

  /// The automaton, when the only step is a split that keeps matches and what is between them apart.
  let onlySplit: Automaton?

  /// The pieces so far, in `spaced` if that is in use and in the text otherwise.
  private var pieces: [Range<Int>] = []
  private var previous: [Range<Int>] = []
  /// Matches of a split, and the text between them, within one piece.
  private var parts: [(range: Range<Int>, isMatch: Bool)] = []
  /// The text with spaces put before pieces, and for each byte where it ends in the given text.
  private var spaced: [UInt8] = []
  private var spacedEnds: [UInt32] = []
  private var isSpaced = false

  init(_ tables: TokenizerTables) {
    classes = tables.classes
    steps = tables.steps
    if steps.count == 1, case .split(let automaton, .isolated, _) = steps[0] {
      onlySplit = automaton
    } else {
      onlySplit = nil
    }
  }

  /// Splits a part of a text by all steps.
  mutating func split(_ text: UnsafePointer<UInt8>, _ range: Range<Int>) {
    isSpaced = false
    pieces.removeAll(keepingCapacity: true)
    if !range.isEmpty { pieces.append(range) }
    for step in steps {
      switch step {
      case .prefixSpace: prefixSpaces(text)
      case .split(let automaton, let behavior, let inverted):
        swap(&pieces, &previous)
        pieces.removeAll(keepingCapacity: true)
        let current = spaced
        current.withUnsafeBufferPointer { spaced in
          let text = isSpaced ? spaced.baseAddress ?? text : text
          for piece in previous {
            findParts(automaton, text, piece)
            appendPieces(behavior, inverted)
          }
        }
      case .contextualSplit(let automaton, let behavior, let inverted):
        swap(&pieces, &previous)
        pieces.removeAll(keepingCapacity: true)
        let current = spaced
        current.withUnsafeBufferPointer { spaced in
          let text = isSpaced ? spaced.baseAddress ?? text : text
          for piece in previous {
            parts.removeAll(keepingCapacity: true)
            automaton.split(text, piece, classes, into: &parts)
            appendPieces(behavior, inverted)
          }
        }
        pieces.removeAll(where: \.isEmpty)
      }
    }
  }

  private mutating func findParts(_ automaton: Automaton, _ text: UnsafePointer<UInt8>, _ piece: Range<Int>) {
    parts.removeAll(keepingCapacity: true)
    var position = piece.lowerBound
    while position < piece.upperBound {
      let match = automaton.matchEnd(text, from: position, to: piece.upperBound, classes)
      let end =
        match > position ? match : automaton.gapEnd(text, from: position, to: piece.upperBound, classes)
      parts.append((position..<end, match > position))
      position = end
    }
  }

  /// Makes pieces of the parts.
  private mutating func appendPieces(_ behavior: SplitBehavior, _ inverted: Bool) {
    let first = pieces.count
    var wasMatch = false
    switch behavior {
    case .isolated:
      for part in parts { pieces.append(part.range) }
    case .removed:
      for part in parts where part.isMatch == inverted { pieces.append(part.range) }
    case .contiguous:
      for part in parts {
        let isMatch = part.isMatch != inverted
        if isMatch == wasMatch { join(part.range, after: first) } else { pieces.append(part.range) }
        wasMatch = isMatch
      }
    case .mergedWithPrevious:
      for part in parts {
        let isMatch = part.isMatch != inverted
        if isMatch, !wasMatch { join(part.range, after: first) } else { pieces.append(part.range) }
        wasMatch = isMatch
      }
    case .mergedWithNext:
      for part in parts.reversed() {
        let isMatch = part.isMatch != inverted
        if isMatch, !wasMatch, pieces.count > first {
          pieces[pieces.count - 1] = part.range.lowerBound..<pieces[pieces.count - 1].upperBound
        } else {
          pieces.append(part.range)
        }
        wasMatch = isMatch
      }
      pieces[first...].reverse()
    }
  }

  /// Joins a part to the last piece, if there are more than `first`.
  private mutating func join(_ part: Range<Int>, after first: Int) {
    if pieces.count > first {
      pieces[pieces.count - 1] = pieces[pieces.count - 1].lowerBound..<part.upperBound
    } else {
      pieces.append(part)
    }
  }

  /// Copies the pieces, each with a space before it that does not begin with one. The space ends where the
  /// character after it does, as in the reference.
  private mutating func prefixSpaces(_ text: UnsafePointer<UInt8>) {
    let before = isSpaced ? spaced : []
    let beforeEnds = isSpaced ? spacedEnds : []
    spaced.removeAll(keepingCapacity: true)
    spacedEnds.removeAll(keepingCapacity: true)
    func byte(_ index: Int) -> UInt8 { isSpaced ? before[index] : text[index] }
    func end(_ index: Int) -> UInt32 { isSpaced ? beforeEnds[index] : UInt32(truncatingIfNeeded: index + 1) }
    for index in pieces.indices {
      let piece = pieces[index]
      let start = spaced.count
      if byte(piece.lowerBound) != 0x20 {
        var last = piece.lowerBound
        while last + 1 < piece.upperBound, byte(last + 1) & 0xC0 == 0x80 { last += 1 }
        spaced.append(0x20)
        spacedEnds.append(end(last))
      }
      for position in piece {
        spaced.append(byte(position))
        spacedEnds.append(end(position))
      }
      pieces[index] = start..<spaced.count
    }
    isSpaced = true
  }

  /// Hands the pieces and the text they are in to `body`, with the end of the memory that can be read.
  func withPieces(
    of text: UnsafePointer<UInt8>, limit: UnsafePointer<UInt8>,
    _ body: (UnsafePointer<UInt8>, UnsafePointer<UInt8>, [Range<Int>]) -> Void
  ) {
    guard isSpaced else { return body(text, limit, pieces) }
    spaced.withUnsafeBufferPointer { spaced in
      if let base = spaced.baseAddress { body(base, base + spaced.count, pieces) }
    }
  }

  /// Turns ends in the text that `withPieces` gave into ends in the text that was split.
  func restoreEnds(_ ends: UnsafeMutablePointer<UInt32>, count: Int) {
    guard isSpaced else { return }
    for index in 0..<count { ends[index] = spacedEnds[Int(ends[index]) - 1] }
  }
}
