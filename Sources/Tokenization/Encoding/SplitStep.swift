/// A step of the pre-tokenizer, compiled.
enum SplitStep {
  /// Splits each piece at the matches.
  case split(TextMatcher, SplitBehavior, inverted: Bool)
  /// Puts a space before each piece that does not begin with one.
  case prefixSpace
  /// Replaces spaces by the mark, and puts it before some of the pieces that do not begin with it.
  case metaspace([UInt8], MetaspacePrefix)
  /// Replaces bytes by the characters that spell them.
  case byteLevel
}
