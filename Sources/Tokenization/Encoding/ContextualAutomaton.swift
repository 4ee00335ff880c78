/// The automaton of a pattern that needs to see more than the characters of a match: what is before it,
/// whether further patterns match what follows, or that matches the empty text.
///
/// A condition `(?=…)` on more than one character is an automaton of its own, which reads the text from right
/// to left and tells for every place whether the pattern matches there. The pattern's automaton then reads
/// characters together with the conditions that hold before them. So the time is linear in the text for the
/// conditions, as for lookahead at one character.
struct ContextualAutomaton {
  /// The pattern and, after it, its conditions.
  private let tables: [Table]
  private let classCount: Int

  /// Reads an automaton of a compiled tokenizer: the number of conditions, then a `Table` for
  /// the pattern and each of them.
  ///
  /// - Parameters:
  ///   - numbers: its part of the section `transitions`.
  ///   - classCount: the number of classes of characters.
  /// - Returns: nil when some number leads outside.
  init?(_ numbers: UnsafeBufferPointer<UInt32>, classCount: Int) {
    guard let conditions = numbers.first, conditions <= PatternProgram.maximumConditions else { return nil }
    self.classCount = classCount
    var rest = numbers.dropFirst()
    var tables: [Table] = []
    for index in 0...conditions {
      guard
        let table = Table(
          &rest, starts: classCount + 1, stride: (classCount + 1) << (index == 0 ? Int(conditions) : 0))
      else { return nil }
      tables.append(table)
    }
    guard rest.isEmpty else { return nil }
    self.tables = tables
  }

  /// The numbers of an automaton in a compiled tokenizer.
  static func numbers(_ automaton: PatternAutomaton, conditions: [PatternAutomaton]) -> [UInt32] {
    var numbers = [UInt32(conditions.count)]
    for automaton in [automaton] + conditions {
      numbers.append(UInt32(automaton.stateCount))
      numbers += automaton.starts.map { UInt32($0) }
      numbers += automaton.transitions.map { UInt32($0) }
    }
    return numbers
  }

  /// One automaton: where a search begins after each class and at the beginning, and rows of entries,
  /// the next state << 1 | whether the text before the character just read matches. State 0 is the dead one.
  private struct Table {
    let starts: UnsafeBufferPointer<UInt32>
    let transitions: UnsafeBufferPointer<UInt32>
    let stride: Int

    /// Takes the table from the front of the numbers.
    init?(_ numbers: inout Slice<UnsafeBufferPointer<UInt32>>, starts startCount: Int, stride: Int) {
      guard let stateCount = numbers.popFirst().map(Int.init), stateCount > 0,
        stateCount <= PatternAutomaton.maximumStates, numbers.count >= startCount + stateCount * stride
      else { return nil }
      starts = UnsafeBufferPointer(rebasing: numbers.prefix(startCount))
      numbers = numbers.dropFirst(startCount)
      transitions = UnsafeBufferPointer(rebasing: numbers.prefix(stateCount * stride))
      numbers = numbers.dropFirst(stateCount * stride)
      self.stride = stride
      guard starts.allSatisfy({ $0 < stateCount }), transitions.allSatisfy({ $0 >> 1 < stateCount }) else {
        return nil
      }
    }

    func entry(_ state: Int, _ symbol: Int) -> UInt32 { transitions[state * stride + symbol] }
  }

  /// Splits a part of a text into matches and what is between them, as the reference iterates over matches:
  /// an empty match right after another match is none. Empty matches are parts too.
  ///
  /// - Parameters:
  ///   - text: well-formed UTF-8.
  ///   - range: the part, beyond which nothing is seen.
  ///   - classes: the classes of code points.
  ///   - parts: receives the parts in order.
  func split(
    _ text: UnsafePointer<UInt8>, _ range: Range<Int>, _ classes: ClassTable,
    into parts: inout [(range: Range<Int>, isMatch: Bool)]
  ) {
    let holding = conditionsHolding(text, range, classes)
    /// Where the text that is in no part yet begins.
    var open = range.lowerBound
    var position = range.lowerBound
    var previous = classCount
    var lastEnd = -1
    while true {
      let end = matchEnd(text, from: position, in: range, after: previous, classes, holding)
      if let end, end > position || end != lastEnd {
        if open < position { parts.append((open..<position, false)) }
        parts.append((position..<end, true))
        open = end
        lastEnd = end
        if end > position {
          previous = Int(classes[scalarBefore(text, end).code])
          position = end
          continue
        }
      }
      guard position < range.upperBound else { break }
      let (code, count) = scalar(text + position)
      previous = Int(classes[code])
      position += count
    }
    if open < range.upperBound { parts.append((open..<range.upperBound, false)) }
  }

  /// Where the match that begins at a place ends; nil when there is none.
  private func matchEnd(
    _ text: UnsafePointer<UInt8>, from position: Int, in range: Range<Int>, after previous: Int,
    _ classes: ClassTable,
    _ holding: [UInt8]
  ) -> Int? {
    var state = Int(tables[0].starts[previous])
    var here = position
    var matched: Int?
    while state != PatternAutomaton.dead {
      let isEnd = here == range.upperBound
      let (code, count) = isEnd ? (0, 0) : scalar(text + here)
      let bits = holding.isEmpty ? 0 : Int(holding[here - range.lowerBound])
      let entry = tables[0].entry(state, (isEnd ? classCount : Int(classes[code])) + bits * (classCount + 1))
      if entry & 1 != 0 { matched = here }
      if isEnd { break }
      state = Int(entry >> 1)
      here += count
    }
    return matched
  }

  /// For every place of the range and its end, the bits of the conditions that hold there.
  /// Empty without conditions.
  private func conditionsHolding(
    _ text: UnsafePointer<UInt8>, _ range: Range<Int>, _ classes: ClassTable
  ) -> [UInt8] {
    guard tables.count > 1 else { return [] }
    var holding = [UInt8](repeating: 0, count: range.count + 1)
    for (index, table) in tables.dropFirst().enumerated() {
      var state = Int(table.starts[classCount])
      var here = range.upperBound
      while true {
        let isStart = here == range.lowerBound
        let (code, count) = isStart ? (0, 0) : scalarBefore(text, here)
        let entry = table.entry(state, isStart ? classCount : Int(classes[code]))
        if entry & 1 != 0 { holding[here - range.lowerBound] |= 1 << UInt8(index) }
        if isStart { break }
        state = Int(entry >> 1)
        here -= count
      }
    }
    return holding
  }
}
