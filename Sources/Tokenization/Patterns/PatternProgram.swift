/// A regular expression as a nondeterministic automaton with priorities (Thompson's construction).
package struct PatternProgram {
  enum Instruction: Equatable {
    /// Consumes one code point of a class in the set and goes on at `next`.
    case consume(set: Int, next: Int)
    /// Goes on at both places, the first preferred.
    case split(Int, Int)
    /// Goes on where the next code point is in the set, or, with `atEnd`, at the end of the text.
    case lookahead(set: Int, atEnd: Bool, next: Int)
    /// Goes on where the code point before is in the set, or, with `atStart`, at the start of the text.
    case lookbehind(set: Int, atStart: Bool, next: Int)
    /// Goes on where the condition of this number holds, or, negated, where it does not.
    case condition(Int, negated: Bool, next: Int)
    /// The pattern has matched.
    case match
  }

  private(set) var instructions: [Instruction] = []
  /// The character sets that instructions name by index.
  package private(set) var sets: [CodePointSet] = []
  /// The patterns that instructions ask about by index, whether they match what follows.
  private(set) var conditions: [Pattern] = []
  private(set) var start = 0

  /// Counted repetitions are unrolled; this bounds the result.
  static let maximumLength = 20_000

  /// Each doubles the number of symbols.
  static let maximumConditions = 4

  package init(_ pattern: Pattern) throws(TokenizerError) {
    let end = try append(.match)
    start = try compile(pattern, then: end)
  }

  /// The program of a pattern and, after it, the programs of its conditions, which match from right to left.
  ///
  /// - Throws: `TokenizerError.unsupported` when a condition has conditions within.
  package static func withConditions(_ pattern: Pattern) throws(TokenizerError) -> [PatternProgram] {
    let program = try PatternProgram(pattern)
    var programs = [program]
    for condition in program.conditions {
      guard let reversed = condition.reversed else {
        throw .unsupported("a regular expression that looks ahead within a lookahead")
      }
      programs.append(try PatternProgram(reversed))
    }
    return programs
  }

  private mutating func append(_ instruction: Instruction) throws(TokenizerError) -> Int {
    guard instructions.count < Self.maximumLength else {
      throw .unsupported("a regular expression of more than \(Self.maximumLength) steps")
    }
    instructions.append(instruction)
    return instructions.count - 1
  }

  private mutating func index(of set: CodePointSet) -> Int {
    if let known = sets.firstIndex(of: set) { return known }
    sets.append(set)
    return sets.count - 1
  }

  /// Appends instructions that match the pattern and go on at `next`; returns where they begin.
  private mutating func compile(_ pattern: Pattern, then next: Int) throws(TokenizerError) -> Int {
    switch pattern {
    case .characters(let set):
      return try append(.consume(set: index(of: set), next: next))
    case .lookahead(let set, let atEnd):
      return try append(.lookahead(set: index(of: set), atEnd: atEnd, next: next))
    case .lookbehind(let set, let atStart):
      return try append(.lookbehind(set: index(of: set), atStart: atStart, next: next))
    case .condition(let condition, let negated):
      if !conditions.contains(condition) { conditions.append(condition) }
      guard conditions.count <= Self.maximumConditions, let index = conditions.firstIndex(of: condition)
      else {
        throw .unsupported("a regular expression that looks ahead in over \(Self.maximumConditions) ways")
      }
      return try append(.condition(index, negated: negated, next: next))
    case .sequence(let items):
      var begin = next
      for item in items.reversed() { begin = try compile(item, then: begin) }
      return begin
    case .alternation(let items):
      guard var begin = try items.last.map({ (item) throws(TokenizerError) in try compile(item, then: next) })
      else { return next }
      for item in items.dropLast().reversed() {
        begin = try append(.split(try compile(item, then: next), begin))
      }
      return begin
    case .repetition(let body, let minimum, let maximum, let lazy):
      return try compileRepetition(body, minimum, maximum, lazy: lazy, then: next)
    }
  }

  private mutating func compileRepetition(
    _ body: Pattern, _ minimum: Int, _ maximum: Int?, lazy: Bool, then next: Int
  ) throws(TokenizerError) -> Int {
    var begin = next
    if let maximum {
      for _ in minimum..<maximum {
        let once = try compile(body, then: begin)
        begin = try append(lazy ? .split(next, once) : .split(once, next))
      }
    } else {
      let loop = try append(.match)
      let once = try compile(body, then: loop)
      instructions[loop] = lazy ? .split(next, once) : .split(once, next)
      begin = loop
    }
    for _ in 0..<minimum {
      let length = instructions.count
      begin = try compile(body, then: begin)
      // What compiles to nothing matches the empty text, however often.
      if instructions.count == length { break }
    }
    return begin
  }
}
