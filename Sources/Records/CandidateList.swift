import Streams

/// The candidates of a record that has several, each of which becomes a record of its own.
///
/// Such a record keeps the other members byte for byte. Where the list was, it has the candidate's own
/// members, the response among them under the name `response`, or `messages` where the candidate is a whole
/// conversation. A member of the record with the same name as one of these gives way to it. A list that is
/// no member of the record itself, but deeper inside, stays where it is; the candidate's members come last.
/// A pair of texts with no prompt beside them but in them is cut into `prompt` and `response`.
package struct CandidateList: Sequence {
  private let record: JSONValue

  /// The list, or the first of the members that are a candidate each. A candidate's own members come in its
  /// place.
  private let place: JSONValue

  /// The candidates, where each is a member of the record: of a pair, `chosen` and `rejected`.
  private let members: [Element]

  /// Where the list is, for messages and `grape.from`.
  private let name: String

  /// Where the response is in a candidate; nil to find it by its name.
  private let responsePath: JSONPath?

  /// Of a pair of texts without a prompt beside them: how many bytes of both, as they
  /// are spelled, are the prompt.
  private var promptLength: Int?

  init(_ record: JSONValue, list: JSONValue, name: String, responsePath: JSONPath? = nil) {
    self.record = record
    self.place = list
    self.members = []
    self.promptLength = nil
    self.name = name
    self.responsePath = responsePath
  }

  /// A pair. The prompt may be in both.
  init(_ record: JSONValue, chosen: JSONValue, rejected: JSONValue) {
    self.record = record
    self.place = chosen
    self.members = [Element(name: "chosen", value: chosen), Element(name: "rejected", value: rejected)]
    self.promptLength = record.prompt == nil ? ImpliedPrompt.length(chosen, rejected) : nil
    self.name = "chosen"
    self.responsePath = nil
  }

  /// Candidates that are a member of the record each; nil if there are none.
  init?(_ record: JSONValue, members: [Element]) {
    guard let first = members.first else { return nil }
    self.record = record
    self.place = first.value
    self.members = members
    self.promptLength = nil
    self.name = first.name
    self.responsePath = nil
  }

  /// The same where the prompt is known to be elsewhere.
  var withoutImpliedPrompt: CandidateList {
    var list = self
    list.promptLength = nil
    return list
  }

  /// One of the candidates.
  package struct Element {
    /// Where it is in the record: `completions[2]`, `chosen`.
    package let name: String
    let value: JSONValue
  }

  package struct Iterator: IteratorProtocol {
    fileprivate let list: CandidateList
    fileprivate var elements: JSONValue.Elements
    fileprivate var count = 0

    package mutating func next() -> Element? {
      defer { count += 1 }
      guard list.members.isEmpty else { return count < list.members.count ? list.members[count] : nil }
      return elements.next().map { Element(name: "\(list.name)[\(count)]", value: $0) }
    }
  }

  package func makeIterator() -> Iterator { Iterator(list: self, elements: place.elements) }

  /// Appends the record that `candidate` becomes.
  ///
  /// - Throws: `ShapeError.noResponse` for a candidate without one.
  package func append(_ candidate: Element, to bytes: inout ByteBuffer) throws(ShapeError) {
    let found = responsePath.map { $0(candidate.value) } ?? Self.response(of: candidate.value)
    guard let response = found, response.kind == .string || response.kind == .array else {
      throw .noResponse
    }
    let ownNames = Set(
      candidate.value.members.lazy.filter { !$0.value.isSame(as: response) }.map { SpelledName($0.key) })
    let others = Set(members.lazy.map(\.value.index))
    bytes.append(ASCII.leftBrace)
    let start = bytes.count
    var isPlaced = false
    for (key, value) in record.members {
      if value.isSame(as: place) {
        appendOwnMembers(of: candidate.value, response, to: &bytes, start)
        isPlaced = true
      } else if !others.contains(value.index), !ownNames.contains(SpelledName(key)),
        !givesWay(key, value, to: response)
      {
        Self.append(key.rawThrough(value), to: &bytes, start)
      }
    }
    if !isPlaced { appendOwnMembers(of: candidate.value, response, to: &bytes, start) }
    bytes.append(ASCII.rightBrace)
  }

  /// The response in a candidate: itself, or its member by one of the names for it.
  static func response(of candidate: JSONValue) -> JSONValue? {
    switch candidate.kind {
    case .string, .array: return candidate
    case .object:
      return candidate.singleResponse ?? candidate.present("answer") ?? candidate.present("generation")
        ?? candidate.present("text") ?? candidate.messageContent
    case .null, .false, .true, .number: return nil
    }
  }

  /// What the response is called in the new record: a list that begins before the assistant's
  /// turn has the prompt in it.
  private func name(of response: JSONValue) -> StaticString {
    guard let first = response.element(0) else { return "response" }
    let role = Role(of: first)
    return role == .assistant || role == nil && response.count == 1 ? "response" : "messages"
  }

  /// Whether a member of the record has no place beside a candidate's response, as it is another one.
  private func givesWay(_ key: JSONValue, _ value: JSONValue, to response: JSONValue) -> Bool {
    if key.equals("response") { return true }
    guard key.equals("messages") || key.equals("conversations") else { return false }
    return key.equals(name(of: response)) || value.endsWithAssistantTurn
  }

  /// Appends the response under its new name, and what else the candidate says of itself.
  private func appendOwnMembers(
    of candidate: JSONValue, _ response: JSONValue, to bytes: inout ByteBuffer, _ start: Int
  ) {
    let name = name(of: response)
    if bytes.count > start { bytes.append(ASCII.comma) }
    if let promptLength {
      let text = response.stringContent
      for (key, part) in [
        (#""prompt":""#, text[..<promptLength]), (#"","response":""#, text[promptLength...]),
      ] as [(StaticString, Slice<UnsafeRawBufferPointer>)] {
        bytes.append(literal: key)
        bytes.append(UnsafeRawBufferPointer(rebasing: part))
      }
      return bytes.append(ASCII.quote)
    }
    appendEscaped(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), to: &bytes)
    bytes.append(ASCII.colon)
    bytes.append(response.raw)
    for (key, value) in candidate.members where !value.isSame(as: response) && !key.equals(name) {
      Self.append(key.rawThrough(value), to: &bytes, start)
    }
  }

  /// Appends a member after a comma, where one is needed.
  private static func append(_ member: UnsafeRawBufferPointer, to bytes: inout ByteBuffer, _ start: Int) {
    if bytes.count > start { bytes.append(ASCII.comma) }
    bytes.append(member)
  }
}

/// A member's name, told from others by its spelling.
private struct SpelledName: Hashable {
  private let bytes: UnsafeRawBufferPointer

  init(_ key: JSONValue) { bytes = key.raw }

  func hash(into hasher: inout Hasher) { hasher.combine(bytes: bytes) }

  static func == (left: SpelledName, right: SpelledName) -> Bool { left.bytes.elementsEqual(right.bytes) }
}
