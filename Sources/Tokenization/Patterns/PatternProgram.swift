/// A regular expression as a nondeterministic automaton with priorities (Thompson's construction).
package struct PatternProgram {
  enum Instruction: Equatable {
    /// Consumes one code point of a class in the set and goes on at `next`.
    case consume(set: Int, next: Int)
    /// Goes on at both places, the first preferred.
    case split(Int, Int)
    /// Goes on where the next code point is in the set, or, with `atEnd`, at the end of the text.
    case lookahead(set: Int, atEnd: Bool, next: Int)
    /// The pattern has matched.
    case match
  }

  private(set) var instructions: [Instruction] = []
  /// The character sets that instructions name by index.
  package private(set) var sets: [CodePointSet] = []
  private(set) var start = 0

  /// Counted repetitions are unrolled; this bounds the result.
  static let maximumLength = 20_000

  package init(_ pattern: Pattern) throws(TokenizerError) {
    let end = try append(.match)
    start = try compile(pattern, then: end)
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
    for _ in 0..<minimum { begin = try compile(body, then: begin) }
    return begin
  }
}
