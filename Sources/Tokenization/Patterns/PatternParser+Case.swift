extension PatternParser {
  /// Under `(?i)`, the set with all that its members match without regard to case.
  func folded(_ set: CodePointSet) throws(TokenizerError) -> CodePointSet {
    options.ignoresCase ? set.withOtherCases : set
  }

  /// Refuses what would match several characters for one or one for several: under `(?i)` the reference
  /// matches ß for ss and ss for ß, ﬁ for fi, and so on.
  ///
  /// - Parameters:
  ///   - atom: what has just been read.
  ///   - first: where it begins in the source.
  ///   - literals: the literal characters just before it; updated.
  func refuseMultipleFold(
    _ atom: Pattern, from first: Int, after literals: inout [UInt32]
  ) throws(TokenizerError) {
    guard case .characters(let set) = atom, let least = set.ranges.first?.lowerBound else {
      literals = []
      return
    }
    if characters[first] == UInt32(UInt8(ascii: "[")) {
      literals = []
      // Negated, it matches single characters only. Any number of characters of a class that has
      // those several too match anyway.
      let isNegated = first + 1 < characters.count && characters[first + 1] == UInt32(UInt8(ascii: "^"))
      let isRepeated = isNext("*") || isNext("+")
      let isRefused = CaseFolding.multiple.contains { character, expansion in
        set.contains(character) && !(isRepeated && expansion.allSatisfy(set.contains))
      }
      guard isNegated || !isRefused else {
        throw error("a class with characters that stand for several without regard to case is not supported")
      }
    } else if set == CodePointSet(least).withOtherCases {
      if CaseFolding.multiple.contains(where: { $0.character == least }) {
        throw error("a character that stands for several without regard to case is not supported")
      }
      literals.append(least)
      for (_, expansion) in CaseFolding.multiple where literals.suffix(expansion.count) == expansion[...] {
        let text = String(String.UnicodeScalarView(expansion.compactMap(Unicode.Scalar.init)))
        throw error("'\(text.lowercased())' without regard to case is not supported")
      }
    } else {
      literals = []
    }
  }
}

/// Which characters match which without regard to case, as Oniguruma has it.
enum CaseFolding {
  /// Characters that match several: the character, and the least of what each of the several matches.
  static let multiple: [(character: UInt32, expansion: [UInt32])] = stride(
    from: 0, to: UnicodeData.multipleFolds.count, by: 4
  ).map { index in
    (
      UnicodeData.multipleFolds[index],
      UnicodeData.multipleFolds[(index + 1)...(index + 3)].filter { $0 != 0 }.map(least)
    )
  }

  /// Characters that match each other, by the least of them, itself included; only groups of several.
  static let groups: [UInt32: [UInt32]] = {
    var groups: [UInt32: [UInt32]] = [:]
    for (character, least) in leasts { groups[least, default: [least]].append(character) }
    return groups
  }()

  private static let leasts: [UInt32: UInt32] = {
    var leasts: [UInt32: UInt32] = [:]
    for index in stride(from: 0, to: UnicodeData.caseFolds.count, by: 2) {
      leasts[UnicodeData.caseFolds[index]] = UnicodeData.caseFolds[index + 1]
    }
    return leasts
  }()

  /// The least of the characters that match a character.
  static func least(_ character: UInt32) -> UInt32 { leasts[character] ?? character }
}

extension CodePointSet {
  /// The set with all that its members match without regard to case.
  var withOtherCases: CodePointSet {
    var members = ranges
    for group in CaseFolding.groups.values where group.contains(where: contains) {
      members += group.map { $0...$0 }
    }
    return CodePointSet(members)
  }
}
