/// Options that say where a record holds something, for the tools that look for the same.
extension Option {
  /// The number that records are ranked by.
  package static let by = Option(
    "by", argument: "PATH", section: records,
    help: "Take the score from the number at PATH [default: grape.score]")

  /// What makes records candidates of one group, in a record that has been tokenized.
  package static let groupBy = Option(
    "group-by", argument: "PATH", section: records,
    help: "Take the group from the value at PATH [default: grape.group]")

  /// Whose a record is.
  package static let bySource = Option(
    "by-source", argument: "PATH", section: records,
    help: "Take the source from the value at PATH [default: source]")
}
