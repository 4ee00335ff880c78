import Commands
import Inference
import Records
import Streams
import Tokenization

/// Records that wait to be scored together: read, checked and packed until the batch is full, then scored and
/// written in the order in which they came.
struct ScoreWindow: ~Copyable {
  private let filter: Filter
  private let tokenizer: Tokenizer?
  private let report: ScoreReport

  private let batch: ScoringBatch
  private let refinement: Refinement?
  private var waiting: [Waiting] = []
  private var waitingBytes = 0
  private var work = Work()

  private var parser = JSONParser()
  private var tokens: [UInt32] = []
  private var spans: [Range<Int>] = []
  private var bytes = ByteBuffer()

  /// A record in the batch.
  private struct Waiting {
    let line: HeldLine
    let predictions: Int
    /// For records that may be scored again: their text, and the group's key as it is spelled.
    let again: (tokens: [UInt32], spans: [Range<Int>], key: [UInt8])?
  }

  /// Records wait for the batch to fill up to this many bytes, as some need no row of their own.
  private static let maximumBytes = 32 << 20

  /// - Parameters:
  ///   - batch: an empty one.
  ///   - refinement: what scores groups again; nil where nothing does.
  ///   - tokenizer: the model's tokenizer, which must have made the tokens; nil for any.
  init(
    filter: Filter, report: ScoreReport, batch: ScoringBatch, refinement: Refinement?, tokenizer: Tokenizer?
  ) {
    self.filter = filter
    self.report = report
    self.batch = batch
    self.refinement = refinement
    self.tokenizer = tokenizer
  }

  /// Takes a record in; scores and writes first what waits if that is enough for a batch.
  ///
  /// - Throws: `ScoreError`, `JSONError` or `GrapeError` for a bad record.
  mutating func add(_ line: SourceLine) throws {
    let member = try check(line)
    let again = refinement == nil ? nil : (tokens, spans, try Self.key(of: member))
    if batch.isFull || waitingBytes >= Self.maximumBytes { try scoreWaiting(before: tokens) }
    waiting.append(
      Waiting(line: line.held(), predictions: batch.append(tokens, spans: spans), again: again))
    waitingBytes += line.bytes.count
    filter.count(tokens: tokens.count)
  }

  /// Whether the record's scores are there already, in an output that is resumed.
  ///
  /// - Throws: as `add` does, so that bad records are found again; `ResumptionError`
  ///   when something else is there.
  mutating func isDone(_ line: SourceLine, _ resumption: Resumption) throws -> Bool {
    let member = try check(line)
    let key = refinement == nil ? nil : try Self.key(of: member)
    guard let model = try resumption.skip(member, report) else { return false }
    if let key { refinement?.resume(key, isExact: model == refinement?.model.identity) }
    return true
  }

  /// The record's group, as it is spelled.
  private static func key(of member: GrapeMember) throws(GrapeError) -> [UInt8] {
    guard let group = member.group else { throw .missing("group") }
    return Array(group.raw)
  }

  /// Reads a record's tokens and spans.
  private mutating func check(_ line: SourceLine) throws -> GrapeMember {
    let member = try GrapeMember(of: parser.parse(line.bytes))
    try member.readTokens(into: &tokens)
    try member.readSpans(into: &spans, tokenCount: tokens.count)
    try checkTokenizer(member, line)
    guard tokens.count <= batch.model.maximumPositions else {
      throw ScoreError.tooLong(tokens: tokens.count, limit: batch.model.maximumPositions)
    }
    if let unknown = tokens.first(where: { Int($0) >= batch.model.vocabularySize }) {
      throw ScoreError.unknownToken(unknown, vocabulary: batch.model.vocabularySize)
    }
    guard spans.contains(where: { $0.upperBound > max(1, $0.lowerBound) }) else {
      throw ScoreError.nothingToScore
    }
    return member
  }

  /// Scores and writes what is in hand, but for the running group where groups may be scored again.
  mutating func flush() throws {
    try scoreWaiting(before: nil)
    refinement?.finish(counting: &work)
    try writeReady()
  }

  /// Scores and writes everything. After an interruption the running group's other records are
  /// not known, and it is left out.
  mutating func finish() throws {
    try scoreWaiting(before: [])
    if Interruption.signal == nil { refinement?.endGroup(counting: &work) }
    try flush()
  }

  /// - Parameter next: the text that comes next; nil where it is not known yet.
  private mutating func scoreWaiting(before next: [UInt32]?) throws {
    guard !waiting.isEmpty else { return }
    let scores = batch.score(before: next, counting: &work)
    var at = 0
    for record in waiting {
      let range = at..<at + record.predictions
      if let (tokens, spans, key) = record.again {
        let scored = Refinement.Scored(line: record.line, tokens: tokens, spans: spans, fast: scores[range])
        refinement?.append(scored, key: key, counting: &work)
      } else {
        try write(record.line, scores, range, batch.model.identity)
      }
      at = range.upperBound
    }
    waiting.removeAll(keepingCapacity: true)
    waitingBytes = 0
    try writeReady()
    // Scores take long; who waits for the first ones need not wait for a full buffer.
    try filter.output.flush()
  }

  private mutating func writeReady() throws {
    filter.summary = work.description
    guard let refinement else { return }
    filter.summary = "\(work), \(refinement.summary)"
    for record in refinement.takeReady() {
      let model = record.isExact ? refinement.model : batch.model
      try write(record.line, record.scores, record.scores.logprobs.indices, model.identity)
    }
  }

  private mutating func write(
    _ line: HeldLine, _ scores: TokenScores, _ range: Range<Int>, _ model: String
  ) throws {
    bytes.removeAll()
    let isScored = try line.bytes.withUnsafeBytes { text in
      // It has been parsed before, so that nothing here can be wrong with it.
      try report.append(GrapeMember(of: parser.parse(text)), scores, range, model: model, to: &bytes)
    }
    guard isScored else { return try filter.reject(line, ScoreError.notFinite.description) }
    try filter.output.write(bytes.raw)
    try filter.output.endRecord(filter.separator)
  }

  private func checkTokenizer(_ member: GrapeMember, _ line: SourceLine) throws {
    guard let tokenizer, let found = member.tokenizer?.string, !tokenizer.made(found) else { return }
    filter.fail(
      "\(line.file.name):\(line.number): the tokens were made by \(found), and the model's tokenizer is \(tokenizer.identity)"
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
