extension PatternAutomaton {
  /// One automaton for two splits in a row that both keep matches and gaps apart, where that is possible.
  ///
  /// The second automaton runs within the pieces of the first: where one of those ends, it sees the end of the
  /// text. That can be decided while reading if every character decides at once whether it goes on with
  /// the piece, as it does where the first pattern is `\p{N}`, `\p{N}+` or `\p{N}{1,3}`. States are pairs.
  ///
  /// nil where the first does not decide at once, the second leaves some characters unmatched, or the second
  /// stops within a match of the first that would go on differently from there.
  package func fused(with second: PatternAutomaton) -> PatternAutomaton? {
    guard decidesAtOnce, second.matchesEverywhere else { return nil }
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
        let first = isBetween ? Self.start : step(pair.first, symbol).next
        if symbol == end || (isBetween ? begun != Self.dead : first == Self.dead) {
          let matches = second.step(pair.second, end).matches
          guard matches || isBetween else { return nil }
          transitions.append(matches ? 1 : 0)
          continue
        }
        let (next, matches) = second.step(pair.second, symbol)
        guard next != Self.dead || isBetween || (matches && begun == first) else { return nil }
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

  /// Whether the text that leads to a state is a match, whatever follows it.
  func isMatchWhateverFollows(_ state: Int) -> Bool {
    (0..<stride).allSatisfy { step(state, $0).matches }
  }
}
