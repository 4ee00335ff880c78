extension PatternAutomaton {
  /// One automaton for two splits in a row that both keep matches and gaps apart, where that is possible.
  ///
  /// The second automaton runs within the pieces of the first: where one of those ends, it sees the end of
  /// the text. That can be decided while reading if every character decides at once whether it goes on with
  /// the piece, as it does where the first pattern is `\p{N}`, `\p{N}+` or `\p{N}{1,3}`. States are pairs.
  ///
  /// nil where the first does not decide at once, it takes more than a character to tell where
  /// the second leaves text unmatched, or the second stops within a match of the first that would
  /// go on differently from there.
  package func fused(with second: PatternAutomaton) -> PatternAutomaton? {
    guard decidesAtOnce, let second = second.matchesEverywhere ? second : second.matchingGaps else {
      return nil
    }
    let end = stride - 1
    /// The state of this automaton within a match, or `start` between matches; and the second's.
    struct Pair: Hashable {
      var first: Int
      var second: Int
    }
    var rows: [Pair: Int] = [:]
    var pending: [Pair?] = [nil, Pair(first: -1, second: Self.start)]
    var transitions: [UInt16] = []
    func row(_ pair: Pair) -> Int {
      if let known = rows[pair] { return known }
      rows[pair] = pending.count
      pending.append(pair)
      return pending.count - 1
    }
    var index = 0
    while index < pending.count, pending.count < Self.maximumStates {
      for symbol in 0..<stride {
        guard let pair = pending[index] else {
          transitions.append(0)
          continue
        }
        let begun = symbol == end ? Self.dead : step(Self.start, symbol).next
        if index == Self.start {
          let next = second.step(Self.start, symbol).next
          let first = begun == Self.dead ? Self.start : begun
          transitions.append(symbol == end ? 0 : UInt16(row(Pair(first: first, second: next))) << 1)
          continue
        }
        let isBetween = pair.first == Self.start
        // Wherever the second begins anew, the first is in the same state.
        let isAlike = isBetween || isUniform(pair.first)
        let first = isBetween ? Self.start : step(pair.first, symbol).next
        if symbol == end || (isBetween ? begun != Self.dead : first == Self.dead) {
          let matches = second.step(pair.second, end).matches
          guard matches || isAlike else { return nil }
          transitions.append(matches ? 1 : 0)
          continue
        }
        let (next, matches) = second.step(pair.second, symbol)
        guard next != Self.dead || isAlike || (matches && begun == first) else { return nil }
        let target = next == Self.dead ? Self.dead : row(Pair(first: first, second: next))
        transitions.append(UInt16(target) << 1 | (matches ? 1 : 0))
      }
      index += 1
    }
    guard index == pending.count else { return nil }
    return PatternAutomaton(transitions: transitions, stride: stride)
  }

  /// Whether every state but the start is a match whatever follows, and the start is never come back to.
  private var decidesAtOnce: Bool {
    transitions.allSatisfy { Int($0 >> 1) != Self.start }
      && (Self.start + 1..<stateCount).allSatisfy(isMatchWhateverFollows)
  }

  /// Whether every single character is a match, so that no text is left between matches.
  private var matchesEverywhere: Bool {
    (0..<stride - 1).allSatisfy { symbol in
      let next = step(Self.start, symbol).next
      return next != Self.dead && isMatchWhateverFollows(next)
    }
  }

  /// Whether every character that a match goes on with leads to the state itself, and begins a match with it.
  private func isUniform(_ state: Int) -> Bool {
    (0..<stride).allSatisfy { symbol in
      let next = step(state, symbol).next
      return next == Self.dead || (next == state && step(Self.start, symbol).next == state)
    }
  }

  /// An automaton that matches the text between matches as well, as long as that goes; nil where it takes
  /// more than one further character to tell whether a match begins.
  private var matchingGaps: PatternAutomaton? {
    /// After a gap, and after one character that may be a gap or begin a match: the state that it leads to.
    enum Gap: Hashable {
      case certain
      case perhaps(Int, isFirst: Bool)
    }
    let end = stride - 1
    var transitions = transitions
    var numbers: [Gap: Int] = [:]
    var pending: [Gap] = []
    func number(_ gap: Gap) -> Int {
      if let known = numbers[gap] { return known }
      numbers[gap] = stateCount + pending.count
      pending.append(gap)
      return stateCount + pending.count - 1
    }
    /// What a character after a gap does: another one, or the beginning of a match.
    func afterGap(_ symbol: Int) -> UInt16 {
      let next = symbol == end ? Self.dead : step(Self.start, symbol).next
      let isMatch = symbol == end || (next != Self.dead && isMatchWhateverFollows(next))
      if isMatch { return UInt16(Self.dead) << 1 | 1 }
      let gap = next == Self.dead ? number(.certain) : number(.perhaps(next, isFirst: false))
      return UInt16(gap) << 1 | 1
    }
    for symbol in 0..<end {
      let next = step(Self.start, symbol).next
      if next != Self.dead, isMatchWhateverFollows(next) { continue }
      let gap = next == Self.dead ? number(.certain) : number(.perhaps(next, isFirst: true))
      transitions[Self.start * stride + symbol] = UInt16(gap) << 1
    }
    var index = 0
    while index < pending.count {
      for symbol in 0..<stride {
        guard case .perhaps(let state, let isFirst) = pending[index] else {
          transitions.append(afterGap(symbol))
          continue
        }
        let (next, matches) = step(state, symbol)
        if next == Self.dead, !matches {
          transitions.append(afterGap(symbol))
          continue
        }
        guard matches || isMatchWhateverFollows(next) else { return nil }
        // A match has begun with that character: at the beginning, or where the gap ends.
        transitions.append(isFirst ? UInt16(next) << 1 | (matches ? 1 : 0) : UInt16(Self.dead) << 1)
      }
      index += 1
    }
    return PatternAutomaton(transitions: transitions, stride: stride)
  }

  /// Whether the text that leads to a state is a match, whatever follows it.
  func isMatchWhateverFollows(_ state: Int) -> Bool {
    (0..<stride).allSatisfy { step(state, $0).matches }
  }
}
