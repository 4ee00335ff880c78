import Streams

/// A record that cannot take part in a selection: it is reported, and the run goes on.
package enum SelectionError: RecordError, Equatable {
  /// No group: `path` is where it was looked for.
  case noGroup(path: String)
  /// No number to rank by at `path`.
  case noNumber(path: String)
  /// A number that no double holds at `path`.
  case notFinite(path: String)
  /// Neither `grape.count` nor `grape.spans`.
  case noLength
  /// No number of picks at `path`.
  case noQuota(path: String)

  package var description: String {
    switch self {
    case .noGroup("grape.group"): "no grape.group: run grape-tokenize first, or name a member with --group-by"
    case .noGroup(let path): "no group at \(path)"
    case .noNumber("grape.score"):
      "no number at grape.score: run grape-score first, or name a member with --by"
    case .noNumber(let path): "no number at \(path)"
    case .notFinite(let path): "the number at \(path) is out of range"
    case .noLength: "no grape.count and no grape.spans: the response's length is not known"
    case .noQuota(let path): "no whole number at \(path), of 0 or more"
    }
  }
}

/// Records that contradict each other: there is no right answer, so the run ends.
package enum SelectionConflict: Error, Equatable, CustomStringConvertible {
  /// Scores in a group that do not compare.
  case identities(group: String, Identity, Identity)
  /// Scores of different groups that a limit would have to compare.
  case identitiesOfGroups(Identity, Identity)
  /// Different numbers of picks at `path`.
  case quotas(group: String, path: String, Int, Int)
  /// A group that had ended came back.
  case reopened(group: String)
  /// The same, of a group that ended long before.
  case reopenedLate
  /// An input file is no longer what it was when it was read.
  case changed(file: String)
  /// More sources at `path` than can be told apart.
  case sources(path: String)

  package var description: String {
    switch self {
    case .identities(let group, let first, let second):
      "group \(group) has scores of \(first) and of \(second), which do not compare"
    case .identitiesOfGroups(let first, let second):
      "there are scores of \(first) and of \(second), which do not compare: a limit needs those of one model"
    case .quotas(let group, let path, let first, let second):
      "the records of group \(group) disagree about \(path): \(first) and \(second)"
    case .reopened(let group):
      "group \(group) comes back after its end: the input is not grouped (leave out --grouped)"
    case .reopenedLate:
      "a group has come back long after its end, and was picked from twice: the input is not grouped "
        + "(leave out --grouped)"
    case .changed(let file): "\(file) has changed since it was read"
    case .sources(let path): "more than 65,535 sources at \(path)"
    }
  }
}
