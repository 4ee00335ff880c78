import Records

/// Where a record says what selection needs to know: its group, its score, its length.
package struct RecordFields: Sendable {
  /// The path of the group's key.
  package let groupPath: NamedPath
  /// The path of the number that records are ranked by.
  package let scorePath: NamedPath

  /// - Parameters:
  ///   - group: where the group's key is; nil: `grape.group`.
  ///   - score: where the score is; nil: `grape.score`.
  /// - Throws: `JSONPath.SyntaxError`.
  package init(group: String? = nil, score: String? = nil) throws(JSONPath.SyntaxError) {
    groupPath = try NamedPath(group ?? "grape.group")
    scorePath = try NamedPath(score ?? "grape.score")
  }

  /// The number at the score's path; nil where nothing is there.
  ///
  /// - Throws: when something else than a finite number is there.
  package func score(of member: GrapeMember) throws(SelectionError) -> Double? {
    try scorePath.number(in: member)
  }

  /// The number of response tokens: `grape.count`, or else the sum of `grape.spans`;
  /// nil where neither is there.
  package func length(of member: GrapeMember) -> Int? {
    if let count = member["count"] {
      return count.int.flatMap { (0...RecordFields.longest).contains($0) ? $0 : nil }
    }
    guard let spans = member["spans"], spans.kind == .array else { return nil }
    var total = 0
    for span in spans.elements {
      guard let start = span.element(0)?.int, let end = span.element(1)?.int, 0 <= start, start <= end,
        end <= RecordFields.longest
      else { return nil }
      total = min(total + end - start, RecordFields.longest)
    }
    return total
  }

  /// A bound that no response reaches, so that sums of lengths do not overflow.
  private static let longest = 1 << 40
}

/// A path in a record, with its spelling for messages.
package struct NamedPath: Sendable {
  package let name: String
  private let path: JSONPath
  /// The field's name, where the path is `grape.NAME`.
  private let ownField: String?

  /// - Throws: `JSONPath.SyntaxError`.
  package init(_ text: String) throws(JSONPath.SyntaxError) {
    name = text
    path = try JSONPath(text)
    if path.steps.count == 2, path.steps[0] == .name("grape"), case .name(let field) = path.steps[1] {
      ownField = field
    } else {
      ownField = nil
    }
  }

  /// Whether the path leads into the `grape` member.
  package var isOwn: Bool { path.steps.first == .name("grape") }

  /// The number at the path in the record that `member` belongs to; nil where nothing is there.
  ///
  /// - Throws: when something else than a finite number is there.
  package func number(in member: GrapeMember) throws(SelectionError) -> Double? {
    guard let value = self(member) else { return nil }
    guard let number = value.double else { throw .noNumber(path: name) }
    guard number.isFinite else { throw .notFinite(path: name) }
    return number
  }

  /// The value at the path in the record that `member` belongs to; nil if there is none.
  package func callAsFunction(_ member: GrapeMember) -> JSONValue? {
    if let ownField { return member.value?[key: ownField] }
    return path(member.record)
  }
}
