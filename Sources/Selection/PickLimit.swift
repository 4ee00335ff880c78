import Records

/// Which of the groups' picks stay when there are too many in all, or too many or few of a source.
package struct PickLimit: Sendable {
  /// What makes a pick stay rather than another one. Between equals the better one stays, then the earlier.
  package enum Order: Equatable, Sendable {
    /// What picks are made by in a group.
    case best
    /// The margin over the next candidate; picks without one are last.
    case margin
    /// A hash of the seed, the group's key and the record without its `grape` member.
    case random(seed: UInt64)
  }

  /// The most picks in all.
  package var count: Int
  package var order: Order
  /// Where the source is that shares are of; nil: there are none.
  package var sourcePath: NamedPath?
  /// The least share of the picks that stay for each source, as far as it has so many.
  package var minimumShare: Fraction?
  /// The greatest share of the picks that stay for any source.
  package var maximumShare: Fraction?

  package init(
    count: Int = .max, order: Order = .best, sourcePath: NamedPath? = nil, minimumShare: Fraction? = nil,
    maximumShare: Fraction? = nil
  ) {
    self.count = count
    self.order = order
    self.sourcePath = sourcePath
    self.minimumShare = minimumShare
    self.maximumShare = maximumShare
  }

  /// A pick with what this limit ranks it by.
  func ranked(_ pick: Pick) -> RankedPick {
    switch order {
    case .best: RankedPick(key: 0, pick: pick)
    case .margin: RankedPick(key: pick.standing.margin ?? -.infinity, pick: pick)
    case .random: RankedPick(key: Double(pick.contender.lot >> 11), pick: pick)
    }
  }
}

/// A pick among those of all groups: the one with the greatest key first, then the best.
struct RankedPick: Spillable {
  let key: Double
  let pick: Pick

  init(key: Double, pick: Pick) {
    self.key = key
    self.pick = pick
  }

  func precedes(_ other: RankedPick) -> Bool {
    key != other.key ? key > other.key : pick.contender.precedes(other.pick.contender)
  }

  func encode(to bytes: inout [UInt8]) {
    append(key.bitPattern, to: &bytes)
    pick.encode(to: &bytes)
  }

  init(decoding run: inout RunReader) throws {
    key = Double(bitPattern: try run.word())
    pick = try Pick(decoding: &run)
  }
}
