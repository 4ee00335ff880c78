extension SpaceMark {
  /// Takes the steps out of a definition that only write a mark for each space; nil, and the definition as it
  /// was, where there are none or they cannot be taken apart from the rest.
  init?(extractedFrom definition: inout TokenizerDefinition) {
    guard definition.spelling == .characters, Self.keepsOrder(definition) else { return nil }
    if let mark = Self.fromNormalizers(&definition) ?? Self.fromSteps(&definition) {
      self = mark
    } else {
      return nil
    }
  }

  /// `Replace` of spaces by the mark, with or without a `Prepend` of it.
  private static func fromNormalizers(_ definition: inout TokenizerDefinition) -> SpaceMark? {
    var mark: Unicode.Scalar?
    var prepended: [UInt8]?
    for step in definition.normalizers {
      switch step {
      case .prepend(let string) where prepended == nil: prepended = string
      case .replace(Pattern(literal: " "), _, let content) where mark == nil:
        mark = Self.only(content)
      default: return nil
      }
    }
    // The mark must be a token, and added tokens must not take white space, which the mark is not.
    guard let mark, mark != " ", prepended == nil || Self.only(prepended ?? []) == mark,
      isToken(mark, definition), !definition.addedTokens.contains(where: takesNormalizedSpace)
    else { return nil }
    var steps = definition.steps
    // In normalized text there is nothing for these to split at.
    steps.removeAll { if case .split(Pattern(literal: " "), _, _, false) = $0 { true } else { false } }
    guard steps.allSatisfy({ $0.isSame(for: mark) }) else { return nil }
    definition.normalizers = []
    definition.steps = steps
    return SpaceMark(mark: mark, prefix: prepended == nil ? .never : .always, place: .normalizer)
  }

  /// `Metaspace`, with or without splitting.
  private static func fromSteps(_ definition: inout TokenizerDefinition) -> SpaceMark? {
    guard definition.normalizers.isEmpty, case .metaspace(let mark, let prefix)? = definition.steps.first,
      isToken(mark, definition)
    else { return nil }
    let rest = definition.steps.dropFirst()
    if let split = rest.first {
      guard rest.count == 1, case .split(Pattern(literal: String(mark)), _, .mergedWithNext, false) = split
      else {
        return nil
      }
      // Each space begins a piece.
      let other = Pattern.characters(CodePointSet(0x20).inverted)
      definition.steps = [
        .split(
          .alternation([
            .sequence([
              Pattern(literal: " "), .repetition(body: other, minimum: 0, maximum: nil, lazy: false),
            ]),
            .repetition(body: other, minimum: 1, maximum: nil, lazy: false),
          ]), name: "Metaspace", .isolated, inverted: false)
      ]
    } else {
      definition.steps = []
    }
    let prefixes: [MetaspacePrefix: Prefix] = [.always: .unlessSpace, .first: .first, .never: .never]
    return SpaceMark(mark: mark, prefix: prefixes[prefix] ?? .never, place: .preTokenizer)
  }

  /// Whether each token stands for the text at its place, and none is left out. Otherwise the reference's
  /// ends depend on how long marks are; see `CharacterMerger`.
  static func keepsOrder(_ definition: TokenizerDefinition) -> Bool {
    guard case .merges = definition.model else { return true }
    return definition.byteFallback
      ? definition.fallbackTokens.allSatisfy { $0 != nil } : definition.unknown != nil
  }

  private static func isToken(_ mark: Unicode.Scalar, _ definition: TokenizerDefinition) -> Bool {
    definition.vocabulary.id(of: String(mark).utf8) != nil
  }

  private static func takesNormalizedSpace(_ token: AddedToken) -> Bool {
    token.flags.contains(.normalized) && !token.flags.isDisjoint(with: [.stripsLeft, .stripsRight])
  }

  private static func only(_ string: [UInt8]) -> Unicode.Scalar? {
    let scalars = String(decoding: string, as: UTF8.self).unicodeScalars
    return scalars.count == 1 ? scalars.first : nil
  }
}

extension PreTokenizerStep {
  /// Whether a split does the same with spaces in a text as with marks.
  fileprivate func isSame(for mark: Unicode.Scalar) -> Bool {
    guard case .split(let pattern, _, _, _) = self, let programs = try? PatternProgram.withConditions(pattern)
    else {
      return false
    }
    return programs.allSatisfy { $0.sets.allSatisfy { $0.contains(0x20) == $0.contains(mark.value) } }
  }
}
