import Records
import Streams
import Templates
import Tokenization

/// Turns records into records with tokens, or into the counts of them.
final class RecordTokenizer: RecordTask {
  private let settings: Settings
  private let template: Template
  private let context: Context?
  private let tokenization: TokenizedText.Options
  private let tokenizer: Tokenizer

  /// What `grape.tokenizer` says: the tokenizer, the template and the context.
  private let identity: String

  private var encoder: Encoder
  private var parser = JSONParser()
  private var candidateParser = JSONParser()
  private var candidateRecord: [UInt8] = []
  private var candidate = Candidate()
  private var text: [UInt8] = []
  private var tokenized = TokenizedText()
  private let view = TokenView(isColored: Terminal.showsColors(Terminal.standardOutput))
  private var groupName: [UInt8] = []
  private var edit = GrapeEdit()
  private(set) var contents: [RecordContent] = []
  /// Present where groups are made loosely.
  private let looseText: LooseText?

  init(_ settings: Settings, _ template: Template, _ context: Context?, _ tokenizer: Tokenizer) {
    self.settings = settings
    self.template = template
    self.context = context
    tokenization = settings.tokenization(of: template)
    self.tokenizer = tokenizer
    identity = "\(tokenizer.identity)/\(template.name)" + (context.map { "+\($0.name)" } ?? "")
    encoder = Encoder(tokenizer)
    looseText = settings.groupsLoosely ? LooseText() : nil
  }

  /// Appends the records that the record in `line` becomes, one for each candidate, each followed by `separator`.
  ///
  /// - Returns: how many tokens they have.
  /// - Throws: a `RecordError` if the record is bad, or one of its candidates is; the others have then been appended.
  func append(
    _ line: UnsafeRawBufferPointer, separator: UInt8, to output: inout [UInt8]
  ) throws -> Int {
    contents.removeAll(keepingCapacity: true)
    let record = try parser.parse(line)
    switch try settings.mapping.content(of: record) {
    case .response(let parts):
      return try append(record, parts, from: nil, separator, to: &output)
    case .candidates(let list):
      var count = 0
      var failures: [String] = []
      for element in list {
        do {
          candidateRecord.removeAll(keepingCapacity: true)
          try list.append(element, to: &candidateRecord)
          count += try candidateRecord.withUnsafeBytes { bytes in
            let record = try candidateParser.parse(bytes)
            let parts = try settings.mapping.parts(ofCandidate: record)
            return try append(record, parts, from: element.name, separator, to: &output)
          }
        } catch let error as any RecordError {
          failures.append("\(element.name): \(error)")
        }
      }
      guard failures.isEmpty else { throw CandidateError(description: failures.joined(separator: "; ")) }
      return count
    }
  }

  /// Appends one record; returns how many tokens it has.
  private func append(
    _ record: JSONValue, _ parts: ResponseParts, from place: String?, _ separator: UInt8,
    to output: inout [UInt8]
  ) throws -> Int {
    let grape = try GrapeMember(of: record)
    guard settings.selection.includes(record) else { return 0 }
    try candidate.read(parts, of: record, fields: template.fields)
    var responses = try template.render(candidate, of: record, turns: settings.turns, into: &text)
    context?.precede(&text, &responses)
    try text.withUnsafeBytes {
      try tokenized.tokenize($0, responses: responses, tokenization, tokenizer, &encoder)
    }
    let responseCount = tokenized.spans.reduce(0) { $0 + $1.count }
    guard settings.selection.tokenCounts.contains(responseCount) else { return 0 }
    let group = try group(of: record)
    defer { noteContent(group, end: output.count) }
    if settings.action == .show {
      try view.append(tokenized, of: text, tokenizer, to: &output)
      return tokenized.tokens.count
    }
    if settings.action == .count {
      output.append(contentsOf: "\(tokenized.tokens.count)\t\(responseCount)".utf8)
      output.append(separator)
      return tokenized.tokens.count
    }
    edit.removeAll()
    for name in Self.outdated { edit.drop(name) }
    switch group {
    case .key(let key): edit.set("group") { $0.hexadecimal(key) }
    case .name: edit.set("group", utf8: groupName)
    }
    edit.set("tokens", tokenized.tokens)
    edit.set("spans", ranges: tokenized.spans)
    edit.set("tokenizer", identity)
    if settings.keepsText { edit.set("text", utf8: text) }
    if tokenized.isTruncated { edit.set("truncated", true) }
    if let place { edit.set("from", place) }
    edit.append(record: grape, to: &output)
    output.append(separator)
    return tokenized.tokens.count
  }

  /// What a record's group is called.
  private enum Group {
    /// By a hash.
    case key(UInt64)
    /// By `groupName`.
    case name
  }

  private func group(of record: JSONValue) throws(ShapeError) -> Group {
    guard let path = settings.group else {
      guard let looseText else { return .key(candidate.contextKey) }
      return .key(candidate.contextKey { looseText.append($0, to: &$1) })
    }
    guard let value = path(record) else { throw .missing(path.text) }
    groupName.removeAll(keepingCapacity: true)
    switch value.kind {
    case .string: value.appendString(to: &groupName)
    case .number, .true, .false: groupName.append(contentsOf: value.raw)
    case .null, .array, .object: throw .notText(path.text)
    }
    return .name
  }

  /// Notes what the record just appended says, where repeated ones are left out.
  private func noteContent(_ group: Group, end: Int) {
    guard settings.selection.isDistinct else { return }
    let seed: UInt64
    switch group {
    case .key(let key): seed = key
    case .name: seed = groupName.withUnsafeBytes { xxh64($0) }
    }
    candidate.text(candidate.response).withUnsafeBytes { response in
      let key = UInt128(xxh64(response, seed: seed)) << 64 | UInt128(xxh64(response, seed: ~seed))
      contents.append(RecordContent(key: key, end: end))
    }
  }

  /// What an earlier run has said and new tokens make untrue, or leave to be said anew.
  private static let outdated: [StaticString] = [
    "text", "truncated", "from", "score", "logprob", "count", "metrics", "logprobs", "ranks", "model", "rank",
    "margin",
    "candidates",
  ]
}

/// What is wrong with some candidates of a record.
private struct CandidateError: RecordError {
  let description: String
}
