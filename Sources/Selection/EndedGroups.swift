/// The groups of contiguous input that have ended, so that none comes back unnoticed.
///
/// It keeps 64 bits of hash of each: of as many as fit in memory, and of the others in a temporary file, as
/// sorted runs. A group whose hash is in memory is known at once, any other when all have been seen.
struct EndedGroups {
  private var recent: Set<UInt64> = []
  private let capacity: Int
  private var runs: SortedRuns<EndedGroup>

  /// - Parameter memory: bytes to use, about.
  init(memory: Int) {
    // A set has two and two thirds slots for an element at most.
    capacity = max(memory / (3 * MemoryLayout<UInt64>.stride), 16)
    runs = SortedRuns(mergeMemory: memory)
  }

  /// Whether a group that ended lately is this one.
  func contains(_ group: GroupHash) -> Bool { recent.contains(group.high) }

  /// Adds a group that is not among those in memory.
  mutating func insert(_ group: GroupHash) throws {
    if recent.count == capacity { try spill() }
    recent.insert(group.high)
  }

  private mutating func spill() throws {
    try runs.append(recent.sorted().lazy.map(EndedGroup.init))
    recent.removeAll(keepingCapacity: true)
  }

  /// Sees to it that no group was added twice.
  ///
  /// - Throws: `SelectionConflict.reopenedLate`.
  mutating func check() throws {
    guard !runs.isEmpty else { return }
    try spill()
    var previous: UInt64?
    try runs.merge { group in
      if group.hash == previous { throw SelectionConflict.reopenedLate }
      previous = group.hash
    }
  }
}

/// The hash of a group that has ended, in a run.
private struct EndedGroup: Spillable {
  let hash: UInt64

  init(hash: UInt64) { self.hash = hash }

  init(decoding run: inout RunReader) throws { hash = try run.word() }

  func precedes(_ other: EndedGroup) -> Bool { hash < other.hash }

  func encode(to bytes: inout [UInt8]) { append(hash, to: &bytes) }
}
