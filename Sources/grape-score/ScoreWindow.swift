import Commands
import Inference
import Records
import Streams
import Tokenization

/// Records that wait to be scored together: read, checked and packed until the batch is full, then scored and written
/// in the order in which they came.
///
/// The first batches are small, so that the first scores come out at once; scores do not depend on it.
struct ScoreWindow: ~Copyable {
  private let model: LanguageModel
  private let filter: Filter
  private let tokenizer: Tokenizer?
  private let size: Int
  private let prefixMemory: Int
  private var report: ScoreReport

  private var batch: PackedBatch
  private var waiting: [(line: HeldLine, predictions: Int)] = []
  private var waitingBytes = 0
  private var currentSize: Int

  /// What has been computed so far.
  private(set) var work = Work()

  private var parser = JSONParser()
  private var tokens: [UInt32] = []
  private var spans: [Range<Int>] = []
  private var bytes: [UInt8] = []

  private static let firstSize = 128
  /// Records wait for the batch to fill up to this many bytes, as some need no row of their own.
  private static let maximumBytes = 32 << 20

  /// - Parameters:
  ///   - tokenizer: the model's tokenizer, which must have made the tokens; nil for any.
  ///   - size: rows of a full batch.
  ///   - prefixMemory: bytes for what is kept from batch to batch of a common beginning.
  init(
    model: LanguageModel, filter: Filter, report: ScoreReport, tokenizer: Tokenizer?, size: Int,
    sharesPrefixes: Bool, prefixMemory: Int
  ) {
    self.model = model
    self.filter = filter
    self.report = report
    self.tokenizer = tokenizer
    self.size = size
    self.prefixMemory = prefixMemory
    currentSize = min(size, Self.firstSize)
    batch = PackedBatch(sharesPrefixes: sharesPrefixes, longestShort: model.longestShort)
  }

  /// Takes a record in; scores and writes what waits when that fills the batch.
  ///
  /// - Throws: `ScoreError`, `JSONError` or `GrapeError` for a bad record.
  mutating func add(_ line: SourceLine) throws {
    _ = try check(line)
    waiting.append((line.held(), batch.append(tokens, spans: spans)))
    waitingBytes += line.bytes.count
    filter.count(tokens: tokens.count)
    if batch.rowCount >= currentSize || waitingBytes >= Self.maximumBytes { try flush() }
  }

  /// Whether the record's scores are there already, in an output that is resumed.
  ///
  /// - Throws: as `add` does, so that bad records are found again; `ResumptionError` when something else is there.
  mutating func isDone(_ line: SourceLine, _ resumption: Resumption) throws -> Bool {
    let member = try check(line)
    return try resumption.skips(member, report)
  }

  /// Reads a record's tokens and spans.
  private mutating func check(_ line: SourceLine) throws -> GrapeMember {
    let member = try GrapeMember(of: parser.parse(line.bytes))
    try member.readTokens(into: &tokens)
    try member.readSpans(into: &spans, tokenCount: tokens.count)
    try checkTokenizer(member, line)
    guard tokens.count <= model.maximumPositions else {
      throw ScoreError.tooLong(tokens: tokens.count, limit: model.maximumPositions)
    }
    if let unknown = tokens.first(where: { Int($0) >= model.vocabularySize }) {
      throw ScoreError.unknownToken(unknown, vocabulary: model.vocabularySize)
    }
    guard spans.contains(where: { $0.upperBound > max(1, $0.lowerBound) }) else {
      throw ScoreError.nothingToScore
    }
    return member
  }

  /// Scores and writes what waits.
  mutating func flush() throws {
    guard !waiting.isEmpty else { return }
    work += model.work(of: batch)
    filter.summary = work.description
    let (scores, prefix) = model.score(batch, ranks: report.isPerToken, keepingWithin: prefixMemory)
    var at = 0
    for (line, predictions) in waiting {
      try write(line, scores, at..<at + predictions)
      at += predictions
    }
    batch.removeAll(behind: prefix)
    waiting.removeAll(keepingCapacity: true)
    waitingBytes = 0
    currentSize = min(size, currentSize * 2)
  }

  private mutating func write(_ line: HeldLine, _ scores: TokenScores, _ range: Range<Int>) throws {
    bytes.removeAll(keepingCapacity: true)
    let isScored = try line.bytes.withUnsafeBytes { text in
      // It has been parsed before, so that nothing here can be wrong with it.
      try report.append(GrapeMember(of: parser.parse(text)), scores, range, to: &bytes)
    }
    guard isScored else { return try filter.reject(line, ScoreError.notFinite.description) }
    try bytes.withUnsafeBytes { try filter.output.write($0) }
    try filter.output.endRecord(filter.separator)
  }

  private func checkTokenizer(_ member: GrapeMember, _ line: SourceLine) throws {
    guard let tokenizer, let found = member.tokenizer?.string, !tokenizer.made(found) else { return }
    filter.fail(
      "\(line.file):\(line.number): the tokens were made by \(found), and the model's tokenizer is \(tokenizer.identity)"
        + " (--any-tokenizer takes them nevertheless)")
  }
}

/// Why a record cannot be scored.
enum ScoreError: RecordError {
  case tooLong(tokens: Int, limit: Int)
  case unknownToken(UInt32, vocabulary: Int)
  case nothingToScore
  case notFinite

  var description: String {
    switch self {
    case .tooLong(let tokens, let limit):
      "\(tokens) tokens, and the model takes \(limit) (grape-tokenize --max-length cuts)"
    case .unknownToken(let id, let vocabulary):
      "token id \(id) is not in the model's vocabulary of \(vocabulary)"
    case .nothingToScore: "no response token with anything before it"
    case .notFinite: "the model gives no finite log-probability"
    }
  }
}
