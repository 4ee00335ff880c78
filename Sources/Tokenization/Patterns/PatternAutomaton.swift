/// A deterministic automaton over character classes that finds leftmost-first matches: what a backtracking
/// matcher would find, alternatives in order, quantifiers greedy or lazy, in one pass.
///
/// A state is the list of places in the program, best first, that the text so far leads to. A transition says
/// whether the text *before* the character just read is a match, so a lookahead at one character costs nothing:
/// it is decided when that character, or the end, is read. Places after a match in the list are dropped,
/// for the match is preferred to them; hence the last match seen before the dead state is the one wanted.
package struct PatternAutomaton {
  /// Rows of `stride` transitions, one for each class and for the end: the next state's row << 1 | 1 if the text
  /// before this character matches. Row 0 is the dead state, row 1 the start.
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
  }

  /// Where a state goes on a symbol, and whether the text before the symbol matches.
  package func step(_ state: Int, _ symbol: Int) -> (next: Int, matches: Bool) {
    let entry = transitions[state * stride + symbol]
    return (Int(entry >> 1), entry & 1 != 0)
  }

  /// Far more than the patterns of tokenizers need, which is some hundreds; rows are numbered in 15 bits.
  static let maximumStates = 10_000

  /// - Parameters:
  ///   - program: the pattern.
  ///   - classCount: the number of classes.
  ///   - members: for each set of the program, whether each class is in it.
  ///   - name: the pattern's name, for errors.
  /// - Throws: `TokenizerError.unsupported` when it matches the empty text or needs too many states.
  package init(_ program: PatternProgram, classCount: Int, members: [[Bool]], name: String)
    throws(TokenizerError)
  {
    var builder = Builder(program: program, classCount: classCount, members: members)
    let start = builder.closure(of: [program.start])
    stride = classCount + 1
    var states: [[Int]: UInt16] = [[]: 0, start: 1]
    var pending = [[], start]
    var transitions: [UInt16] = []
    var index = 0
    while index < pending.count {
      for symbol in 0...classCount {
        let (next, matches) = builder.step(pending[index], symbol: symbol)
        if matches, index == 1 {
          throw .unsupported("the regular expression \(name), which matches the empty text")
        }
        let known = states[next]
        let row = known ?? UInt16(pending.count)
        if known == nil {
          guard pending.count < Self.maximumStates else {
            throw .unsupported(
              "the regular expression \(name), which needs over \(Self.maximumStates) states")
          }
          states[next] = row
          pending.append(next)
        }
        transitions.append(row << 1 | (matches ? 1 : 0))
      }
      index += 1
    }
    self.transitions = transitions
  }

  /// Steps of the subset construction that keeps priorities.
  private struct Builder {
    let program: PatternProgram
    let classCount: Int
    let members: [[Bool]]
    /// Marks the instructions already in the list under construction.
    var seen: [Bool]

    init(program: PatternProgram, classCount: Int, members: [[Bool]]) {
      self.program = program
      self.classCount = classCount
      self.members = members
      seen = [Bool](repeating: false, count: program.instructions.count)
    }

    /// The places reachable without reading anything, best first, up to and including a match; lookaheads stay
    /// in the list when `symbol` is nil and are decided by it otherwise.
    mutating func closure(of places: [Int], symbol: Int? = nil) -> [Int] {
      var result: [Int] = []
      for index in seen.indices { seen[index] = false }
      var stack = Array(places.reversed())
      while let place = stack.popLast() {
        if seen[place] { continue }
        seen[place] = true
        switch program.instructions[place] {
        case .split(let first, let second):
          stack.append(second)
          stack.append(first)
        case .lookahead(let set, let atEnd, let next):
          if let symbol {
            if symbol == classCount ? atEnd : members[set][symbol] { stack.append(next) }
          } else {
            result.append(place)
          }
        case .consume:
          result.append(place)
        case .match:
          result.append(place)
          return result
        }
      }
      return result
    }

    mutating func step(_ state: [Int], symbol: Int) -> (next: [Int], matches: Bool) {
      var targets: [Int] = []
      var matches = false
      for place in closure(of: state, symbol: symbol) {
        switch program.instructions[place] {
        case .match: matches = true
        case .consume(let set, let next):
          if symbol < classCount, members[set][symbol] { targets.append(next) }
        default: break
        }
      }
      return (closure(of: targets), matches)
    }
  }
}
