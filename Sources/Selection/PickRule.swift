/// Which records of each group are picked.
package struct PickRule: Sendable {
  /// What makes a record preferred to another one of its group. Between equals it is the earlier one.
  package enum Order: Equatable, Sendable {
    /// The higher or the lower score.
    case highest, lowest
    /// More or fewer response tokens.
    case longest, shortest
    /// A hash of the seed, the group's key and the record without its `grape` member: it depends neither on the
    /// order of the input nor on scores.
    case random(seed: UInt64)
  }

  /// How many records of a group are picked.
  package enum Quota: Sendable {
    case top(Int)
    /// As many as the number at this path says, in every record of the group.
    case from(NamedPath)
    case all
  }

  package var fields: RecordFields
  package var order: Order
  package var quota: Quota
  /// Groups with fewer candidates give no picks.
  package var minimumCandidates: Int
  /// Whether each group's records follow each other, so that a group is picked from as soon as the next begins.
  package var isContiguous: Bool

  package init(
    fields: RecordFields, order: Order = .highest, quota: Quota = .top(1), minimumCandidates: Int = 1,
    isContiguous: Bool = false
  ) {
    self.fields = fields
    self.order = order
    self.quota = quota
    self.minimumCandidates = minimumCandidates
    self.isContiguous = isContiguous
  }

  /// Whether the difference between two records' values means anything.
  var hasMargins: Bool {
    if case .random = order { false } else { true }
  }

  /// Whether the order depends on scores that only the same model makes comparable.
  var comparesModels: Bool {
    switch order {
    case .highest, .lowest: fields.scorePath.isOwn
    case .longest, .shortest, .random: false
    }
  }
}
