/// Where texts can be cut before they are merged character by character: between two characters that stand
/// beside each other in no token that merging can make. No merge goes over such a place, so the parts give
/// the same tokens apart as together, and most of them are words that have been seen before.
///
/// Characters outside ASCII are taken together, and never cut apart: those without a token
/// may become one unknown token.
struct PieceCuts {
  /// Characters that are cut from the same ones, in a partition of all.
  let groups: [CodePointSet]
  /// `isCut[a][b]`: between a character of group a and one of group b.
  let isCut: [[Bool]]

  private static let asciiCount = 128

  /// - Parameters:
  ///   - texts: the texts of all tokens that merging can make.
  ///   - isKnown: whether a character of ASCII has a token.
  init(_ texts: some Sequence<[UInt8]>, isKnown: (UInt32) -> Bool) {
    // The characters of ASCII and, last, all others.
    let count = Self.asciiCount + 1
    var isJoined = [[Bool]](repeating: [Bool](repeating: false, count: count), count: count)
    for text in texts {
      var last: Int?
      for byte in text where byte & 0xC0 != 0x80 {
        let character = min(Int(byte), Self.asciiCount)
        if let last { isJoined[last][character] = true }
        last = character
      }
    }
    // Unknown characters side by side may become one token.
    let unknown = (0..<count).filter { $0 == Self.asciiCount || !isKnown(UInt32($0)) }
    for first in unknown {
      for second in unknown { isJoined[first][second] = true }
    }
    var numbers: [[Bool]: Int] = [:]
    var members: [[Int]] = []
    for character in 0..<count {
      let signature = isJoined[character] + isJoined.map { $0[character] }
      let number = numbers[signature] ?? members.count
      if number == members.count {
        numbers[signature] = number
        members.append([])
      }
      members[number].append(character)
    }
    groups = members.map { characters in
      CodePointSet(
        characters.map { character in
          let code = UInt32(character)
          return character == Self.asciiCount ? code...CodePointSet.maximum : code...code
        })
    }
    isCut = members.map { first in members.map { second in !isJoined[first[0]][second[0]] } }
  }

  /// The automaton that finds the parts between cuts.
  ///
  /// - Parameter groupOfClass: for each class of characters, its group.
  func automaton(_ groupOfClass: [Int]) -> PatternAutomaton {
    // Groups that are cut alike from what follows share a state.
    var states: [[Bool]: Int] = [:]
    var rows: [[Bool]] = []
    let stateOfGroup = isCut.map { row in
      if let known = states[row] { return known }
      states[row] = rows.count + 2
      rows.append(row)
      return rows.count + 1
    }
    func entry(_ next: Int, matches: Bool) -> UInt16 { UInt16(next) << 1 | (matches ? 1 : 0) }
    let dead = entry(PatternAutomaton.dead, matches: false)
    var transitions = [UInt16](repeating: dead, count: groupOfClass.count + 1)
    transitions += groupOfClass.map { entry(stateOfGroup[$0], matches: false) } + [dead]
    for row in rows {
      transitions += groupOfClass.map {
        entry(row[$0] ? PatternAutomaton.dead : stateOfGroup[$0], matches: true)
      }
      transitions.append(entry(PatternAutomaton.dead, matches: true))
    }
    return PatternAutomaton(transitions: transitions, stride: groupOfClass.count + 1)
  }
}

extension TokenizerCompiler {
  /// The cuts for a tokenizer that begins with characters; nil where there may be none,
  /// or pieces are short anyway.
  func pieceCuts() -> PieceCuts? {
    guard model == .characters, !definition.ignoresMerges, definition.steps.allSatisfy(\.isIsolatedSplit),
      definition.steps.count <= 1
    else { return nil }
    let fallback = definition.fallbackTokens
    var made: [[UInt8]] = []
    if case .merges = definition.model {
      // Every character is a token, its bytes or unknown, and what it is does not
      // take part in merges as such.
      let special = Set(fallback.compactMap(\.self) + [definition.unknown].compactMap(\.self))
      guard SpaceMark.keepsOrder(definition),
        !definition.merges.contains(where: { special.contains($0.left) || special.contains($0.right) })
      else { return nil }
      for (left, right) in definition.merges {
        if let token = definition.vocabulary.id(joining: left, right), let text = text(token) {
          made.append(text)
        }
      }
    } else {
      made = (0..<UInt32(vocabularySize)).compactMap(text)
    }
    return PieceCuts(made) { code in
      let string = code == 0x20 ? spaceMark.map { Array(String($0.mark).utf8) } ?? [0x20] : [UInt8(code)]
      guard let id = definition.vocabulary.id(of: string) else { return false }
      return text(id) != nil
    }
  }
}

extension PreTokenizerStep {
  /// Whether it is a split that keeps matches and what is between them apart.
  fileprivate var isIsolatedSplit: Bool {
    if case .split(_, _, .isolated, inverted: false) = self { true } else { false }
  }
}
