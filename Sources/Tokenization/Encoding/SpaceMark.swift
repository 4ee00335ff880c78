/// How a tokenizer writes spaces whose vocabulary has a mark (`▁`) for each, where that is
/// nearly all it does to texts.
///
/// Its vocabulary is compiled with spaces for marks. So ordinary text is encoded where it lies; only marks in
/// the text itself, which mean the same as spaces, must be replaced.
struct SpaceMark: Equatable {
  let mark: Unicode.Scalar
  let prefix: Prefix
  let place: Place

  /// Where a space is put before a text.
  enum Prefix: UInt32 {
    case never
    /// Before every text.
    case always
    /// Before texts that do not begin with a space or mark.
    case unlessSpace
    /// Before texts that do not begin with a space or mark and lie at the beginning of the given text.
    case first
  }

  /// What texts the mark is for.
  enum Place: UInt32 {
    /// Those between added tokens that are looked for in texts as they are: it is part of the normalizer.
    case normalizer
    /// Those between all added tokens: it is part of the pre-tokenizer.
    case preTokenizer
  }
}
