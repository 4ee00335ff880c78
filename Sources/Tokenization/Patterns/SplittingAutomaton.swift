/// An automaton that splits a whole text, one step a character: what `PatternAutomaton` finds match by match.
///
/// Its states go on through the ends of matches. A transition says where pieces end: before the character
/// just read, or before the one before that as well or instead, as it is with the last of several spaces
/// in `\s+(?!\S)`. Where an earlier end comes to light only now, the transition says so, and the last
/// piece has to be found the other way.
///
/// This needs a pattern that leaves no text unmatched.
package struct SplittingAutomaton {
  /// What a transition does.
  package struct Step: Equatable {
    /// The next state; `start` where `isUnknown`.
    package var next: Int
    /// A piece ends before the character just read.
    package var endsHere = false
    /// A piece ends before the last character before that.
    package var endsBefore = false
    /// The last piece ends at some earlier place, and the state follows from there.
    package var isUnknown = false
  }

  /// The state at the beginning of a text and of any piece.
  package static let start = 0

  /// One row for each state: a step for each class of characters, and for the end of the text, of which only
  /// `endsBefore` and `isUnknown` mean something.
  package private(set) var rows: [[Step]] = []

  /// `isSure[a][b]`: between characters of these classes a piece ends, and one begins,
  /// whatever is around them.
  package private(set) var isSure: [[Bool]] = []

  /// A state of the pattern's automaton, and the characters read since the last place
  /// known to be a match's end.
  private struct State: Hashable {
    var state: Int
    var pending: Pending
  }

  private enum Pending: Hashable {
    /// It does not matter: all that has been read is a match, whatever follows.
    case none
    case one(Int)
    case several
    /// No match is known yet.
    case all
  }

  private let automaton: PatternAutomaton
  private var numbers: [State: Int] = [:]
  private var states: [State] = []
  private var leavesGaps = false

  /// nil for a pattern that leaves text unmatched, or needs many states.
  package init?(_ automaton: PatternAutomaton) {
    self.automaton = automaton
    _ = number(State(state: PatternAutomaton.start, pending: .all))
    while rows.count < states.count {
      guard states.count <= PatternAutomaton.maximumStates, !leavesGaps else { return nil }
      let state = states[rows.count]
      rows.append((0..<automaton.stride).map { step(state, $0) })
    }
    guard !leavesGaps else { return nil }
    findSurePairs()
  }

  private mutating func number(_ state: State) -> Int {
    if let known = numbers[state] { return known }
    numbers[state] = states.count
    states.append(state)
    return states.count - 1
  }

  /// The step over a character that begins a piece.
  private mutating func first(_ symbol: Int) -> Step {
    guard symbol != automaton.stride - 1 else { return Step(next: Self.start) }
    let next = automaton.step(PatternAutomaton.start, symbol).next
    if next == PatternAutomaton.dead { leavesGaps = true }
    return Step(next: number(after: .all, next))
  }

  /// The number of a state that is come to with these characters pending.
  private mutating func number(after pending: Pending, _ state: Int) -> Int {
    let isMatch = automaton.isMatchWhateverFollows(state)
    return number(State(state: state, pending: isMatch ? .none : pending))
  }

  private mutating func step(_ state: State, _ symbol: Int) -> Step {
    if state.state == PatternAutomaton.start { return first(symbol) }
    let (next, matches) = automaton.step(state.state, symbol)
    if next != PatternAutomaton.dead {
      let pending: Pending = matches ? .one(symbol) : state.pending == .all ? .all : .several
      return Step(next: number(after: pending, next))
    }
    if matches {
      var again = first(symbol)
      again.endsHere = true
      return again
    }
    switch state.pending {
    case .one(let pending):
      // The piece ends before the pending character, which begins the next one.
      let begun = states[first(pending).next]
      var again = step(begun, symbol)
      again.endsBefore = true
      return again
    case .none, .several: return Step(next: Self.start, isUnknown: true)
    case .all:
      leavesGaps = true
      return Step(next: Self.start)
    }
  }

  /// A pair is sure when after its first character every state that there can be ends a piece before the
  /// second one. States of which the last piece is unknown do not count: it ends before the first character
  /// at the latest, and from there the automaton comes to one of the others.
  private mutating func findSurePairs() {
    let classes = 0..<automaton.stride - 1
    isSure = classes.map { first in
      let reached = Set(rows.map { $0[first] }.filter { !$0.isUnknown }.map(\.next))
      return classes.map { second in
        reached.allSatisfy { rows[$0][second].endsHere && !rows[$0][second].isUnknown }
      }
    }
  }
}
