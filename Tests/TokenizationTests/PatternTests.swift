import TestSupport
import Testing
import Tokenization

/// Patterns that tokenizers use, and some to try the machinery.
private let patterns = [
  #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#,
  #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
  #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}]*[\p{Ll}]+(?i:'s|'t)?|[^\r\n\p{L}\p{N}]?[\p{Lu}]+[\p{Ll}]*(?i:'s|'t)?|\p{N}{1,3}|\s+"#,
  #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#,
  "(a|ab)(c|bcd)(d*)", "a*?b|a", "(?:ab|a)(?:bc|c)?", "a{2,3}?b{0,2}|[ab]", "(?:a|b)+?(?=c)|c",
  "a(?!b)|ab+(?![^c])|.",
  "(?:a?){3}b", "x*+y|x", #"\d+(?=,)|\w"#, "[^ab]+|a(?:b(?:c(?:d)?)?)?", "(?:(?:a|b)(?:c|d)){1,2}e?",
  "aa|a(?=a)|b+?c",
]

/// Compiled patterns against a matcher that tries everything in order.
@Suite struct PatternTests {
  @Test(arguments: patterns) func automatonFindsWhatBacktrackingFinds(source: String) throws {
    let pattern = try PatternParser.parse(source)
    let machine = try Machine([pattern])
    var generator = SplitMix(seed: 1)
    for _ in 0..<600 {
      let text = randomText(&generator)
      for start in text.indices {
        let expected = Backtracker(text).matchEnd(pattern, from: start) ?? start
        #expect(machine.matchEnd(0, text, from: start, to: text.count) == expected, "\(text) at \(start)")
      }
    }
  }

  /// Two splits in a row and the automaton that stands for both.
  @Test(arguments: [#"\p{N}"#, #"\p{N}+"#, #"\p{N}{1,3}"#, "[a-c]", "[a-c]{1,2}", "[ab]+", #"\s"#])
  func fusedAutomatonSplitsAsTheTwoDo(first: String) throws {
    for second in patterns.prefix(2) + [#"\p{L}+|\p{N}{1,2}|[^\p{L}\p{N}]"#, #"[^\s]+|\s"#] {
      let machine = try Machine([PatternParser.parse(first), PatternParser.parse(second)])
      guard let fused = machine.automata[0].fused(with: machine.automata[1]) else { continue }
      var generator = SplitMix(seed: 2)
      for _ in 0..<400 {
        let text = randomText(&generator)
        var expected: [Int] = []
        for piece in machine.split(machine.automata[0], text, 0..<text.count) {
          expected += machine.split(machine.automata[1], text, piece).map(\.upperBound)
        }
        let ends = machine.split(fused, text, 0..<text.count).map(\.upperBound)
        #expect(ends == expected, "\(first) then \(second): \(text)")
      }
    }
  }

  /// Splits that leave text unmatched, three in a row, as DeepSeek has them; and split in one go.
  @Test func automataFuseOverGaps() throws {
    let sources = [
      #"\p{N}{1,3}"#, "[一-龥]+",
      #"[!'.][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
    ]
    let machine = try Machine(sources.map(PatternParser.parse))
    let two = try #require(machine.automata[0].fused(with: machine.automata[1]))
    let fused = try #require(two.fused(with: machine.automata[2]))
    let splitting = try #require(SplittingAutomaton(fused))
    let alphabet = Array("ab1234好龥é\u{301}\u{1}\u{2} \u{3000}\r\n\t.,'!+".unicodeScalars.map(\.value))
    var generator = SplitMix(seed: 7)
    for _ in 0..<3000 {
      let text = (0..<Int.random(in: 1...14, using: &generator)).map { _ in
        alphabet.randomElement(using: &generator) ?? 0
      }
      var pieces = [0..<text.count]
      for automaton in machine.automata { pieces = pieces.flatMap { machine.split(automaton, text, $0) } }
      let expected = pieces.map(\.upperBound)
      #expect(machine.split(fused, text, 0..<text.count).map(\.upperBound) == expected, "\(text)")
      #expect(machine.split(splitting, text, with: fused) == expected, "\(text)")
    }
  }

  @Test func digitsFuseWithTheSplitsOfSmolLM() throws {
    let machine = try Machine([PatternParser.parse(#"\p{N}"#), PatternParser.parse(patterns[0])])
    #expect(machine.automata[0].fused(with: machine.automata[1]) != nil)
    // A pattern that must look further to decide does not fuse.
    #expect(machine.automata[1].fused(with: machine.automata[0]) == nil)
  }

  /// One step a character and match by match; and what is said to be sure is so in all these texts.
  @Test(
    arguments: patterns.prefix(4) + [#"a|ab+c|\s+(?!\S)|[^a]"#, #"(?:ab){2}|[^b]|b"#, #"\s+x|\s|[^\s]+"#])
  func splittingAutomatonSplitsAsMatchesDo(source: String) throws {
    let machine = try Machine([PatternParser.parse(source)])
    guard let splitting = SplittingAutomaton(machine.automata[0]) else {
      // One of the patterns has no match in some characters.
      #expect(source == patterns[2])
      return
    }
    var generator = SplitMix(seed: 4)
    var surePlaces = 0
    for _ in 0..<500 {
      let text = randomText(&generator)
      let ends = machine.split(machine.automata[0], text, 0..<text.count).map(\.upperBound)
      #expect(machine.split(splitting, text) == ends, "\(text)")
      let symbols = text.map(machine.symbol)
      for place in text.indices.dropFirst() where splitting.isSure[symbols[place - 1]][symbols[place]] {
        surePlaces += 1
        #expect(ends.contains(place), "\(text) at \(place)")
      }
    }
    #expect(surePlaces > 100)
  }

  @Test(arguments: [
    ("a(?<=bc)", "lookbehind at more than one character is not supported at character 8"),
    ("(a", "missing ) at character 2"),
    ("a)", "unmatched ) at character 1"), ("[a", "unexpected end at character 2"),
    ("*a", "nothing to repeat at character 0"),
    (#"\p{Klingon}"#, "the property 'Klingon' is not supported at character 11"),
    (#"(a)\1"#, #"'\1' is not supported at character 5"#),
    (#"\Xa"#, #"'\X' is not supported at character 2"#), (#"\Ga"#, #"'\G' is not supported at character 2"#),
    (#"a\K"#, #"'\K' is not supported at character 3"#),
    ("(?>a+a)", "an atomic group like this is not supported at character 7"),
    ("(?:a|b+c)++", "a possessive quantifier on a group like this is not supported at character 11"),
    ("(?i:ß)", "a character that stands for several without regard to case is not supported at character 5"),
    (
      "(?i:[ß])",
      "a class with characters that stand for several without regard to case is not supported at character 7"
    ),
    ("(?i:mass)", "'ss' without regard to case is not supported at character 8"),
    ("(?:a*)*", "repeating what may be empty is not supported at character 7"),
    (#"\b+a"#, "repeating what may be empty is not supported at character 3"),
    ("(?=a)+", "a quantifier on an assertion is not supported at character 6"),
    ("(?x: a)", "this kind of group is not supported at character 3"),
    ("(?~ab)", "this kind of group is not supported at character 3"),
    ("a{3,2}", "the interval's bounds are out of order at character 6"),
    ("a{99999}", "a count over 1000 at character 6"), ("[z-a]", "a range that is not one at character 4"),
    ("[[:alphabet:]]", "the class [:alphabet:] is not supported at character 13"),
    ("[]", "an empty class at character 1"),
    (String(repeating: "(", count: 200), "nested too deeply at character 100"),
  ]) func whatIsNotSupportedIsNamed(source: String, reason: String) {
    #expect { try PatternParser.parse(source) } throws: { error in
      "\(error)" == "cannot compile the regular expression \(source): \(reason)"
    }
  }

  @Test func patternsThatGrowTooLargeAreRefused() throws {
    let long = try PatternParser.parse("(?:[ab]{1000}){1000}")
    #expect(throws: TokenizerError.self) { try PatternProgram(long) }
    // 2^14 states at least: which of the last 14 letters were an a.
    let wide = try PatternParser.parse("[ab]*a[ab]{14}c")
    #expect(throws: TokenizerError.self) { try Machine([wide]) }
    // Nothing, a thousand times a thousand times a thousand times.
    let nothing = try PatternParser.parse("a(?:(?:(?:){1000}){1000}){1000}")
    #expect(try PatternProgram(nothing).sets.count == 1)
    // Each nesting would double it.
    let nested = (0..<40).reduce("a") { pattern, _ in "(?>\(pattern)|bc)" }
    #expect(throws: TokenizerError.self) { try PatternParser.parse(nested) }
    // States of a thousand places each.
    let many = try PatternParser.parse("(?:[ab]{0,900}[cd]{0,900}){0,9}e")
    #expect(throws: TokenizerError.self) { try Machine([many]) }
    let conditions = try PatternParser.parse("(?=aa)(?=ab)(?=ac)(?=ad)(?=ae)a")
    #expect(throws: TokenizerError.self) { try PatternProgram(conditions) }
    let within = try PatternParser.parse("a(?=b(?=cd))")
    #expect(throws: TokenizerError.self) { try PatternProgram.withConditions(within) }
  }

  private func randomText(_ generator: inout SplitMix) -> [UInt32] {
    let alphabet = Array("aabbccddeexyABST stvlre''12,.\r\n\u{17F}é好 \u{3000}!".unicodeScalars.map(\.value))
    return (0..<Int.random(in: 1...12, using: &generator)).map { _ in
      alphabet.randomElement(using: &generator) ?? 0
    }
  }
}

/// Automata over common classes, run over code points.
private struct Machine {
  let classes: CharacterClasses
  let automata: [PatternAutomaton]

  init(_ patterns: [Pattern]) throws {
    let programs = try patterns.map { try PatternProgram($0) }
    classes = try CharacterClasses(telling: programs.flatMap(\.sets))
    var members = classes.members[...]
    var automata: [PatternAutomaton] = []
    for program in programs {
      let own = Array(members.prefix(program.sets.count))
      automata.append(try PatternAutomaton(program, classCount: classes.count, members: own, name: "test"))
      members = members.dropFirst(program.sets.count)
    }
    self.automata = automata
  }

  func matchEnd(_ index: Int, _ text: [UInt32], from start: Int, to end: Int) -> Int {
    matchEnd(automata[index], text, from: start, to: end)
  }

  func matchEnd(_ automaton: PatternAutomaton, _ text: [UInt32], from start: Int, to end: Int) -> Int {
    var state = PatternAutomaton.start
    var matched = start
    for position in start...end {
      let symbol = position == end ? classes.count : symbol(text[position])
      let (next, matches) = automaton.step(state, symbol)
      if matches { matched = position }
      if next == PatternAutomaton.dead { break }
      state = next
    }
    return matched
  }

  /// Matches and what is between them.
  func split(_ automaton: PatternAutomaton, _ text: [UInt32], _ range: Range<Int>) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    var position = range.lowerBound
    while position < range.upperBound {
      var end = matchEnd(automaton, text, from: position, to: range.upperBound)
      if end == position {
        repeat {
          end += 1
        } while end < range.upperBound
          && matchEnd(automaton, text, from: end, to: range.upperBound) == end
      }
      pieces.append(position..<end)
      position = end
    }
    return pieces
  }

  /// The ends of the pieces. Where they are unknown, they are found as above.
  func split(
    _ automaton: SplittingAutomaton, _ text: [UInt32], with plain: PatternAutomaton? = nil
  ) -> [Int] {
    var ends: [Int] = []
    var state = SplittingAutomaton.start
    var position = 0
    while position <= text.count, ends.last != text.count {
      let step = automaton.rows[state][position == text.count ? classes.count : symbol(text[position])]
      if step.isUnknown {
        let last = ends.last ?? 0
        ends.append(matchEnd(plain ?? automata[0], text, from: last, to: text.count))
        position = ends.last ?? 0
      } else {
        if step.endsBefore { ends.append(position - 1) }
        if step.endsHere || position == text.count { ends.append(position) }
        position += 1
      }
      state = step.next
    }
    return ends
  }

  func symbol(_ code: UInt32) -> Int {
    Int(classes.runs.last { $0.first <= code }?.value ?? 0)
  }
}

/// The obvious matcher: alternatives in order, repetitions by trying, everything undone on failure.
private struct Backtracker {
  let text: [UInt32]

  init(_ text: [UInt32]) { self.text = text }

  func matchEnd(_ pattern: Pattern, from start: Int) -> Int? {
    match(pattern, start) { $0 }
  }

  private func match(_ pattern: Pattern, _ position: Int, _ rest: (Int) -> Int?) -> Int? {
    switch pattern {
    case .characters(let set):
      return position < text.count && set.contains(text[position]) ? rest(position + 1) : nil
    case .lookahead(let set, let atEnd):
      return (position < text.count ? set.contains(text[position]) : atEnd) ? rest(position) : nil
    case .lookbehind(let set, let atStart):
      return (position > 0 ? set.contains(text[position - 1]) : atStart) ? rest(position) : nil
    case .condition(let condition, let negated):
      return (match(condition, position) { $0 } != nil) != negated ? rest(position) : nil
    case .sequence(let items):
      guard let first = items.first else { return rest(position) }
      return match(first, position) { match(.sequence(Array(items.dropFirst())), $0, rest) }
    case .alternation(let items):
      for item in items {
        if let end = match(item, position, rest) { return end }
      }
      return nil
    case .repetition(let body, let minimum, let maximum, let lazy):
      if maximum == 0 { return rest(position) }
      func more() -> Int? {
        match(body, position) {
          match(
            .repetition(
              body: body, minimum: max(0, minimum - 1), maximum: maximum.map { $0 - 1 }, lazy: lazy), $0, rest
          )
        }
      }
      if minimum > 0 { return more() }
      return lazy ? rest(position) ?? more() : more() ?? rest(position)
    }
  }
}
