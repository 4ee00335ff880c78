/// Candidates in members of their own, told apart by a number or a letter at the end of their names:
/// `response_0` and `response_1`, `response1` and `response2`, `conversation_a` and `conversation_b`.
enum NumberedCandidates {
  /// The names before the number or the letter. The first one is taken only when it is asked for: numbered
  /// answers are most often those of a multiple choice, and all but one are wrong.
  private static let names: [StaticString] = [
    "answer", "response", "completion", "output", "generation", "solution", "conversation", "human_ref",
    "r1_solution",
  ]

  /// What is numbered where the turns of a conversation are, not the candidates.
  private static let promptNames: [StaticString] = [
    "prompt", "instruction", "question", "query", "input", "user",
  ]

  /// The numbered candidates of a record, in order; nil if there are not two of a kind.
  ///
  /// A member that is null counts as absent, and so does one that cannot be a response, such as a number.
  ///
  /// - Parameter includingAnswers: whether `answer` may be numbered, too.
  /// - Throws: `ShapeError` where members of two kinds are numbered, where prompts are, or where the texts are
  ///   lists that were written into strings.
  static func list(
    of record: JSONValue, includingAnswers: Bool = false
  ) throws(ShapeError) -> CandidateList? {
    guard record.members.contains(where: { stem(of: $0.key) != nil }) else { return nil }
    var sets: [[CandidateList.Element]] = names.map { _ in [] }
    // Of several members with one name, the last counts.
    var values: [String: JSONValue] = [:]
    var prompt: String?
    for (key, value) in record.members {
      guard let stem = stem(of: key) else { continue }
      if prompt == nil, promptNames.contains(where: { stem.equals($0) }) { prompt = key.string }
      guard let set = names.firstIndex(where: { stem.equals($0) }), CandidateList.response(of: value) != nil,
        let name = key.string
      else { continue }
      if values.updateValue(value, forKey: name) == nil {
        sets[set].append(CandidateList.Element(name: name, value: value))
      }
    }
    sets = sets.map { set in
      set.map { CandidateList.Element(name: $0.name, value: values[$0.name] ?? $0.value) }
    }
    if !includingAnswers { sets[0] = [] }
    sets.removeAll { $0.count < 2 }
    guard let set = sets.first, let first = set.first else { return nil }
    guard sets.count == 1 else { throw .ambiguousResponse(sets.compactMap { $0.first?.name }) }
    if let prompt { throw .turnOrCandidate(first.name, beside: prompt) }
    if let text = record.text("prompt"), text.isListInString, set.allSatisfy({ $0.value.isListInString }) {
      throw .listInString("prompt")
    }
    return CandidateList(record, members: set)
  }

  /// A member's name without the number, of at most three digits, or the letter at its end and the underscore
  /// before that, which only a number can do without; nil if there is none.
  private static func stem(of key: JSONValue) -> Slice<UnsafeRawBufferPointer>? {
    let name = key.stringContent
    guard let last = name.last else { return nil }
    guard isDigit(last) || name.dropLast().last == underscore else { return nil }
    let digits = name.reversed().prefix { isDigit($0) }.count
    if digits > 0 {
      guard digits <= 3 else { return nil }
      let stem = name.dropLast(digits)
      return stem.last == underscore ? stem.dropLast() : stem
    }
    guard (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(last | 0x20) else { return nil }
    return name.dropLast(2)
  }

  private static let underscore = UInt8(ascii: "_")

  private static func isDigit(_ byte: UInt8) -> Bool { (ASCII.zero...ASCII.nine).contains(byte) }
}

extension Slice<UnsafeRawBufferPointer> {
  fileprivate func equals(_ text: StaticString) -> Bool {
    elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
