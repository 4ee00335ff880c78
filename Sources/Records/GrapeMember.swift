/// The `grape` member of a record, the one that the toolkit owns: what it says, and where it is or would be.
///
/// Like the record, it is valid until the parser parses again. A record without the member has a
/// `GrapeMember` whose fields are all nil.
package struct GrapeMember {
  /// The record that the member belongs to.
  package let record: JSONValue

  /// The member's value, an object; nil if the record has no such member.
  package let value: JSONValue?

  /// Where the member (from its name to the end of its value) lies in the record's text.
  private let range: Range<Int>?

  /// Where the value before the member ends; before the closing brace, if there is no
  /// member. Nil if there is none.
  private let previousEnd: Int?

  /// Where the name after the member begins.
  private let nextStart: Int?

  /// Finds the member.
  ///
  /// - Complexity: O(number of the record's members).
  package init(of record: JSONValue) throws(GrapeError) {
    guard record.kind == .object else { throw .recordIsNoObject }
    var found: (value: JSONValue, range: Range<Int>)?
    var previousEnd: Int?
    var nextStart: Int?
    let mayHaveMember = record.mayHaveMember("grape")
    for member in record.members {
      if mayHaveMember, member.key.equals("grape") {
        guard found == nil else { throw .repeatedMember }
        found = (member.value, member.key.range.lowerBound..<member.value.range.upperBound)
      } else if found == nil {
        previousEnd = member.value.range.upperBound
      } else if nextStart == nil {
        nextStart = member.key.range.lowerBound
      }
    }
    if let found, found.value.kind != .object { throw .memberIsNoObject }
    self.record = record
    value = found?.value
    range = found?.range
    self.previousEnd = previousEnd
    self.nextStart = nextStart
  }

  // MARK: Fields

  /// The field called `name`, whatever it is.
  package subscript(_ name: StaticString) -> JSONValue? { value?[name] }

  /// The instruction's key, a string.
  package var group: JSONValue? { self["group"] }

  /// The tokenizer and template that made the tokens, a string.
  package var tokenizer: JSONValue? { self["tokenizer"] }

  /// What picks are made by; higher is better.
  package var score: Double? { self["score"]?.double }

  /// The sum of the response tokens' log-probabilities.
  package var logprob: Double? { self["logprob"]?.double }

  /// How many response tokens are in that sum.
  package var count: Int? { self["count"]?.int }

  /// Replaces `tokens` by the token ids of the rendered text.
  ///
  /// - Complexity: O(bytes of the list), without allocation once `tokens` is large enough.
  package func readTokens(into tokens: inout [UInt32]) throws(GrapeError) {
    guard let list = self["tokens"] else { throw .missing("tokens") }
    guard list.readIntegers(into: &tokens) else {
      throw .wrongValue("tokens", expected: "a list of token ids")
    }
  }

  /// Replaces `spans` by the half-open token ranges that count as response: in order, apart, none of them
  /// empty, all within `tokenCount` tokens.
  package func readSpans(into spans: inout [Range<Int>], tokenCount: Int) throws(GrapeError) {
    spans.removeAll(keepingCapacity: true)
    guard let list = self["spans"] else { throw .missing("spans") }
    guard list.kind == .array else { throw .badSpans }
    var last = 0
    for span in list.elements {
      guard span.kind == .array, span.count == 2, let start = span.element(0)?.int,
        let end = span.element(1)?.int, start >= last, end > start, end <= tokenCount
      else { throw .badSpans }
      spans.append(start..<end)
      last = end
    }
  }

  // MARK: The record around the member

  /// The record's bytes without the member: `head` and `tail`, one after the other. The comma that only
  /// the member needed is in neither.
  package var recordWithoutMember: (head: UnsafeRawBufferPointer, tail: UnsafeRawBufferPointer) {
    guard let range else { return slices(cutting: record.range.upperBound..<record.range.upperBound) }
    if let previousEnd { return slices(cutting: previousEnd..<range.upperBound) }
    if let nextStart { return slices(cutting: range.lowerBound..<nextStart) }
    return slices(cutting: range)
  }

  /// The record's bytes around the member, or around the place before the closing brace where it belongs;
  /// there, `needsComma` says whether a comma must come before it.
  package var recordAroundMember:
    (head: UnsafeRawBufferPointer, needsComma: Bool, tail: UnsafeRawBufferPointer)
  {
    let place: Range<Int>
    if let range {
      place = range
    } else {
      let end = previousEnd ?? record.range.lowerBound + 1
      place = end..<end
    }
    let (head, tail) = slices(cutting: place)
    return (head, range == nil && previousEnd != nil, tail)
  }

  /// The record's bytes before and after `range`, which is counted from the beginning of the text.
  private func slices(
    cutting range: Range<Int>
  ) -> (head: UnsafeRawBufferPointer, tail: UnsafeRawBufferPointer) {
    let raw = record.raw
    let start = record.range.lowerBound
    return (
      UnsafeRawBufferPointer(rebasing: raw[..<(range.lowerBound - start)]),
      UnsafeRawBufferPointer(rebasing: raw[(range.upperBound - start)...])
    )
  }
}

extension GrapeError {
  static var badSpans: GrapeError {
    .wrongValue("spans", expected: "a list of [start, end) ranges in order, within the tokens")
  }
}
