/// Splits texts into pieces by the steps of the pre-tokenizer.
struct Splitter {
  private let classes: ClassTable
  private let steps: [SplitStep]

  /// The automaton, when the only step is a split that keeps matches and what is between them apart.
  let onlySplit: Automaton?

  /// The pieces so far, in `changed` if that is in use and in the text otherwise.
  private var pieces: [Range<Int>] = []
  private var previous: [Range<Int>] = []
  /// Matches of a split, and the text between them, within one piece.
  private var parts: [TextMatcher.Part] = []
  /// The text as steps have changed it.
  private var changed = AlignedText()
  private var isChanged = false

  init(_ tables: TokenizerTables) {
    classes = tables.classes
    steps = tables.steps
    if steps.count == 1, case .split(.plain(let automaton), .isolated, _) = steps[0] {
      onlySplit = automaton
    } else {
      onlySplit = nil
    }
  }

  /// Splits a part of a text by all steps.
  ///
  /// - Parameters:
  ///   - text: well-formed UTF-8.
  ///   - range: the part.
  ///   - origin: where a place in `text` is in the given text.
  mutating func split(_ text: UnsafePointer<UInt8>, _ range: Range<Int>, origin: (Int) -> Int) {
    isChanged = false
    pieces.removeAll(keepingCapacity: true)
    if !range.isEmpty { pieces.append(range) }
    for step in steps {
      switch step {
      case .prefixSpace: change(text) { bytes, _ in bytes.first == 0x20 ? [] : [0x20] }
      case .metaspace(let mark, let prefix):
        change(text) { bytes, place in
          guard prefix != .never, prefix == .always || origin(place) == 0 else { return [] }
          return bytes.first == 0x20 || bytes.starts(with: mark) ? [] : mark
        }
        replaceSpaces(by: mark)
      case .byteLevel:
        change(text) { _, _ in [] }
        spellBytes()
      case .split(let matcher, let behavior, let inverted):
        swap(&pieces, &previous)
        pieces.removeAll(keepingCapacity: true)
        let current = changed
        current.bytes.withUnsafeBufferPointer { bytes in
          let text = isChanged ? bytes.baseAddress ?? text : text
          for piece in previous {
            parts.removeAll(keepingCapacity: true)
            matcher.split(text, piece, classes, into: &parts)
            appendPieces(behavior, inverted)
          }
        }
        pieces.removeAll(where: \.isEmpty)
      }
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

  // MARK: Changes

  /// Copies the pieces, each with what `prefix` gives for its bytes and its place in the text that was split.
  /// What is put before a piece stands for its first character, as in the reference.
  private mutating func change(
    _ text: UnsafePointer<UInt8>, prefix: (UnsafeBufferPointer<UInt8>.SubSequence, Int) -> [UInt8]
  ) {
    if !isChanged {
      changed.set(text, count: 0, offset: 0)
      for index in pieces.indices {
        let start = changed.bytes.count
        changed.append(text, pieces[index], offset: 0)
        pieces[index] = start..<changed.bytes.count
      }
      isChanged = true
    }
    changed.begin()
    let old = changed.old
    let origins = changed.oldParts
    old.withUnsafeBufferPointer { old in
      for index in pieces.indices {
        let start = changed.bytes.count
        changed.drop(to: pieces[index].lowerBound)
        let place = Int(origins[pieces[index].lowerBound].x)
        changed.put(before: prefix(old[pieces[index]], place))
        changed.keep(to: pieces[index].upperBound)
        pieces[index] = start..<changed.bytes.count
      }
    }
  }

  /// Replaces the spaces in all pieces, which lie one behind the other.
  private mutating func replaceSpaces(by mark: [UInt8]) {
    changed.begin()
    let old = changed.old
    for index in pieces.indices {
      let start = changed.bytes.count
      for place in pieces[index] where old[place] == 0x20 {
        changed.keep(to: place)
        changed.drop(to: place + 1)
        changed.put(added: mark)
      }
      changed.keep(to: pieces[index].upperBound)
      pieces[index] = start..<changed.bytes.count
    }
  }

  private mutating func spellBytes() {
    changed.begin()
    for index in pieces.indices {
      let start = changed.bytes.count
      changed.spellBytes(to: pieces[index].upperBound)
      pieces[index] = start..<changed.bytes.count
    }
  }

  /// Hands the pieces and the text they are in to `body`, with the end of the memory that can be read.
  func withPieces(
    of text: UnsafePointer<UInt8>, limit: UnsafePointer<UInt8>,
    _ body: (UnsafePointer<UInt8>, UnsafePointer<UInt8>, [Range<Int>]) -> Void
  ) {
    guard isChanged else { return body(text, limit, pieces) }
    changed.bytes.withUnsafeBufferPointer { bytes in
      if let base = bytes.baseAddress { body(base, base + bytes.count, pieces) }
    }
  }

  /// Turns ends in the text that `withPieces` gave into ends in the text that was split.
  func restoreEnds(_ ends: UnsafeMutablePointer<UInt32>, count: Int) {
    guard isChanged else { return }
    for index in 0..<count { ends[index] = changed.parts[Int(ends[index]) - 1].y }
  }
}
