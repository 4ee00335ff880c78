import Streams

/// Turns records with one response into rows of a training format.
///
/// One is reused for many records, so that it allocates no more after the first ones.
package struct TrainingRow: ~Copyable {
  private let format: TrainingFormat
  private let mapping: RecordMapping
  private var candidate = Candidate()
  private var tokens: [UInt32] = []
  private var spans: [Range<Int>] = []
  private var writer = JSONWriter()

  package init(_ format: TrainingFormat, mapping: RecordMapping = RecordMapping()) {
    self.format = format
    self.mapping = mapping
  }

  /// The latest record's row: one JSON object. Valid until the next one is read.
  package var bytes: UnsafeRawBufferPointer { writer.bytes.raw }

  /// Sees to it that a record has a row, at half the price of making it.
  ///
  /// - Throws: `ShapeError` or `GrapeError` for a record that the format has no place for, or not for all of
  ///   it: nothing that a program could train on is left out silently.
  package mutating func check(_ record: GrapeMember) throws {
    if format == .tokens {
      try record.readTokens(into: &tokens)
      try record.readSpans(into: &spans, tokenCount: tokens.count)
      return
    }
    let parts = try parts(of: record)
    try checkFields(record.record, parts)
    try candidate.read(parts, of: record.record)
    if format == .alpaca, candidate.context.count != 1 || candidate.context.first?.role != .user {
      throw ShapeError.notOneInstruction(turns: candidate.context.count)
    }
  }

  /// Makes the row of a record.
  ///
  /// - Throws: as `check` does.
  package mutating func read(_ record: GrapeMember) throws {
    try check(record)
    writer.bytes.removeAll()
    writer.beginObject()
    writeMembers()
    writer.endObject()
  }

  /// A record that `grape-tokenize` has made of a candidate may still show traces of the others.
  private func parts(of record: GrapeMember) throws(ShapeError) -> ResponseParts {
    if record["from"] != nil { return try mapping.parts(ofCandidate: record.record) }
    switch try mapping.content(of: record.record) {
    case .response(let parts): return parts
    case .candidates: throw .severalCandidates
    }
  }

  private mutating func writeMembers() {
    switch format {
    case .messages:
      writer.name("messages")
      writeTurns(candidate.context[...], withResponse: true)
    case .promptCompletion:
      writer.name("prompt")
      writeTurns(candidate.context[...], withResponse: false)
      writer.name("completion")
      writeTurns([], withResponse: true)
    case .sharegpt:
      writer.name("conversations")
      writeTurns(candidate.context[...], withResponse: true)
    case .alpaca: writeInstruction()
    case .tokens: writeTokens()
    }
  }

  /// The only message before the response, in its two parts, and the response.
  private mutating func writeInstruction() {
    guard let message = candidate.context.first else { return }
    let content = message.content
    let inputStart = message.inputStart
    writeText("instruction", content.lowerBound..<(inputStart.map { $0 - 1 } ?? content.upperBound))
    writeText("input", (inputStart ?? content.upperBound)..<content.upperBound)
    writeText("output", candidate.response)
  }

  private mutating func writeTurns(_ context: ArraySlice<Candidate.Message>, withResponse: Bool) {
    writer.beginArray()
    for message in context { writeTurn(message.role, message.content) }
    if withResponse { writeTurn(.assistant, candidate.response) }
    writer.endArray()
  }

  private mutating func writeTurn(_ role: Role, _ text: Range<Int>) {
    writer.beginObject()
    if format == .sharegpt {
      writer.name("from")
      writer.string(role.shareGPTName)
      writeText("value", text)
    } else {
      writer.name("role")
      writer.string(role.name)
      writeText("content", text)
    }
    writer.endObject()
  }

  private mutating func writeText(_ name: StaticString, _ range: Range<Int>) {
    writer.name(name)
    writer.string(candidate.text(range))
  }

  private mutating func writeTokens() {
    writer.name("input_ids")
    writer.array(tokens)
    writer.name("labels")
    writer.beginArray()
    var position = 0
    for span in spans {
      writer.elements(repeating: "-100", count: span.lowerBound - position)
      writer.elements(tokens[span])
      position = span.upperBound
    }
    writer.elements(repeating: "-100", count: tokens.count - position)
    writer.endArray()
  }

  // MARK: What no row has a place for

  /// Sees to it that the record says nothing beside its texts that a program would train on:
  /// tools, calls of them, reasoning.
  private func checkFields(_ record: JSONValue, _ parts: ResponseParts) throws(ShapeError) {
    if let tools = record.present("tools"), !tools.isBlank { throw .notKept("tools") }
    switch parts {
    case .conversation(let turns, let name): try checkTurns(turns, name)
    case .alternation: break
    case .exchange(let prompt, let response, let name):
      try checkTurns(prompt.value, prompt.name)
      try checkTurns(response, name)
    }
  }

  private func checkTurns(_ turns: JSONValue, _ name: String) throws(ShapeError) {
    for (index, turn) in turns.elements.enumerated() {
      for field in Self.furtherFields {
        if let value = turn.present(field), !value.isBlank { throw .notKept("\(name)[\(index)].\(field)") }
      }
    }
  }

  private static let furtherFields: [StaticString] = [
    "tool_calls", "function_call", "reasoning_content", "reasoning", "thinking",
  ]
}

extension JSONValue {
  /// Whether this is an empty string, an array or object without elements, or null.
  fileprivate var isBlank: Bool {
    switch kind {
    case .null: true
    case .string: isEmptyString
    case .array, .object: count == 0
    case .false, .true, .number: false
    }
  }
}
