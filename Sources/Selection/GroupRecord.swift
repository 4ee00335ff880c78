/// What is known of a group after a part of the input, apart from the contenders that it keeps.
struct GroupHeader: Equatable {
  let hash: UInt64
  let key: [UInt8]
  let identity: Int32
  let quota: Int
  var candidates: Int
  /// The greatest value among the candidates not kept; minus infinity if there are none.
  var runnerUp: Double

  /// Takes in what another part of the input says about the same group.
  mutating func merge(_ other: GroupHeader) {
    candidates += other.candidates
    runnerUp = max(runnerUp, other.runnerUp)
  }
}

/// The unit in which groups are spilled and merged: in a sorted run, a group's header and then its contenders
/// in order of preference. So the runs' groups can be picked from as they are merged, however large they are.
struct GroupRecord {
  enum Content: Equatable {
    case header(GroupHeader)
    case contender(Contender)
  }

  let hash: UInt64
  let key: [UInt8]
  let content: Content

  init(_ header: GroupHeader) {
    (hash, key, content) = (header.hash, header.key, .header(header))
  }

  init(_ contender: Contender, of header: GroupHeader) {
    (hash, key, content) = (header.hash, header.key, .contender(contender))
  }
}

extension GroupRecord: Spillable {
  func precedes(_ other: GroupRecord) -> Bool {
    if hash != other.hash { return hash < other.hash }
    if key != other.key { return key.lexicographicallyPrecedes(other.key) }
    switch (content, other.content) {
    case (.header, .contender): return true
    case (.header, .header), (.contender, .header): return false
    case (.contender(let left), .contender(let right)): return left.precedes(right)
    }
  }

  func encode(to bytes: inout [UInt8]) {
    append(hash, to: &bytes)
    append(UInt64(key.count), to: &bytes)
    bytes.append(contentsOf: key)
    switch content {
    case .header(let header):
      append(0, to: &bytes)
      append(UInt64(bitPattern: Int64(header.identity)), to: &bytes)
      append(UInt64(header.quota), to: &bytes)
      append(UInt64(header.candidates), to: &bytes)
      append(header.runnerUp.bitPattern, to: &bytes)
    case .contender(let contender):
      append(1, to: &bytes)
      contender.encode(to: &bytes)
    }
  }

  init(decoding run: inout RunReader) throws {
    hash = try run.word()
    key = try run.bytes(Int(try run.word()))
    guard try run.word() == 0 else {
      content = .contender(try Contender(decoding: &run))
      return
    }
    content = .header(
      GroupHeader(
        hash: hash, key: key, identity: Int32(truncatingIfNeeded: try run.word()),
        quota: Int(try run.word()), candidates: Int(try run.word()),
        runnerUp: Double(bitPattern: try run.word())))
  }
}
