/// A deterministic automaton over character classes that finds leftmost-first matches: what a backtracking
/// matcher would find, alternatives in order, quantifiers greedy or lazy, in one pass.
///
/// A state is the list of places in the program, best first, that the text so far leads to. A transition says
/// whether the text *before* the character just read is a match, so a lookahead at one character
/// costs nothing: it is decided when that character, or the end, is read. Places after a match in
/// the list are dropped, for the match is preferred to them; hence the last match seen before the
/// dead state is the one wanted.
package struct PatternAutomaton {
  /// Rows of `stride` transitions, one for each class and for the end: the next state's row << 1 | 1 if the
  /// text before this character matches. Row 0 is the dead state, row 1 the start.
  let transitions: [UInt16]
  /// Classes and one column for the end of the text.
  let stride: Int

  var stateCount: Int { transitions.count / stride }

  /// The state from which nothing can match.
  package static let dead = 0
  /// The state in which a search begins.
  package static let start = 1

  init(transitions: [UInt16], stride: Int) {
    self.transitions = transitions
    self.stride = stride
    starts = [Self.start]
    hasConditions = false
  }

  /// Where a state goes on a symbol, and whether the text before the symbol matches.
  package func step(_ state: Int, _ symbol: Int) -> (next: Int, matches: Bool) {
    let entry = transitions[state * stride + symbol]
    return (Int(entry >> 1), entry & 1 != 0)
  }

  /// Far more than the patterns of tokenizers need, which is some hundreds; rows are numbered in 15 bits.
  static let maximumStates = 10_000
  /// How many places to look at; the patterns of tokenizers need some hundred thousand.
  static let maximumWork = 30_000_000

  /// The state in which a search begins after a character of each class and, last, at the beginning of the
  /// text. All the same but for patterns that begin by looking behind.
  let starts: [Int]

  /// What the automaton finds.
  enum Goal {
    /// The preferred match that begins where the search does.
    case match
    /// Every place where some match ends, wherever it begins.
    case ends
  }

  /// - Parameters:
  ///   - program: the pattern.
  ///   - classCount: the number of classes.
  ///   - members: for each set of the program, whether each class is in it.
  ///   - name: the pattern's name, for errors.
  /// - Throws: `TokenizerError.unsupported` when it needs more than characters to decide, matches the
  ///   empty text or needs too many states.
  package init(_ program: PatternProgram, classCount: Int, members: [[Bool]], name: String)
    throws(TokenizerError)
  {
    try self.init(program, classCount: classCount, members: members, name: name, goal: .match)
    guard isPlain else { throw .unsupported("the regular expression \(name), which matches the empty text") }
  }

  /// The same for any pattern. With conditions there is a symbol for each class, or the end, and each
  /// combination of conditions that hold before that character: class + bits * (classCount + 1).
  init(
    _ program: PatternProgram, classCount: Int, members: [[Bool]], name: String, goal: Goal
  ) throws(TokenizerError) {
    var builder = Builder(program: program, classCount: classCount, members: members, goal: goal)
    stride = (classCount + 1) << program.conditions.count
    let starts = (0...classCount).map { builder.closure(of: [program.start], after: $0) }
    var states: [State: Int] = [State(places: [], previous: nil): 0]
    var pending = [State(places: [], previous: nil)]
    // The beginning of the text comes first, so that it is row 1.
    for start in starts.reversed() where states[start] == nil {
      states[start] = pending.count
      pending.append(start)
    }
    var transitions: [UInt16] = []
    var index = 0
    while index < pending.count {
      for symbol in 0..<stride {
        let (next, matches) = builder.step(pending[index], symbol: symbol)
        let row = states[next] ?? pending.count
        if row == pending.count {
          guard row < Self.maximumStates else {
            throw .unsupported(
              "the regular expression \(name), which needs over \(Self.maximumStates) states")
          }
          states[next] = row
          pending.append(next)
        }
        transitions.append(UInt16(row) << 1 | (matches ? 1 : 0))
      }
      index += 1
      guard builder.work <= Self.maximumWork else {
        throw .unsupported("the regular expression \(name), which is too complex")
      }
    }
    self.transitions = transitions
    self.starts = starts.map { states[$0] ?? Self.dead }
    hasConditions = !program.conditions.isEmpty
  }

  private let hasConditions: Bool

  /// Whether a search begins in the same state everywhere, needs to see no more than characters
  /// and finds no empty match.
  var isPlain: Bool {
    !hasConditions && starts.allSatisfy { $0 == Self.start }
      && (0..<stride).allSatisfy { !step(Self.start, $0).matches }
  }

  /// The places in the program, best first, that the text so far leads to.
  private struct State: Hashable {
    var places: [Int]
    /// The class of the last character, `classCount` at the beginning, where a place may still ask for it.
    var previous: Int?
  }

  /// Steps of the subset construction that keeps priorities.
  private struct Builder {
    let program: PatternProgram
    let classCount: Int
    let members: [[Bool]]
    let goal: Goal
    /// For each instruction, the number of the list that it was last put into.
    var seen: [Int]
    /// The number of lists made so far.
    var listCount = 0
    /// The number of instructions looked at so far.
    var work = 0
    /// Whether the program looks behind at all.
    let looksBehind: Bool

    init(program: PatternProgram, classCount: Int, members: [[Bool]], goal: Goal) {
      self.program = program
      self.classCount = classCount
      self.members = members
      self.goal = goal
      seen = [Int](repeating: 0, count: program.instructions.count)
      looksBehind = program.instructions.contains { if case .lookbehind = $0 { true } else { false } }
    }

    /// The places reachable without reading anything, best first, up to and including a match.
    ///
    /// - Parameters:
    ///   - places: where to begin.
    ///   - previous: the class before; `classCount` for the beginning of the text.
    ///   - symbol: decides the lookaheads and conditions; without it they stay in the list.
    mutating func closure(of places: [Int], after previous: Int, symbol: Int? = nil) -> State {
      var result: [Int] = []
      var isWaiting = false
      listCount += 1
      var stack = Array(places.reversed())
      while let place = stack.popLast() {
        work += 1
        if seen[place] == listCount { continue }
        seen[place] = listCount
        switch program.instructions[place] {
        case .split(let first, let second):
          stack.append(second)
          stack.append(first)
        case .lookbehind(let set, let atStart, let next):
          if previous == classCount ? atStart : members[set][previous] { stack.append(next) }
        case .lookahead(let set, let atEnd, let next):
          if let symbol {
            let type = symbol % (classCount + 1)
            if type == classCount ? atEnd : members[set][type] { stack.append(next) }
          } else {
            result.append(place)
            isWaiting = true
          }
        case .condition(let index, let negated, let next):
          if let symbol {
            if (symbol / (classCount + 1)) >> index & 1 != (negated ? 1 : 0) { stack.append(next) }
          } else {
            result.append(place)
            isWaiting = true
          }
        case .consume:
          result.append(place)
        case .match:
          result.append(place)
          if goal == .match { stack = [] }
        }
      }
      return State(places: result, previous: isWaiting && looksBehind ? previous : nil)
    }

    mutating func step(_ state: State, symbol: Int) -> (next: State, matches: Bool) {
      var targets: [Int] = []
      var matches = false
      let type = symbol % (classCount + 1)
      for place in closure(of: state.places, after: state.previous ?? classCount, symbol: symbol).places {
        switch program.instructions[place] {
        case .match: matches = true
        case .consume(let set, let next):
          if type < classCount, members[set][type] { targets.append(next) }
        default: break
        }
      }
      // A search for ends goes on everywhere.
      if goal == .ends, type < classCount { targets.append(program.start) }
      return (
        type < classCount ? closure(of: targets, after: type) : State(places: [], previous: nil), matches
      )
    }
  }
}
