import Records

/// A record to read: its text and what is known of it.
struct ExampleRecord: Equatable {
  let score: Double
  /// The group's hash; nil for a record without a group.
  let group: GroupHash?
  let source: String
  /// The number of response tokens; nil where it is not known.
  let tokens: Int?
  /// The conversation before the response, and the response, both cut to `ExampleShelf.textLimit` bytes.
  let prompt: String
  let response: String
}

/// The records with the highest scores and those with the lowest, one of a group.
///
/// Ties go to the earlier record, so that two shelves of parts of the input merge to that of both.
struct ExampleShelf {
  /// By falling and by rising score.
  private(set) var most: [ExampleRecord] = []
  private(set) var least: [ExampleRecord] = []

  static let capacity = 5
  static let textLimit = 3000

  private let mapping = RecordMapping()

  init() {}

  /// Takes in a record.
  mutating func add(_ record: JSONValue, score: Double, group: GroupHash?, source: String, tokens: Int?) {
    let isMost = ExampleShelf.admits(score, of: group, to: most) { $0 > $1 }
    let isLeast = ExampleShelf.admits(score, of: group, to: least) { $0 < $1 }
    guard isMost || isLeast else { return }
    let (prompt, response) = texts(of: record)
    let example = ExampleRecord(
      score: score, group: group, source: source, tokens: tokens, prompt: prompt, response: response)
    if isMost { ExampleShelf.insert(example, into: &most) { $0 > $1 } }
    if isLeast { ExampleShelf.insert(example, into: &least) { $0 < $1 } }
  }

  /// Takes in an example of a later part of the input, one of its `most` or of its `least` fitting.
  mutating func merge(_ example: ExampleRecord, isMost: Bool) {
    func merge(into list: inout [ExampleRecord], _ precedes: (Double, Double) -> Bool) {
      guard ExampleShelf.admits(example.score, of: example.group, to: list, precedes) else { return }
      ExampleShelf.insert(example, into: &list, precedes)
    }
    if isMost { merge(into: &most, >) } else { merge(into: &least, <) }
  }

  /// Whether a record later than all in the list belongs there.
  @inline(__always)
  private static func admits(
    _ score: Double, of group: GroupHash?, to list: [ExampleRecord], _ precedes: (Double, Double) -> Bool
  ) -> Bool {
    guard let last = list.last else { return true }
    guard list.count < capacity || precedes(score, last.score) else { return false }
    guard let group, let rival = list.first(where: { $0.group == group }) else { return true }
    return precedes(score, rival.score)
  }

  private static func insert(
    _ example: ExampleRecord, into list: inout [ExampleRecord], _ precedes: (Double, Double) -> Bool
  ) {
    if example.group != nil { list.removeAll { $0.group == example.group } }
    let place = list.firstIndex { precedes(example.score, $0.score) } ?? list.count
    list.insert(example, at: place)
    if list.count > capacity { list.removeLast() }
  }

  /// The conversation and the response of a record in a known shape, or nothing and the whole record.
  private func texts(of record: JSONValue) -> (prompt: String, response: String) {
    var candidate = Candidate()
    guard case .response(let parts)? = try? mapping.content(of: record),
      (try? candidate.read(parts, of: record)) != nil
    else { return ("", ExampleShelf.cut(record.raw)) }
    let prompt = candidate.context.map { ExampleShelf.cut(candidate.text($0.content)) }
      .joined(separator: "\n\n")
    return (
      ExampleShelf.cut(prompt.utf8), ExampleShelf.cut(candidate.text(candidate.response))
    )
  }

  /// The beginning of a text, whole characters only, with an ellipsis where it was cut.
  private static func cut(_ text: some Collection<UInt8>) -> String {
    guard text.count > textLimit else { return String(decoding: text, as: UTF8.self) }
    return String(decoding: text.prefix(wholeCharacters: textLimit), as: UTF8.self) + "…"
  }
}

extension Collection<UInt8> {
  /// The longest prefix of UTF-8 text of at most `limit` bytes that does not end within a scalar value.
  func prefix(wholeCharacters limit: Int) -> SubSequence {
    var beginning = prefix(limit)
    guard beginning.count < count else { return beginning }
    // A byte 10xxxxxx behind the cut belongs to the last character before it, which goes.
    guard let next = dropFirst(limit).first, next & 0xC0 == 0x80 else { return beginning }
    var removed = 0
    for byte in Array(beginning.suffix(4)).reversed() {
      removed += 1
      if byte & 0xC0 != 0x80 { break }
    }
    beginning = prefix(limit - Swift.min(removed, limit))
    return beginning
  }
}
