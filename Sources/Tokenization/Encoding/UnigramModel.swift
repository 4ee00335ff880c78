/// What the most probable segmentation needs, where it lies in the compiled tokenizer.
struct UnigramModel {
  let trie: TokenTrie
  /// The token for what has none, and its score.
  let unknown: UInt32
  let unknownScore: Double
  /// Scores and their sums are single-precision numbers, as in SentencePiece; otherwise double.
  let isSingle: Bool
  /// A run of unknown characters that is a token together is that token, as in Hugging Face tokenizers.
  let findsUnknownRuns: Bool
  /// For each byte the token that spells it, or `CacheSection.none`; all none without byte fallback.
  let byteTokens: UnsafePointer<UInt32>
  private let scores: UnsafePointer<UInt64>

  /// nil when some number leads outside.
  init?(
    trie: TokenTrie, scores: UnsafeBufferPointer<UInt64>, unknown: UInt32, isSingle: Bool,
    byteTokens: UnsafePointer<UInt32>, vocabularySize: Int
  ) {
    guard scores.count == vocabularySize + 1, let base = scores.baseAddress else { return nil }
    self.trie = trie
    self.scores = base
    self.unknown = unknown
    unknownScore = Double(bitPattern: scores[vocabularySize])
    self.isSingle = isSingle
    findsUnknownRuns = !isSingle
    self.byteTokens = byteTokens
  }

  @inline(__always)
  func score(_ token: UInt32) -> Double { Double(bitPattern: scores[Int(token)]) }
}
