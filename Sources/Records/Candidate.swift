import Streams

/// One response and the conversation before it, decoded from a record of any shape.
///
/// One is reused for many records, so that it allocates no more after the first ones.
///
///     if case .response(let parts) = try mapping.content(of: record) {
///       try candidate.read(parts, of: record)
///       candidate.context.map(\.role)                   // [.system, .user]
///       candidate.text(candidate.response)              // the response's bytes
///     }
package struct Candidate: ~Copyable {
  /// A turn of the conversation before the response.
  package struct Message {
    package let role: Role

    /// The content's place among the candidate's texts.
    package let content: Range<Int>

    /// Of an Alpaca record's instruction: where its `input` begins, which is the content's
    /// end, after a line feed.
    package let inputStart: Int?

    /// The message in the record, valid as long as that is; nil for a text that stands alone.
    package let json: JSONValue?

    /// Whether the record says that the turn is not to be trained on: `"weight": 0`.
    package var isWeightless: Bool { json.map(Candidate.isWeightless) ?? false }
  }

  private static func isWeightless(_ message: JSONValue) -> Bool { message["weight"]?.double == 0 }

  /// The context's messages, each behind its role and length, the further fields likewise, and the response.
  ///
  /// All that comes before the response is what `contextKey` is the hash of.
  private var bytes = ByteBuffer()

  /// The conversation before the response, in order. It may be empty.
  package private(set) var context: [Message] = []

  /// The places of the further fields asked for, in that order.
  package private(set) var fields: [Range<Int>] = []

  /// The response's place; never empty once a record has been read.
  package private(set) var response = 0..<0

  /// The message in the record that the response is the content of; nil for a text that stands alone.
  private var responseJSON: JSONValue?

  /// The response as a message.
  package var responseMessage: Message {
    Message(role: .assistant, content: response, inputStart: nil, json: responseJSON)
  }

  package init() {}

  /// The decoded text at a place that this candidate has given out, in UTF-8; valid until it reads again.
  package func text(_ range: Range<Int>) -> UnsafeRawBufferPointer { bytes[range] }

  /// The hash (XXH64) of the context: of its messages' roles and contents and of the further
  /// fields, with their lengths, so that no two contexts share an input. It is the same on every
  /// machine and stays the same.
  package var contextKey: UInt64 {
    xxh64(bytes[0..<response.lowerBound])
  }

  /// The same hash of texts that `normalize` has changed: it appends what becomes of a text to a buffer.
  /// Where it changes nothing, the key is `contextKey`.
  package func contextKey(
    normalizing normalize: (_ text: UnsafeRawBufferPointer, _ normalized: inout ByteBuffer) -> Void
  ) -> UInt64 {
    var other = Candidate()
    for message in context {
      let start = other.beginPart(message.role.rawValue)
      normalize(bytes[message.content], &other.bytes)
      other.endPart(start)
    }
    for field in fields {
      let start = other.beginPart(Self.fieldMark)
      normalize(bytes[field], &other.bytes)
      other.endPart(start)
    }
    return xxh64(other.bytes.raw)
  }

  /// Reads the parts of a record with one response.
  ///
  /// - Parameters:
  ///   - parts: the parts of `record`.
  ///   - record: where further fields are looked for.
  ///   - paths: the further fields that the text will need: strings, numbers or booleans.
  /// - Throws: `ShapeError`; the candidate is then unspecified.
  package mutating func read(
    _ parts: ResponseParts, of record: JSONValue, fields paths: [JSONPath] = []
  ) throws(ShapeError) {
    bytes.removeAll()
    context.removeAll(keepingCapacity: true)
    fields.removeAll(keepingCapacity: true)
    responseJSON = nil
    if let system = record.systemMessage, parts.firstRole != .system { appendMessage(.system, system) }
    switch parts {
    case .conversation(let turns, let name):
      let response = try appendContext(of: turns, name: name)
      try appendFields(paths, of: record)
      try appendResponse(response, name: name)
    case .alternation(let turns, let name):
      guard let turns = AlternatingTurns(turns), let response = turns.response else {
        throw .noAssistantTurn(name)
      }
      for turn in turns.context { appendMessage(turn.role, turn.text) }
      try appendFields(paths, of: record)
      try appendResponse(response, name: name)
    case .exchange(let prompt, let response, let name):
      try appendPrompt(prompt)
      let text = response.kind == .array ? try appendContext(of: response, name: name) : response
      try appendFields(paths, of: record)
      try appendResponse(text, name: name)
    }
  }

  // MARK: Messages

  private mutating func appendMessage(_ role: Role, _ text: JSONValue) {
    let start = beginPart(role.rawValue)
    text.appendString(to: &bytes)
    endPart(start)
    context.append(Message(role: role, content: start..<bytes.count, inputStart: nil, json: nil))
  }

  private mutating func appendMessage(_ role: Role, _ text: UnsafeRawBufferPointer) {
    let start = beginPart(role.rawValue)
    bytes.append(text)
    endPart(start)
    context.append(Message(role: role, content: start..<bytes.count, inputStart: nil, json: nil))
  }

  /// Appends the messages before the last assistant turn that has a weight, and returns that turn's content.
  /// What follows it is left out: it has no influence on the response's probability.
  private mutating func appendContext(of turns: JSONValue, name: String) throws(ShapeError) -> JSONValue {
    var last: (index: Int, content: JSONValue, json: JSONValue)?
    for (index, message) in turns.elements.enumerated()
    where Role(of: message) == .assistant && !Self.isWeightless(message) {
      guard let content = message.messageContent else {
        if message["tool_calls"] != nil { continue }
        throw .notMessages("\(name)[\(index)]")
      }
      last = (index, content, message)
    }
    // Without such a turn, a role misspelled is the more helpful thing to hear of.
    try appendMessages(turns, count: last?.index ?? turns.count, name: name)
    guard let last else { throw .noAssistantTurn(name) }
    responseJSON = last.json
    return last.content
  }

  private mutating func appendMessages(_ turns: JSONValue, count: Int, name: String) throws(ShapeError) {
    for (index, message) in turns.elements.enumerated().prefix(count) {
      // A turn that calls tools need not have a content.
      let content = message.messageContent ?? message["tool_calls"]
      guard let content, let roleName = message.roleName?.string else {
        throw .notMessages("\(name)[\(index)]")
      }
      guard let role = Role(of: message) else { throw .unknownRole("\(name)[\(index)]", role: roleName) }
      let start = beginPart(role.rawValue)
      if message.messageContent != nil {
        guard appendText(content) else { throw .notText("\(name)[\(index)].content") }
      }
      endPart(start)
      context.append(Message(role: role, content: start..<bytes.count, inputStart: nil, json: message))
    }
  }

  private mutating func appendPrompt(_ prompt: Prompt) throws(ShapeError) {
    let text = prompt.value
    if text.kind == .array { return try appendMessages(text, count: text.count, name: prompt.name) }
    guard text.kind == .string else { throw .notText(prompt.name) }
    if let history = prompt.history.flatMap({ AlternatingTurns($0) }) {
      for turn in history.turns { appendMessage(turn.role, turn.text) }
    }
    if let turns = Transcript(text) {
      for (role, range) in turns.turns {
        turns.text[range].withUnsafeBytes { appendMessage(role, $0) }
      }
      return
    }
    let start = beginPart(Role.user.rawValue)
    text.appendString(to: &bytes)
    var inputStart: Int?
    if let input = prompt.input, !input.isEmptyString {
      guard input.kind == .string else { throw .notText("input") }
      bytes.append(ASCII.lineFeed)
      inputStart = bytes.count
      input.appendString(to: &bytes)
    }
    endPart(start)
    context.append(Message(role: .user, content: start..<bytes.count, inputStart: inputStart, json: nil))
  }

  // MARK: Texts

  private mutating func appendFields(_ paths: [JSONPath], of record: JSONValue) throws(ShapeError) {
    for path in paths {
      guard let value = path(record) else { throw .missing(path.text) }
      let start = beginPart(Self.fieldMark)
      switch value.kind {
      case .string: value.appendString(to: &bytes)
      case .number, .true, .false: bytes.append(value.raw)
      case .null, .array, .object: throw .notScalar(path.text)
      }
      endPart(start)
      fields.append(start..<bytes.count)
    }
  }

  private mutating func appendResponse(_ content: JSONValue, name: String) throws(ShapeError) {
    let start = bytes.count
    guard appendText(content) else { throw .notText(name) }
    guard bytes.count > start else { throw .emptyResponse }
    response = start..<bytes.count
  }

  /// Appends a string, the texts of a list of content parts, or nothing for null; false
  /// if `content` is anything else.
  private mutating func appendText(_ content: JSONValue) -> Bool {
    switch content.kind {
    case .string: content.appendString(to: &bytes)
    case .null: break
    case .array:
      for part in content.elements {
        guard let text = part.kind == .string ? part : part["text"], text.kind == .string else {
          return false
        }
        text.appendString(to: &bytes)
      }
    case .false, .true, .number, .object: return false
    }
    return true
  }

  // MARK: Parts of the context key

  /// What stands before a further field where a message has its role.
  private static let fieldMark: UInt8 = 255

  /// Begins a part: a mark, and eight bytes for the length. Returns where its text begins.
  private mutating func beginPart(_ mark: UInt8) -> Int {
    bytes.append(literal: "\0\0\0\0\0\0\0\0\0")
    bytes[bytes.count - 9] = mark
    return bytes.count
  }

  /// Ends the part whose text begins at `start`: puts its length in, little-endian.
  private mutating func endPart(_ start: Int) {
    let length = UInt64(bytes.count - start)
    bytes.store(length.littleEndian, at: start - 8)
  }
}
