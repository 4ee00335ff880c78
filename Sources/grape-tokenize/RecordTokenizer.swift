import Records
import Streams
import Templates
import Tokenization

/// Turns records into records with tokens, or into the counts of them.
struct RecordTokenizer: RecordTask, ~Copyable {
  private let settings: Settings
  private let template: Template
  private let context: Context?
  private let tokenization: TokenizedText.Options
  private let tokenizer: Tokenizer

  /// What `grape.tokenizer` says, in JSON: the tokenizer, the template and the context.
  private let identity: ByteBuffer

  private var encoder: Encoder
  private var parser = JSONParser()
  private var candidateParser = JSONParser()
  private var candidateRecord = ByteBuffer()
  private var candidate = Candidate()
  private var text = ByteBuffer()
  /// Where in the text the response is.
  private var responses: [Range<Int>] = []
  private var tokenized = TokenizedText()
  private let view = TokenView(isColored: Terminal.showsColors(Terminal.standardOutput))
  private var groupName = ByteBuffer()
  /// Present where groups are made loosely.
  private let looseText: LooseText?

  init(_ settings: Settings, _ template: Template, _ context: Context?, _ tokenizer: Tokenizer) {
    self.settings = settings
    self.template = template
    self.context = context
    tokenization = settings.tokenization(of: template)
    self.tokenizer = tokenizer
    var identity = JSONWriter()
    identity.string("\(tokenizer.identity)/\(template.name)" + (context.map { "+\($0.name)" } ?? ""))
    self.identity = identity.finish()
    encoder = Encoder(tokenizer)
    looseText = settings.groupsLoosely ? LooseText() : nil
  }

  /// Appends the records that the record in `line` becomes, one for each candidate.
  ///
  /// - Returns: how many tokens they have.
  /// - Throws: a `RecordError` if the record is bad, or one of its candidates is; the
  ///   others have then been appended.
  mutating func append(_ line: UnsafeRawBufferPointer, to output: inout RecordOutput) throws -> Int {
    let record = try parser.parse(line)
    switch try settings.mapping.content(of: record) {
    case .response(let parts):
      return try append(record, parts, from: nil, to: &output)
    case .candidates(let list):
      var count = 0
      var failures: [String] = []
      for element in list {
        do {
          candidateRecord.removeAll()
          try list.append(element, to: &candidateRecord)
          let record = try candidateParser.parse(candidateRecord.raw)
          let parts = try settings.mapping.parts(ofCandidate: record)
          count += try append(record, parts, from: element.name, to: &output)
        } catch let error as any RecordError {
          failures.append("\(element.name): \(error)")
        }
      }
      guard failures.isEmpty else { throw CandidateError(description: failures.joined(separator: "; ")) }
      return count
    }
  }

  /// Appends one record; returns how many tokens it has.
  private mutating func append(
    _ record: JSONValue, _ parts: ResponseParts, from place: String?, to output: inout RecordOutput
  ) throws -> Int {
    let grape = try GrapeMember(of: record)
    guard settings.selection.includes(record) else { return 0 }
    try candidate.read(parts, of: record, fields: template.fields)
    try template.render(candidate, of: record, turns: settings.turns, into: &text, &responses)
    context?.precede(&text, &responses)
    try tokenized.tokenize(text.raw, responses: responses, tokenization, tokenizer, &encoder)
    let responseCount = tokenized.spans.reduce(0) { $0 + $1.count }
    guard settings.selection.tokenCounts.contains(responseCount) else { return 0 }
    let group = try group(of: record)
    switch settings.action {
    case .show: try view.append(tokenized, of: text.raw, tokenizer, to: &output.bytes)
    case .count:
      output.bytes.append("\(tokenized.tokens.count)\t\(responseCount)")
      output.endRecord()
    case .tokenize, .decode:
      append(grape, group, from: place, to: &output.bytes)
      output.endRecord()
    }
    if settings.selection.isDistinct { output.noteContent(content(group)) }
    return tokenized.tokens.count
  }

  /// Appends the record of `grape` with its tokens.
  private func append(_ grape: GrapeMember, _ group: Group, from place: String?, to bytes: inout ByteBuffer) {
    grape.appendRecord(replacing: Self.replaced, to: &bytes) { writer in
      writer.name("group")
      switch group {
      case .key(let key): writer.hexadecimal(key)
      case .name: writer.string(groupName.raw)
      }
      writer.name("tokens")
      writer.array(tokenized.tokens)
      writer.name("spans")
      writer.beginArray()
      for span in tokenized.spans { writer.range(span) }
      writer.endArray()
      writer.name("tokenizer")
      writer.raw(identity.raw)
      if settings.keepsText {
        writer.name("text")
        writer.string(text.raw)
      }
      if tokenized.isTruncated {
        writer.name("truncated")
        writer.bool(true)
      }
      if let place {
        writer.name("from")
        writer.string(place)
      }
    }
  }

  /// What a record's group is called.
  private enum Group {
    /// By a hash.
    case key(UInt64)
    /// By `groupName`.
    case name
  }

  private mutating func group(of record: JSONValue) throws(ShapeError) -> Group {
    guard let path = settings.group else {
      guard let looseText else { return .key(candidate.contextKey) }
      return .key(candidate.contextKey { looseText.append($0, to: &$1) })
    }
    guard let value = path(record) else { throw .missing(path.text) }
    groupName.removeAll()
    switch value.kind {
    case .string: value.appendString(to: &groupName)
    case .number, .true, .false: groupName.append(value.raw)
    case .null, .array, .object: throw .notScalar(path.text)
    }
    return .name
  }

  /// The hash of what a record says: of its group and its response.
  private func content(_ group: Group) -> UInt128 {
    let seed =
      switch group {
      case .key(let key): key
      case .name: xxh64(groupName.raw)
      }
    let response = candidate.text(candidate.response)
    return UInt128(xxh64(response, seed: seed)) << 64 | UInt128(xxh64(response, seed: ~seed))
  }

  /// What is written, and what an earlier run has said and new tokens make untrue.
  private static let replaced: [StaticString] = [
    "group", "tokens", "spans", "tokenizer", "text", "truncated", "from",
    "score", "logprob", "count", "metrics", "logprobs", "ranks", "model", "rank", "margin", "candidates",
  ]
}

/// What is wrong with some candidates of a record.
private struct CandidateError: RecordError {
  let description: String
}
