extension TokenizerDefinition {
  /// Adds a merge of two tokens by their strings, after those already there.
  ///
  /// - Throws: `TokenizerError.malformed` when either, or both together, are not in the vocabulary.
  mutating func appendMerge(
    _ left: some Collection<UInt8>, _ right: some Collection<UInt8>
  ) throws(TokenizerError) {
    guard merges.count < Int(MergeTable.noRank) - 1 else { throw .unsupported("so many merges") }
    guard let first = vocabulary.id(of: left) else { throw .malformed(Self.outOfVocabulary(left)) }
    guard let second = vocabulary.id(of: right) else { throw .malformed(Self.outOfVocabulary(right)) }
    guard vocabulary.id(joining: first, second) != nil else {
      throw .malformed(Self.outOfVocabulary(Array(left) + Array(right)))
    }
    merges.append((first, second))
  }

  private static func outOfVocabulary(_ string: some Collection<UInt8>) -> String {
    "the merges have '\(String(decoding: string, as: UTF8.self))', which the vocabulary has not"
  }
}

extension PreTokenizerStep {
  /// A split at the matches of a regular expression.
  ///
  /// - Throws: `TokenizerError.pattern` when it cannot be compiled.
  static func split(
    regularExpression source: String, _ behavior: SplitBehavior, inverted: Bool = false
  ) throws(TokenizerError) -> PreTokenizerStep {
    .split(try PatternParser.parse(source), name: source, behavior, inverted: inverted)
  }
}
