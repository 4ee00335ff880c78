import Records

/// Which records of each group are picked.
package struct PickRule: Sendable {
  /// What makes a record preferred to another one of its group. Between equals it is the earlier one.
  package enum Order: Equatable, Sendable {
    /// The higher or the lower score.
    case highest, lowest
    /// More or fewer response tokens.
    case longest, shortest
    /// Chance: a hash of the seed, the group's key and the record without its `grape` member, which depends
    /// neither on the order of the input nor on scores.
    case random(seed: UInt64)
    /// Chance weighted by scores: a group's picks are drawn one after the other without putting back,
    /// each with a probability proportional to exp(score / temperature) among those left.
    case softmax(temperature: Double, seed: UInt64)
  }

  /// How many records of a group are picked.
  package enum Quota: Sendable {
    case top(Int)
    /// This part of the group, rounded up.
    case fraction(Fraction)
    /// As many as the number at this path says, in every record of the group.
    case from(NamedPath)
    case all
  }

  /// A value of a record that puts it before all others, whatever the order.
  package struct Preference: Sendable {
    package let path: NamedPath
    /// The text of a string, or another value's spelling.
    package let value: String

    package init(path: NamedPath, value: String) {
      self.path = path
      self.value = value
    }

    func matches(_ member: GrapeMember) -> Bool { path(member)?.reads(value) ?? false }
  }

  package var fields: RecordFields
  package var order: Order
  package var quota: Quota
  /// Decides between equal records: the greater number at this path is preferred.
  package var tieBreaker: NamedPath?
  package var preference: Preference?
  /// Records with other scores are as if they were not there.
  package var scores: ClosedRange<Double>?
  /// Groups with fewer candidates give no picks.
  package var minimumCandidates = 1
  /// Groups give no picks unless the last of them is better than the next candidate by so much.
  package var minimumMargin: Double?
  /// Which of all groups' picks stay; nil: all.
  package var limit: PickLimit?
  /// Whether each group's records follow each other, so that a group is picked from as soon as the next
  /// begins. There is no limit then.
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
  package var hasMargins: Bool {
    switch order {
    case .highest, .lowest, .longest, .shortest: preference == nil
    case .random, .softmax: false
    }
  }

  /// Whether scores are compared in a group that only the same model makes comparable.
  var comparesModels: Bool {
    switch order {
    case .highest, .lowest, .softmax: fields.scorePath.isOwn
    case .longest, .shortest, .random: tieBreaker?.isOwn ?? false
    }
  }

  /// Whether such scores are compared across groups.
  var comparesModelsOfGroups: Bool {
    guard let limit else { return false }
    if case .random = limit.order { return false }
    return comparesModels
  }
}
