import Records
import Streams

/// Picks the preferred records of each group, whatever the order of the input, within a memory budget.
///
/// Each record that is among the best of its group when it arrives is appended to a spool; a table of groups keeps
/// where the best lie. When memory runs short the spool's older part goes to a temporary file, and so does the
/// table, as a run sorted by key. At the end the runs are merged, the picks are sorted by their offsets in the spool,
/// which is the order of the input, and written in one pass over it.
///
/// - Complexity: O(n log k) time for n records, of which each group keeps k. Disk: at most the input's size.
package struct Picker: ~Copyable {
  /// What has been done so far.
  package struct Totals {
    /// Records that took part.
    package var candidates = 0
    /// Records that were picked and written.
    package var picks = 0
    /// Bytes of records that have gone to the temporary file.
    package var spilledBytes = 0
    /// How often the table of groups has gone to the temporary file.
    package var spilledTables = 0
  }

  package private(set) var totals = Totals()

  private let rule: PickRule
  private let keepsMember: Bool
  private let memory: Int
  private let hash: (UnsafeRawBufferPointer) -> UInt64
  private let write: (UnsafeRawBufferPointer, Standing) throws -> Void

  private var identities = Identities()
  private var table = GroupTable()
  private var runs: SortedRuns<GroupSummary>
  private let spool: Spool
  private var keyReader = GroupKeyReader()
  /// In contiguous input: the key of the group that has not ended yet, and the hashes of those that have.
  private var openKey: [UInt8]?
  private var closed: Set<UInt64> = []

  /// Makes a picker.
  ///
  /// - Parameters:
  ///   - rule: what to pick.
  ///   - keepsMember: whether picks are written with their `grape` member or without it.
  ///   - memory: bytes to use for records and groups together.
  ///   - hash: finds groups by their keys, which are told apart by their bytes.
  ///   - write: called with each picked record's bytes, in the order of the input: during `finish`, or with
  ///     contiguous groups at the end of each group.
  package init(
    rule: PickRule, keepsMember: Bool, memory: Int,
    hash: @escaping (UnsafeRawBufferPointer) -> UInt64 = { xxh64($0) },
    write: @escaping (UnsafeRawBufferPointer, Standing) throws -> Void
  ) {
    self.rule = rule
    self.keepsMember = keepsMember
    self.memory = memory
    self.hash = hash
    self.write = write
    runs = SortedRuns(mergeMemory: memory / 8)
    spool = Spool(memoryLimit: memory / 5 * 2, chunkSize: min(1 << 22, max(memory / 16, 1 << 12)))
  }

  /// Takes in the next record.
  ///
  /// - Throws: `SelectionError` about the record, which then has no part in its group; `GroupConflict` or `IOError`,
  ///   after which there is no going on.
  package mutating func add(_ record: GrapeMember) throws {
    guard let key = rule.fields.groupPath(record).flatMap({ keyReader.key(of: $0) }) else {
      throw SelectionError.noGroup(path: rule.fields.groupPath.name)
    }
    let value = try value(of: record, key: key)
    let quota = try quota(of: record)
    let identity = rule.comparesModels ? Int32(identities.number(of: record)) : 0
    let place = try place(of: key, identity: identity, quota: quota)
    if table.wouldKeep(value, in: place) {
      let (head, tail) =
        keepsMember ? (record.record.raw, .init(start: nil, count: 0)) : record.recordWithoutMember
      let offset = try spool.append(head, tail)
      let length = head.count + tail.count
      table.keep(Contender(value: value, offset: offset, length: length), in: place)
    } else {
      table.pass(value, in: place)
    }
    totals.candidates += 1
    try keepWithinMemory()
  }

  /// What a record is ranked by; greater is better.
  private func value(of record: GrapeMember, key: UnsafeRawBufferPointer) throws(SelectionError) -> Double {
    switch rule.order {
    case .highest: return try score(of: record)
    case .lowest: return -(try score(of: record))
    case .longest: return Double(try length(of: record))
    case .shortest: return -Double(try length(of: record))
    case .random(let seed):
      var hash = xxh64(key, seed: seed)
      for (name, value) in record.record.members where !name.equals("grape") {
        hash = xxh64(value.raw, seed: xxh64(name.raw, seed: hash))
      }
      return Double(hash >> 11)
    }
  }

  private func score(of record: GrapeMember) throws(SelectionError) -> Double {
    guard let score = try rule.fields.score(of: record) else {
      throw .noNumber(path: rule.fields.scorePath.name)
    }
    return score
  }

  private func length(of record: GrapeMember) throws(SelectionError) -> Int {
    guard let length = rule.fields.length(of: record) else { throw .noLength }
    return length
  }

  private func quota(of record: GrapeMember) throws(SelectionError) -> Int {
    switch rule.quota {
    case .top(let count): return count
    case .all: return .max
    case .from(let path):
      guard let quota = path(record)?.int, quota >= 0 else { throw .noQuota(path: path.name) }
      return quota
    }
  }

  /// The place of a record's group in the table, where it is put if it is new.
  private mutating func place(of key: UnsafeRawBufferPointer, identity: Int32, quota: Int) throws -> Int {
    let hash = hash(key)
    if rule.isContiguous { try follow(key, hash) }
    if let place = table.find(key, hash: hash) {
      let group = table.groups[place]
      try check(key, group.identity, identity, group.quota, quota)
      return place
    }
    return table.insert(key, hash: hash, identity: identity, quota: quota)
  }

  private func check(
    _ key: some Collection<UInt8>, _ first: Int32, _ second: Int32, _ firstQuota: Int, _ secondQuota: Int
  ) throws(GroupConflict) {
    if first != second {
      throw .identities(
        group: GroupKeyReader.text(of: key), identities.list[Int(first)], identities.list[Int(second)])
    }
    if firstQuota != secondQuota, case .from(let path) = rule.quota {
      throw .quotas(group: GroupKeyReader.text(of: key), path: path.name, firstQuota, secondQuota)
    }
  }

  // MARK: Memory

  /// The table may fill a fifth of the budget, so that with the room its arrays keep free it has two; the spool has two
  /// as well, and an eighth is for merging and sorting.
  private mutating func keepWithinMemory() throws {
    if table.bytes > max(memory / 5, 1 << 13) { try spillTable() }
  }

  private mutating func spillTable() throws {
    let order = table.groups.indices.map { (hash: table.groups[$0].hash, place: $0) }.sorted {
      $0.hash != $1.hash
        ? $0.hash < $1.hash
        : table.key(of: $0.place).lexicographicallyPrecedes(table.key(of: $1.place))
    }
    try runs.append(order.lazy.map { [table] in table.summary(of: $0.place) })
    table.removeAll()
    totals.spilledTables += 1
  }

  // MARK: Output

  /// Writes the picks that have not been written yet.
  package mutating func finish() throws { try writePicks() }

  /// In contiguous input: if a record's key is another than the one before, picks from the group that has ended,
  /// and forgets all but its hash.
  private mutating func follow(_ key: UnsafeRawBufferPointer, _ hash: UInt64) throws {
    if let openKey {
      if openKey.withUnsafeBytes({ equalBytes($0, key) }) { return }
      try writePicks()
      closed.insert(openKey.withUnsafeBytes(self.hash))
      table.removeAll()
      runs = SortedRuns(mergeMemory: memory / 8)
      spool.removeAll()
    }
    if closed.contains(hash) { throw GroupConflict.reopened(group: GroupKeyReader.text(of: key)) }
    openKey = Array(key)
  }

  private mutating func writePicks() throws {
    totals.spilledBytes += spool.spilled
    var sorter = ExternalSorter<Pick>(memory: memory / 8)
    func pick(from group: GroupSummary) throws {
      for pick in group.picks(by: rule) { try sorter.append(pick) }
    }
    if runs.isEmpty {
      for place in table.groups.indices { try pick(from: table.summary(of: place)) }
    } else {
      try spillTable()
      table = GroupTable()
      try mergeRuns(pick)
    }
    try sorter.drain { pick in
      try spool.read(pick.offset, count: pick.length) { try write($0, pick.standing) }
      totals.picks += 1
    }
  }

  /// Puts together what the runs say about each group.
  private func mergeRuns(_ body: (GroupSummary) throws -> Void) throws {
    var open: GroupSummary?
    try runs.merge { next in
      guard var group = open, group.hash == next.hash, group.key == next.key else {
        if let ended = open { try body(ended) }
        open = next
        return
      }
      try check(group.key, group.identity, next.identity, group.quota, next.quota)
      open = nil
      group.merge(next)
      open = group
    }
    if let open { try body(open) }
  }
}
