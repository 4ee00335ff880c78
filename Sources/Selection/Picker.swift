import Records
import Streams

/// Picks the preferred records of each group, whatever the order of the input, within a memory budget.
///
/// Of each record that is among the best of its group when it arrives, a table of groups keeps the place:
/// in the input where that is a regular file, and else in a spool that the record is appended to, and taken
/// out of when a better one has come. When memory runs short the spool's older part goes to a temporary file,
/// and so does the table, as a run sorted by key.
/// At the end the runs are merged, the picks are sorted by their places, which is the order of the input,
/// and read once more and written.
///
/// - Complexity: O(n log k) time for n records, of which each group keeps k. Disk: at most the size of what
///   comes from pipes, and the table's.
package struct Picker: ~Copyable {
  /// What has been done so far.
  package struct Totals {
    /// Records that were good, and of these the ones that took part.
    package var records = 0
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
  private let write: (GrapeMember, Standing) throws -> Void

  private var identities = Identities()
  private var sources = SourceNumbers()
  private var table = GroupTable()
  private var runs: SortedRuns<GroupRecord>
  private let store: RecordStore
  private var parser = JSONParser()
  private var keyReader = GroupKeyReader()
  /// In contiguous input: the key of the group that has not ended yet, and those that have.
  private var openKey: [UInt8]?
  private var ended: EndedGroups

  /// Makes a picker.
  ///
  /// - Parameters:
  ///   - rule: what to pick.
  ///   - keepsMember: whether picks are written with their `grape` member or may come without it.
  ///   - memory: bytes to use for records and groups together.
  ///   - hash: finds groups by their keys, which are told apart by their bytes.
  ///   - write: called with each picked record, in the order of the input: during `finish`, or with
  ///     contiguous groups at the end of each group.
  package init(
    rule: PickRule, keepsMember: Bool, memory: Int,
    hash: @escaping (UnsafeRawBufferPointer) -> UInt64 = { xxh64($0) },
    write: @escaping (GrapeMember, Standing) throws -> Void
  ) {
    self.rule = rule
    self.keepsMember = keepsMember
    self.memory = memory
    self.hash = hash
    self.write = write
    runs = SortedRuns(mergeMemory: memory / 8)
    ended = EndedGroups(memory: memory / 64)
    store = RecordStore(
      memoryLimit: memory / 5 * 2, chunkSize: min(1 << 22, max(memory / 16, 1 << 12)))
  }

  /// Takes in the next record.
  ///
  /// - Parameters:
  ///   - record: the record.
  ///   - source: where it can be read again; nil where it cannot.
  /// - Throws: `SelectionError` about the record, which then has no part in its group; `SelectionConflict` or
  ///   `IOError`, after which there is no going on.
  package mutating func add(_ record: GrapeMember, at source: FilePlace? = nil) throws {
    guard let key = rule.fields.groupPath(record).flatMap({ keyReader.key(of: $0) }) else {
      throw SelectionError.noGroup(path: rule.fields.groupPath.name)
    }
    let quota = try quota(of: record)
    let merit = try merit(of: record, key: key)
    totals.records += 1
    guard let merit else { return }
    let identity = rule.comparesModels ? Int32(identities.number(of: record)) : 0
    if identity > 0, rule.comparesModelsOfGroups {
      throw SelectionConflict.identitiesOfGroups(identities.list[0], identities.list[Int(identity)])
    }
    let place = try place(of: key, identity: identity, quota: quota)
    if table.wouldKeep(merit, in: place) {
      if let outdone = table.keep(try contender(record, merit, key, source), in: place) {
        store.release(outdone.offset, count: Int(outdone.length))
      }
    } else {
      table.pass(merit.value, in: place)
    }
    totals.candidates += 1
    try keepWithinMemory()
  }

  /// What a record is ranked by; nil if it has no part in the selection.
  private func merit(of record: GrapeMember, key: UnsafeRawBufferPointer) throws(SelectionError) -> Merit? {
    if let scores = rule.scores, !scores.contains(try score(of: record)) { return nil }
    var merit = Merit(value: try value(of: record, key: key))
    if let path = rule.tieBreaker { merit.tie = try number(at: path, in: record) }
    if let preference = rule.preference { merit.isPreferred = preference.matches(record) }
    return merit
  }

  /// The number that a record is ranked by; greater is better.
  private func value(of record: GrapeMember, key: UnsafeRawBufferPointer) throws(SelectionError) -> Double {
    switch rule.order {
    case .highest: return try score(of: record)
    case .lowest: return -(try score(of: record))
    case .longest: return Double(try length(of: record))
    case .shortest: return -Double(try length(of: record))
    case .random(let seed): return Double(Lot(of: record, key: key, seed: seed).bits >> 11)
    case .softmax(let temperature, let seed):
      return Lot(of: record, key: key, seed: seed).perturb(try score(of: record), temperature: temperature)
    }
  }

  /// The record as one that its group keeps: puts it into the store.
  private mutating func contender(
    _ record: GrapeMember, _ merit: Merit, _ key: UnsafeRawBufferPointer, _ source: FilePlace?
  ) throws -> Contender {
    var contender = Contender(merit: merit, length: 0, offset: 0)
    if let limit = rule.limit {
      if case .random(let seed) = limit.order {
        contender.lot = Lot(of: record, key: key, seed: seed).redrawn
      }
      if let path = limit.sourcePath {
        guard let source = sources.number(of: path(record)) else {
          throw SelectionConflict.sources(path: path.name)
        }
        contender.source = source
      }
    }
    // The parser takes no text of 2^32 bytes. A group that ends soon is in memory soon enough.
    let (place, length) = try store.append(
      at: rule.isContiguous ? nil : source, record.record.raw,
      orKeeping: keepsMember ? (record.record.raw, Self.nothing) : record.recordWithoutMember)
    (contender.offset, contender.length) = (place, UInt32(truncatingIfNeeded: length))
    return contender
  }

  private static var nothing: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

  private func score(of record: GrapeMember) throws(SelectionError) -> Double {
    try number(at: rule.fields.scorePath, in: record)
  }

  private func number(at path: NamedPath, in record: GrapeMember) throws(SelectionError) -> Double {
    guard let number = try path.number(in: record) else { throw .noNumber(path: path.name) }
    return number
  }

  private func length(of record: GrapeMember) throws(SelectionError) -> Int {
    guard let length = rule.fields.length(of: record) else { throw .noLength }
    return length
  }

  private func quota(of record: GrapeMember) throws(SelectionError) -> Int {
    switch rule.quota {
    case .top(let count): return count
    case .all, .fraction: return .max
    case .from(let path):
      guard let quota = path(record)?.int, quota >= 0 else { throw .noQuota(path: path.name) }
      return quota
    }
  }

  /// The place of a record's group in the table, where it is put if it is new.
  private mutating func place(of key: UnsafeRawBufferPointer, identity: Int32, quota: Int) throws -> Int {
    let hash = hash(key)
    if rule.isContiguous { try follow(key) }
    if let place = table.find(key, hash: hash) {
      let group = table.groups[place]
      try check(key, group.identity, identity, group.quota, quota)
      return place
    }
    return table.insert(key, hash: hash, identity: identity, quota: quota)
  }

  private func check(
    _ key: some Collection<UInt8>, _ first: Int32, _ second: Int32, _ firstQuota: Int, _ secondQuota: Int
  ) throws(SelectionConflict) {
    if first != second {
      throw .identities(
        group: GroupKeyReader.text(of: key), identities.list[Int(first)], identities.list[Int(second)])
    }
    if firstQuota != secondQuota, case .from(let path) = rule.quota {
      throw .quotas(group: GroupKeyReader.text(of: key), path: path.name, firstQuota, secondQuota)
    }
  }

  // MARK: Memory

  /// The table may fill a fifth of the budget, so that with the room its arrays keep free it has two;
  /// the spool has two as well, and an eighth is for merging and sorting.
  private mutating func keepWithinMemory() throws {
    if store.isWasteful {
      table.relocate(from: store.movableStart) { [store] in store.compact($0) }
    }
    if table.bytes > max(memory / 5, 1 << 13) { try spillTable() }
  }

  private mutating func spillTable() throws {
    let order = table.groups.indices.map { (hash: table.groups[$0].hash, place: $0) }.sorted {
      $0.hash != $1.hash
        ? $0.hash < $1.hash
        : table.key(of: $0.place).lexicographicallyPrecedes(table.key(of: $1.place))
    }
    try runs.append(
      order.lazy.flatMap { [table] (_, place) in
        let header = table.header(of: place)
        let contenders = table.contenders(of: place)
        return (-1..<contenders.count).lazy.map {
          $0 < 0 ? GroupRecord(header) : GroupRecord(contenders[$0], of: header)
        }
      })
    table.removeAll()
    // The runs say where records are.
    store.fix()
    totals.spilledTables += 1
  }

  // MARK: Output

  /// Writes the picks that have not been written yet.
  package mutating func finish() throws {
    try writePicks()
    if let openKey {
      try ended.insert(openKey.withUnsafeBytes { GroupHash($0) })
      try ended.check()
    }
  }

  /// In contiguous input: if a record's key is another than the one before, picks from the group that has
  /// ended, and forgets all but its hash.
  private mutating func follow(_ key: UnsafeRawBufferPointer) throws {
    if let openKey {
      if openKey.withUnsafeBytes({ equalBytes($0, key) }) { return }
      try writePicks()
      try ended.insert(openKey.withUnsafeBytes { GroupHash($0) })
      table.removeAll()
      runs = SortedRuns(mergeMemory: memory / 8)
      store.removeAll()
    }
    if ended.contains(GroupHash(key)) {
      throw SelectionConflict.reopened(group: GroupKeyReader.text(of: key))
    }
    openKey = Array(key)
  }

  private mutating func writePicks() throws {
    totals.spilledBytes += store.spilled
    var sorter = ExternalSorter<Pick>(memory: memory / 16)
    if let limit = rule.limit {
      var ranking = ExternalSorter<RankedPick>(memory: memory / 16)
      var counts = [Int](repeating: 0, count: sources.count)
      try forEachPick { pick in
        counts[Int(pick.contender.source)] += 1
        try ranking.append(limit.ranked(pick))
      }
      var apportionment = Apportionment(limit, counts: counts)
      try ranking.drain { ranked in
        if apportionment.keeps(Int(ranked.pick.contender.source)) { try sorter.append(ranked.pick) }
      }
    } else {
      try forEachPick { try sorter.append($0) }
    }
    try sorter.drain { try write($0) }
  }

  private mutating func write(_ pick: Pick) throws {
    let (bytes, file) = try store.read(pick.contender.offset, count: Int(pick.contender.length))
    if let file {
      guard let record = try? bytes.map({ try GrapeMember(of: parser.parse($0)) }),
        isSame(record, pick.contender)
      else { throw SelectionConflict.changed(file: file.name) }
      try write(record, pick.standing)
    } else if let bytes {
      try write(GrapeMember(of: parser.parse(bytes)), pick.standing)
    }
    totals.picks += 1
  }

  /// Whether a record that has been read again is worth what it was worth the first time. Others
  /// have written to the file if not.
  private mutating func isSame(_ record: GrapeMember, _ contender: Contender) -> Bool {
    guard let key = rule.fields.groupPath(record).flatMap({ keyReader.key(of: $0) }) else { return false }
    return (try? merit(of: record, key: key)) == contender.merit
  }

  /// Calls `body` with the picks of every group in the table and the runs.
  private mutating func forEachPick(_ body: (Pick) throws -> Void) throws {
    guard runs.isEmpty else {
      try spillTable()
      table = GroupTable()
      return try forEachMergedPick(body)
    }
    for place in table.groups.indices {
      var picks = GroupPicks(table.header(of: place), rule: rule)
      for contender in table.contenders(of: place) { try picks.add(contender, body) }
      try picks.finish(body)
    }
  }

  /// The same from the runs: each group's headers come before the contenders of all runs.
  private func forEachMergedPick(_ body: (Pick) throws -> Void) throws {
    var header: GroupHeader?
    var picks: GroupPicks?
    try runs.merge { next in
      switch next.content {
      case .header(let more):
        if let first = header, first.hash == more.hash, first.key == more.key {
          try check(first.key, first.identity, more.identity, first.quota, more.quota)
          header?.merge(more)
        } else {
          try picks?.finish(body)
          picks = nil
          header = more
        }
      case .contender(let contender):
        if picks == nil { picks = header.map { GroupPicks($0, rule: rule) } }
        try picks?.add(contender, body)
      }
    }
    try picks?.finish(body)
  }
}
