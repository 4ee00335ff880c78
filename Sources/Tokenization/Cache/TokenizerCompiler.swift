/// Compiles a tokenizer's definition to the image of its file.
struct TokenizerCompiler {
  private var definition: TokenizerDefinition
  private var writer = CacheImage.Writer()

  /// - Parameters:
  ///   - definition: what an importer has read.
  ///   - source: the digest of the source.
  /// - Returns: the image, which `TokenizerTables` reads.
  /// - Throws: `TokenizerError` when something in the definition cannot be compiled.
  static func compile(_ definition: TokenizerDefinition, source: UInt64) throws(TokenizerError) -> [UInt8] {
    var compiler = TokenizerCompiler(definition: definition)
    try compiler.compile()
    return compiler.writer.image(source: source)
  }

  private init(definition: TokenizerDefinition) { self.definition = definition }

  private mutating func compile() throws(TokenizerError) {
    compileVocabulary()
    try compileParameters(classCount: try compileSteps())
    compileNormalization()
    try compileAddedTokens()
  }

  private var hasNFC: Bool { definition.normalizers == [.form(.nfc)] }

  /// The ids from 0 up to this cover all tokens.
  private var vocabularySize: Int {
    definition.addedTokens.reduce(definition.vocabulary.size) { max($0, Int($1.id) + 1) }
  }

  private mutating func compileParameters(classCount: Int) throws(TokenizerError) {
    let size = UInt32(vocabularySize)
    writer.set(
      .parameters,
      [
        size, definition.beginning ?? CacheSection.none, definition.end ?? CacheSection.none,
        UInt32(classCount),
        (hasNFC ? 1 : 0),
      ])
    for id in definition.prefix + definition.suffix where id >= size {
      throw .malformed("the post-processor adds the token \(id), which there is not")
    }
    writer.set(.prefix, definition.prefix)
    writer.set(.suffix, definition.suffix)
  }

  // MARK: Vocabulary and merges

  private mutating func compileVocabulary() {
    var offsets: [UInt32] = [0]
    var bytes: [UInt8] = []
    // Tokens whose strings spell bytes; only those can come of a text by merging.
    var spelled: [UInt32] = []
    var byteTokens = [UInt32](repeating: CacheSection.none, count: 256)
    var added: [UInt32: [UInt8]] = [:]
    for token in definition.addedTokens { added[token.id] = token.content }
    for id in 0..<UInt32(vocabularySize) {
      let string = definition.vocabulary.string(id)
      let start = bytes.count
      if !string.isEmpty, ByteLevel.append(string, to: &bytes) {
        spelled.append(id)
        if bytes.count == start + 1 { byteTokens[Int(bytes[start])] = id }
      } else {
        let content = string.isEmpty ? ArraySlice(added[id] ?? []) : string
        if !ByteLevel.append(content, to: &bytes) { bytes += content }
      }
      offsets.append(UInt32(bytes.count))
    }
    bytes += [UInt8](repeating: 0, count: 16)

    var merges: [(left: UInt32, right: UInt32, token: UInt32)] = []
    merges.reserveCapacity(definition.merges.count)
    for (left, right) in definition.merges {
      // There is one; see `TokenizerDefinition.appendMerge`.
      guard let token = definition.vocabulary.id(joining: left, right) else { continue }
      merges.append((left, right, token))
    }
    let table = MergeTable.Builder(merges, byteTokens: byteTokens)
    writer.set(.tokenOffsets, offsets)
    writer.set(.tokenBytes, bytes)
    writer.set(.byteTokens, byteTokens)
    writer.set(.merges, table.slots)
    writer.set(.mergedTokens, table.merged)
    writer.set(.bytePairs, table.bytePairs)
    writer.set(.words, WordTable.build(words(spelled, offsets, bytes, byteTokens, table)))
  }

  /// The tokens that a piece equal to them becomes: all, if the model looks there before merging; otherwise those
  /// that merging makes of their bytes.
  private func words(
    _ spelled: [UInt32], _ offsets: [UInt32], _ bytes: [UInt8], _ byteTokens: [UInt32],
    _ table: MergeTable.Builder
  ) -> [(id: UInt32, hash: UInt64)] {
    var words: [(id: UInt32, hash: UInt64)] = []
    withTable(table, byteTokens) { table, byteTokens in
      var merger = Merger(byteTokens: byteTokens, table: table)
      var made = TokenBuffer()
      bytes.withUnsafeBufferPointer { bytes in
        guard let base = bytes.baseAddress else { return }
        for id in spelled {
          let start = Int(offsets[Int(id)])
          let count = Int(offsets[Int(id) + 1]) - start
          if !definition.ignoresMerges {
            made.reserve(count)
            let tokens = merger.merge(base + start, count: count, ids: made.ids, ends: made.ends, offset: 0)
            guard tokens == 1, made.ids[0] == id else { continue }
          }
          words.append((id, pieceHash(base + start, count: count, limit: base + bytes.count)))
        }
      }
    }
    return words
  }

  private func withTable(
    _ table: MergeTable.Builder, _ byteTokens: [UInt32], _ body: (MergeTable, UnsafePointer<UInt32>) -> Void
  ) {
    table.slots.withUnsafeBufferPointer { slots in
      table.merged.withUnsafeBufferPointer { merged in
        table.bytePairs.withUnsafeBufferPointer { bytePairs in
          byteTokens.withUnsafeBufferPointer { byteTokens in
            guard let base = byteTokens.baseAddress,
              let table = MergeTable(
                slots: slots, merged: merged, bytePairs: bytePairs, vocabularySize: UInt32(vocabularySize))
            else { return }
            body(table, base)
          }
        }
      }
    }
  }

  // MARK: Pre-tokenizer

  /// A step on its way to the compiled form.
  private struct Step {
    /// nil for one that puts spaces before pieces.
    var automaton: PatternAutomaton?
    /// The automata of what the pattern looks ahead for, when it looks further than at one character; see
    /// `ContextualAutomaton`.
    var conditions: [PatternAutomaton]?
    var behavior = SplitBehavior.isolated
    var isInverted = false
  }

  /// Returns the number of classes of characters.
  private mutating func compileSteps() throws(TokenizerError) -> Int {
    // The programs of each pattern and, after it, of its conditions.
    var programs: [[PatternProgram]] = []
    for case .split(let pattern, _, _, _) in definition.steps {
      programs.append(try PatternProgram.withConditions(pattern))
    }
    let classes = try CharacterClasses(telling: programs.flatMap { $0.flatMap(\.sets) })
    var steps: [Step] = []
    var members = classes.members[...]
    for step in definition.steps {
      guard case .split(_, let name, let behavior, let inverted) = step else {
        steps.append(Step())
        continue
      }
      var automata: [PatternAutomaton] = []
      for program in programs.removeFirst() {
        automata.append(
          try PatternAutomaton(
            program, classCount: classes.count, members: Array(members.prefix(program.sets.count)),
            name: name,
            goal: automata.isEmpty ? .match : .ends))
        members = members.dropFirst(program.sets.count)
      }
      let isPlain = automata[0].isPlain
      steps.append(
        Step(
          automaton: automata[0], conditions: isPlain ? nil : Array(automata.dropFirst()), behavior: behavior,
          isInverted: inverted))
      fuseLast(&steps)
    }
    let table = twoStageTable(classes.runs)
    writer.set(.classBlocks, table.blocks)
    writer.set(.classes, table.values)
    try write(steps, asciiClasses: Array(table.values.prefix(128)))
    return classes.count
  }

  /// Makes one split of the last two where both keep matches and gaps apart and their automata fuse.
  private func fuseLast(_ steps: inout [Step]) {
    guard steps.count >= 2 else { return }
    let last = steps[(steps.count - 2)...]
    guard last.allSatisfy({ $0.behavior == .isolated && !$0.isInverted && $0.conditions == nil }),
      let first = last.first?.automaton,
      let second = last.last?.automaton, let fused = first.fused(with: second)
    else { return }
    steps.removeLast(2)
    steps.append(Step(automaton: fused))
  }

  /// Writes the steps with rows as offsets and with each state's run.
  private mutating func write(_ steps: [Step], asciiClasses: [UInt8]) throws(TokenizerError) {
    var numbers: [UInt32] = []
    var transitions: [UInt32] = []
    var runs = ByteRun.none
    for step in steps {
      guard let automaton = step.automaton else {
        numbers += [SplitStep.prefixSpaceKind, 0, 0, 0]
        continue
      }
      if let conditions = step.conditions {
        let table = ContextualAutomaton.numbers(automaton, conditions: conditions)
        numbers += [
          SplitStep.contextualSplitKind,
          step.behavior.rawValue | (step.isInverted ? SplitStep.invertedFlag : 0),
          UInt32(transitions.count), UInt32(table.count),
        ]
        transitions += table
        continue
      }
      guard automaton.transitions.count < Automaton.maximumSize else {
        throw .unsupported("a pre-tokenizer that needs over \(Automaton.maximumSize) transitions")
      }
      numbers += [
        SplitStep.splitKind, step.behavior.rawValue | (step.isInverted ? SplitStep.invertedFlag : 0),
        UInt32(transitions.count), UInt32(automaton.stateCount),
      ]
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
    writer.set(.steps, numbers)
    writer.set(.transitions, transitions)
    writer.set(.runs, runs)
    if steps.count == 1, steps[0].behavior == .isolated, let automaton = steps[0].automaton,
      let table = SplittingAutomaton(automaton).flatMap(SplitTable.build)
    {
      writer.set(.splitting, table.transitions)
      writer.set(.surePairs, table.surePairs)
    }
  }

  // MARK: Normalization and added tokens

  private mutating func compileNormalization() {
    guard hasNFC else { return }
    let data = NormalizationData()
    writer.set(.normalizationBlocks, data.blocks)
    writer.set(.normalizationProperties, data.properties)
    writer.set(.decompositions, data.decompositions)
    writer.set(.decomposed, data.decomposed)
    writer.set(.compositions, data.compositions)
  }

  private mutating func compileAddedTokens() throws(TokenizerError) {
    var plain: [(bytes: [UInt8], token: Int)] = []
    var normalized: [(bytes: [UInt8], token: Int)] = []
    let data = hasNFC ? NormalizationData() : nil
    var length = 0
    for (index, token) in definition.addedTokens.enumerated() {
      if token.flags.contains(.normalized) {
        normalized.append((data.map { $0.normalize(token.content) } ?? token.content, index))
      } else {
        plain.append((token.content, index))
      }
      length += token.content.count
    }
    // Nodes are numbered in 24 bits; normalization makes no text three times as long.
    guard length < 1 << 22 else { throw .unsupported("added tokens of more than \(1 << 22) bytes together") }
    let tries = AddedTokenTable.build(plain: plain, normalized: normalized)
    writer.set(.addedTokens, definition.addedTokens.flatMap { [$0.id, $0.flags.rawValue] })
    writer.set(.trieNodes, tries.nodes)
    writer.set(.trieEdges, tries.edges)
  }
}
