import Inference

/// Texts that wait to be scored together by a model in one numeric mode, and what
/// is kept from batch to batch.
///
/// The first batches are small, so that the first scores come out at once; scores do not depend on it.
final class ScoringBatch {
  struct Settings {
    /// Rows of a full batch.
    let size: Int
    let sharesPrefixes: Bool
    /// Bytes for what is kept from batch to batch of a common beginning.
    let prefixMemory: Int
    /// Whether ranks are wanted.
    let ranks: Bool
  }

  let model: LanguageModel
  private let settings: Settings
  private var batch: PackedBatch
  private var currentSize: Int

  private static let firstSize = 128

  init(_ model: LanguageModel, _ settings: Settings) {
    self.model = model
    self.settings = settings
    currentSize = min(settings.size, Self.firstSize)
    batch = PackedBatch(sharesPrefixes: settings.sharesPrefixes, longestShort: model.longestShort)
  }

  var isFull: Bool { batch.rowCount >= currentSize }

  /// Adds a text; returns how many predictions it has.
  func append(_ tokens: [UInt32], spans: [Range<Int>]) -> Int { batch.append(tokens, spans: spans) }

  /// The scores of all texts, in order; the batch is empty then.
  ///
  /// - Parameters:
  ///   - next: the text that comes next, of whose beginning is kept what the last one has too;
  ///     nil where it is not known yet.
  ///   - work: what has been computed is added.
  func score(before next: [UInt32]?, counting work: inout Work) -> TokenScores {
    work += model.work(of: batch)
    let (scores, prefix) = model.score(
      batch, ranks: settings.ranks, keepingFor: next, within: settings.prefixMemory)
    batch.removeAll(behind: prefix)
    currentSize = min(settings.size, currentSize * 2)
    return scores
  }
}
