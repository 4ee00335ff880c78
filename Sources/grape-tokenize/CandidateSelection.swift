import Commands
import Records

/// Which candidates are tokenized and which are left out.
struct CandidateSelection: Sendable {
  /// Where a candidate's source is, and the one that is kept; nil: all are.
  private let source: (path: JSONPath, name: String)?
  /// How many tokens a response may have.
  let tokenCounts: ClosedRange<Int>
  /// Whether a response that its group has had already is left out.
  let isDistinct: Bool

  static let options: [Option] = [
    Option(
      "source", argument: "NAME", section: section, help: "Leave out candidates of other sources than NAME"),
    .bySource(section: section),
    Option(
      "min-tokens", argument: "N", section: section, help: "Leave out responses of fewer than N tokens"),
    Option("max-tokens", argument: "N", section: section, help: "Leave out responses of more than N tokens"),
    Option(
      "distinct", section: section,
      help: "Leave out a response that its group has had already; this takes some 40 bytes of memory each"),
  ]

  private static let section = "Which candidates to take"

  init(_ arguments: Arguments) throws(UsageError) {
    let path = try arguments.path("by-source", default: "source")
    try arguments.check("by-source", needs: "source")
    source = path.flatMap { path in arguments.string("source").map { (path, $0) } }
    let least = try arguments.int("min-tokens", in: 1 ... .max) ?? 1
    let most = try arguments.int("max-tokens", in: 1 ... .max) ?? .max
    guard least <= most else { throw UsageError("--min-tokens is above --max-tokens") }
    tokenCounts = least...most
    isDistinct = arguments[flag: "distinct"]
  }

  /// Whether a record with one response is of the source that is kept.
  func includes(_ record: JSONValue) -> Bool {
    guard let source else { return true }
    return source.path(record)?.reads(source.name) ?? false
  }
}
