extension TokenizerCompiler {
  /// A pattern on its way to the compiled form.
  private struct Matcher {
    var automaton: PatternAutomaton
    /// The automata of what the pattern looks ahead for, when it looks further than at one character; see
    /// `ContextualAutomaton`.
    var conditions: [PatternAutomaton]?
  }

  /// A step of the pre-tokenizer on its way to the compiled form.
  private struct Step {
    var row: StepTable.Row
    var matcher: Matcher?
    var behavior = SplitBehavior.isolated
    var isInverted = false
  }

  /// Automata on their way to the compiled form.
  private struct Automata {
    let asciiClasses: [UInt8]
    var transitions: [UInt32] = []
    var runs = ByteRun.none

    /// Appends a pattern's automata and says where they lie in a step's row.
    mutating func append(_ matcher: Matcher, to row: inout StepTable.Row) throws(TokenizerError) {
      row.firstTransition = UInt32(transitions.count)
      if let conditions = matcher.conditions {
        let table = ContextualAutomaton.numbers(matcher.automaton, conditions: conditions)
        row.argument |= StepTable.contextualFlag
        row.transitionCount = UInt32(table.count)
        transitions += table
      } else {
        row.transitionCount = UInt32(matcher.automaton.stateCount)
        try append(matcher.automaton)
      }
    }

    /// Appends an automaton, with rows as offsets and with each state's run.
    private mutating func append(_ automaton: PatternAutomaton) throws(TokenizerError) {
      guard automaton.transitions.count < Automaton.maximumSize else {
        throw .unsupported("a pre-tokenizer that needs over \(Automaton.maximumSize) transitions")
      }
      let runNumbers = (0..<automaton.stateCount).map { state in
        guard let run = ByteRun(of: state, automaton, asciiClasses: asciiClasses),
          runs.count / ByteRun.size <= Automaton.maximumRun
        else { return 0 }
        runs += run.bytes
        return runs.count / ByteRun.size - 1
      }
      transitions += automaton.transitions.map { entry in
        let next = Int(entry >> 1)
        return Automaton.entry(next * automaton.stride, run: runNumbers[next], matches: entry & 1 != 0)
      }
    }
  }

  /// Writes the steps of the normalizer, the pre-tokenizer and the decoder. Returns the
  /// number of classes of characters.
  mutating func compileSteps() throws(TokenizerError) -> Int {
    var patterns: [(pattern: Pattern, name: String)] = []
    for case .replace(let pattern, let name, _) in definition.normalizers { patterns.append((pattern, name)) }
    for case .split(let pattern, let name, _, _) in definition.steps { patterns.append((pattern, name)) }
    // The programs of each pattern and, after it, of its conditions.
    var programs: [[PatternProgram]] = []
    for (pattern, _) in patterns { programs.append(try PatternProgram.withConditions(pattern)) }
    let cuts = pieceCuts()
    let classes = try CharacterClasses(
      telling: programs.flatMap { $0.flatMap(\.sets) } + (cuts?.groups ?? []))
    var members = classes.members[...]
    var matchers: [Matcher] = []
    for (programs, (_, name)) in zip(programs, patterns) {
      var automata: [PatternAutomaton] = []
      for program in programs {
        automata.append(
          try PatternAutomaton(
            program, classCount: classes.count, members: Array(members.prefix(program.sets.count)),
            name: name, goal: automata.isEmpty ? .match : .ends))
        members = members.dropFirst(program.sets.count)
      }
      let isPlain = automata[0].isPlain
      matchers.append(
        Matcher(automaton: automata[0], conditions: isPlain ? nil : Array(automata.dropFirst())))
    }
    if let cuts {
      // A class of characters is in one group.
      let groups = (0..<classes.count).map { type in members.firstIndex { $0[type] } ?? members.startIndex }
      matchers.append(Matcher(automaton: cuts.automaton(groups.map { $0 - members.startIndex })))
    }
    let table = twoStageTable(classes.runs)
    writer.set(.classBlocks, table.blocks)
    writer.set(.classes, table.values)
    var written = Automata(asciiClasses: Array(table.values.prefix(128)))
    try writeNormalizers(&matchers, &written)
    try writeSplits(matchers, &written)
    writeDecoders()
    writer.set(.transitions, written.transitions)
    writer.set(.runs, written.runs)
    writer.set(.stepBytes, stepBytes)
    return classes.count
  }

  /// The numbers of a step's row.
  private mutating func numbers(_ row: StepTable.Row) -> [UInt32] {
    defer { stepBytes += row.bytes }
    return [
      row.kind.rawValue, row.argument, row.firstTransition, row.transitionCount, UInt32(stepBytes.count),
      UInt32(row.bytes.count),
    ]
  }

  private mutating func writeNormalizers(
    _ matchers: inout [Matcher], _ written: inout Automata
  ) throws(TokenizerError) {
    var rows: [UInt32] = []
    for step in definition.normalizers {
      var row: StepTable.Row
      switch step {
      case .form(let form): row = StepTable.Row(kind: .form, argument: form.rawValue)
      case .replace(_, _, let content):
        row = StepTable.Row(kind: .replace, bytes: content)
        try written.append(matchers.removeFirst(), to: &row)
      case .prepend(let string): row = StepTable.Row(kind: .prepend, bytes: string)
      case .strip(let left, let right):
        row = StepTable.Row(kind: .strip, argument: (left ? 1 : 0) | (right ? 2 : 0))
      case .lowercase: row = StepTable.Row(kind: .lowercase)
      case .stripAccents: row = StepTable.Row(kind: .stripAccents)
      case .nmt: row = StepTable.Row(kind: .nmt)
      case .byteLevel: row = StepTable.Row(kind: .byteLevel)
      case .sentencePiece(let specification):
        row = StepTable.Row(kind: .sentencePiece, bytes: specification.bytes)
      }
      rows += numbers(row)
    }
    writer.set(.normalizers, rows)
  }

  private mutating func writeSplits(
    _ matchers: [Matcher], _ written: inout Automata
  ) throws(TokenizerError) {
    var matchers = matchers
    var steps: [Step] = []
    for step in definition.steps {
      switch step {
      case .split(_, _, let behavior, let inverted):
        steps.append(
          Step(
            row: StepTable.Row(kind: .split), matcher: matchers.removeFirst(), behavior: behavior,
            isInverted: inverted))
        fuseLast(&steps)
      case .prefixSpace: steps.append(Step(row: StepTable.Row(kind: .prefixSpace)))
      case .metaspace(let mark, let prefix):
        let bytes = Array(String(mark).utf8)
        steps.append(Step(row: StepTable.Row(kind: .metaspace, argument: prefix.rawValue, bytes: bytes)))
      case .byteLevel: steps.append(Step(row: StepTable.Row(kind: .byteLevel)))
      }
    }
    if let cuts = matchers.first {
      steps.append(Step(row: StepTable.Row(kind: .split), matcher: cuts))
      fuseLast(&steps)
    }
    var rows: [UInt32] = []
    for step in steps {
      var row = step.row
      if let matcher = step.matcher {
        row.argument = step.behavior.rawValue | (step.isInverted ? StepTable.invertedFlag : 0)
        try written.append(matcher, to: &row)
      }
      rows += numbers(row)
    }
    writer.set(.steps, rows)
    if steps.count == 1, steps[0].behavior == .isolated, let matcher = steps[0].matcher,
      matcher.conditions == nil,
      let table = SplittingAutomaton(matcher.automaton).flatMap(SplitTable.build)
    {
      writer.set(.splitting, table.transitions)
      writer.set(.surePairs, table.surePairs)
    }
  }

  /// Makes one split of the last two where both keep matches and gaps apart and their automata fuse.
  private func fuseLast(_ steps: inout [Step]) {
    guard steps.count >= 2 else { return }
    let last = steps[(steps.count - 2)...]
    guard
      last.allSatisfy({ $0.behavior == .isolated && !$0.isInverted && $0.matcher?.conditions == nil }),
      let first = last.first?.matcher?.automaton, let second = last.last?.matcher?.automaton,
      let fused = first.fused(with: second)
    else { return }
    steps.removeLast(2)
    steps.append(Step(row: StepTable.Row(kind: .split), matcher: Matcher(automaton: fused)))
  }

  private mutating func writeDecoders() {
    var rows: [UInt32] = []
    for step in definition.decoders {
      let row =
        switch step {
        case .byteLevel: StepTable.Row(kind: .byteLevel)
        case .replace(let old, let new):
          StepTable.Row(kind: .replaceString, argument: UInt32(old.count), bytes: old + new)
        case .byteFallback: StepTable.Row(kind: .byteFallback)
        case .fuse: StepTable.Row(kind: .fuse)
        case .strip(let character, let start, let stop):
          StepTable.Row(
            kind: .stripCharacter, argument: character.value, firstTransition: UInt32(start),
            transitionCount: UInt32(stop))
        case .metaspace(let mark, let dropsFirst):
          StepTable.Row(kind: .metaspaceMark, argument: mark.value, firstTransition: dropsFirst ? 1 : 0)
        case .joinWithSpaces: StepTable.Row(kind: .joinWithSpaces)
        }
      rows += numbers(row)
    }
    writer.set(.decoders, rows)
  }
}
