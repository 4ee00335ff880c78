/// What is known of a group after a part of the input: the unit that is spilled, merged, and at last picked from.
struct GroupSummary: Equatable {
  let hash: UInt64
  let key: [UInt8]
  let identity: Int32
  let quota: Int
  var candidates: Int
  var runnerUp: Double
  /// At most `quota`, in order of preference.
  var contenders: [Contender]

  /// Takes in what a later part of the input says about the same group.
  mutating func merge(_ later: GroupSummary) {
    candidates += later.candidates
    runnerUp = max(runnerUp, later.runnerUp)
    contenders = (contenders + later.contenders).sorted { $0.precedes($1) }
    guard contenders.count > quota else { return }
    runnerUp = max(runnerUp, contenders[quota].merit.value)
    contenders.removeLast(contenders.count - quota)
  }

  /// The group's picks in order of preference.
  func picks(by rule: PickRule) -> [Pick] {
    guard candidates >= rule.minimumCandidates else { return [] }
    var count = contenders.count
    if case .fraction(let fraction) = rule.quota { count = min(count, fraction.ceiling(of: candidates)) }
    let picks = (0..<count).map { index in
      Pick(
        contender: contenders[index],
        standing: Standing(
          rank: index + 1, margin: rule.hasMargins ? margin(of: index) : nil, candidates: candidates))
    }
    guard let minimum = rule.minimumMargin else { return picks }
    return picks.last?.standing.margin ?? -.infinity >= minimum ? picks : []
  }

  /// How much better a contender is than the next candidate; nil for the last of the group.
  private func margin(of index: Int) -> Double? {
    let next = index + 1 < contenders.count ? contenders[index + 1].merit.value : runnerUp
    guard next > -.infinity else { return nil }
    return min(contenders[index].merit.value - next, .greatestFiniteMagnitude)
  }
}

extension GroupSummary: Spillable {
  func precedes(_ other: GroupSummary) -> Bool {
    hash != other.hash ? hash < other.hash : key.lexicographicallyPrecedes(other.key)
  }

  func encode(to bytes: inout [UInt8]) {
    append(hash, to: &bytes)
    append(UInt64(bitPattern: Int64(identity)), to: &bytes)
    append(UInt64(quota), to: &bytes)
    append(UInt64(candidates), to: &bytes)
    append(runnerUp.bitPattern, to: &bytes)
    append(UInt64(key.count), to: &bytes)
    append(UInt64(contenders.count), to: &bytes)
    bytes.append(contentsOf: key)
    for contender in contenders { contender.encode(to: &bytes) }
  }

  init(decoding run: inout RunReader) throws {
    hash = try run.word()
    identity = Int32(truncatingIfNeeded: try run.word())
    quota = Int(try run.word())
    candidates = Int(try run.word())
    runnerUp = Double(bitPattern: try run.word())
    let keyCount = Int(try run.word())
    let contenderCount = Int(try run.word())
    key = try run.bytes(keyCount)
    contenders = []
    contenders.reserveCapacity(contenderCount)
    for _ in 0..<contenderCount { contenders.append(try Contender(decoding: &run)) }
  }
}
