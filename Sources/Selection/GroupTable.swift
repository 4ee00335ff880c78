import Streams

/// The groups seen so far, each with its preferred contenders.
///
/// Groups are told apart by the bytes of their keys; the hash only finds them. A group takes 72 bytes, its
/// key, 40 bytes for each contender it may keep (rounded up to a power of two), and 16 to 32 bytes of index.
struct GroupTable {
  /// One group: what is known of all its candidates, and where the kept ones are.
  struct Group {
    let hash: UInt64
    let keyStart: Int
    let keyCount: Int
    /// What the group's scores come from: a place in the picker's list of identities.
    let identity: Int32
    /// The most contenders to keep.
    let quota: Int
    /// Candidates seen, kept or not.
    var candidates = 0
    /// The greatest value among those not kept; minus infinity if there are none.
    var runnerUp = -Double.infinity
    /// The heap's place in the table's pool of contenders.
    var heapStart = 0
    var heapCapacity: Int32 = 0
    var kept: Int32 = 0
  }

  private(set) var groups: [Group] = []
  private var index = HashIndex()
  private var keys: [UInt8] = []
  private var contenders: [Contender] = []
  /// Starts of heaps that have been outgrown, by the logarithm of their capacity.
  private var freed: [[Int]] = []

  /// The memory that the table fills, in bytes. At most twice as much is allocated.
  var bytes: Int {
    index.bytes + groups.count * MemoryLayout<Group>.stride + keys.count
      + contenders.count * MemoryLayout<Contender>.stride
  }

  var isEmpty: Bool { groups.isEmpty }

  /// The place of the group with this key; nil if there is none.
  func find(_ key: UnsafeRawBufferPointer, hash: UInt64) -> Int? {
    index.find(hash) { groups[$0].hash == hash && hasKey($0, key) }
  }

  @inline(__always)
  private func hasKey(_ place: Int, _ key: UnsafeRawBufferPointer) -> Bool {
    let (start, count) = (groups[place].keyStart, groups[place].keyCount)
    return count == key.count
      && keys.withUnsafeBytes {
        equalBytes(UnsafeRawBufferPointer(rebasing: $0[start..<(start + count)]), key)
      }
  }

  /// The bytes of a group's key.
  func key(of place: Int) -> ArraySlice<UInt8> {
    keys[groups[place].keyStart..<(groups[place].keyStart + groups[place].keyCount)]
  }

  /// Adds a group that is not there yet, without candidates.
  ///
  /// - Returns: its place.
  mutating func insert(_ key: UnsafeRawBufferPointer, hash: UInt64, identity: Int32, quota: Int) -> Int {
    let group = Group(
      hash: hash, keyStart: keys.count, keyCount: key.count, identity: identity, quota: quota)
    keys.append(contentsOf: key)
    index.insert(hash, place: groups.count)
    groups.append(group)
    return groups.count - 1
  }

  /// Whether a candidate of this merit, later than all others of its group, would be kept.
  @inline(__always)
  func wouldKeep(_ merit: Merit, in place: Int) -> Bool {
    let group = groups[place]
    return Int(group.kept) < group.quota
      || group.kept > 0 && merit.exceeds(contenders[group.heapStart].merit)
  }

  /// Counts a candidate that is not to be kept.
  @inline(__always)
  mutating func pass(_ value: Double, in place: Int) {
    groups[place].candidates += 1
    groups[place].runnerUp = max(groups[place].runnerUp, value)
  }

  /// Counts and keeps a candidate that `wouldKeep` approved of.
  ///
  /// - Returns: the contender that it takes the place of.
  mutating func keep(_ contender: Contender, in place: Int) -> Contender? {
    var group = groups[place]
    var outdone: Contender?
    group.candidates += 1
    if Int(group.kept) < group.quota {
      if group.kept == group.heapCapacity { growHeap(of: &group) }
      heap(of: group) { $0.push(contender, count: Int(group.kept)) }
      group.kept += 1
    } else {
      let least = contenders[group.heapStart]
      outdone = least
      group.runnerUp = max(group.runnerUp, least.merit.value)
      heap(of: group) { $0.replaceFirst(with: contender, count: Int(group.kept)) }
    }
    groups[place] = group
    return outdone
  }

  private mutating func heap(of group: Group, _ body: (ContenderHeap) -> Void) {
    contenders.withUnsafeMutableBufferPointer {
      guard let pool = $0.baseAddress else { return }
      body(ContenderHeap(contenders: pool + group.heapStart))
    }
  }

  /// Moves a heap to a place with twice the room, and frees the old one for the next
  /// group that needs its size.
  private mutating func growHeap(of group: inout Group) {
    let old = group.heapStart
    let size = group.heapCapacity == 0 ? 0 : group.heapCapacity.trailingZeroBitCount + 1
    while freed.count <= size { freed.append([]) }
    if let reused = freed[size].popLast() {
      group.heapStart = reused
    } else {
      group.heapStart = contenders.count
      let blank = Contender(merit: Merit(value: 0), length: 0, offset: 0)
      contenders.append(contentsOf: repeatElement(blank, count: 1 << size))
    }
    for position in 0..<Int(group.kept) {
      contenders[group.heapStart + position] = contenders[old + position]
    }
    if size > 0 { freed[size - 1].append(old) }
    group.heapCapacity = 1 << size
  }

  /// Changes where contenders' records are: `move` is called with the places and lengths of all at `start` or
  /// behind it, in the order of the places, and gives the new ones, in the same order.
  mutating func relocate(from start: Int, _ move: ([(place: Int, count: Int)]) -> [Int]) {
    var indices: [Int] = []
    for group in groups {
      for index in group.heapStart..<(group.heapStart + Int(group.kept))
      where contenders[index].offset >= start {
        indices.append(index)
      }
    }
    indices.sort { contenders[$0].offset < contenders[$1].offset }
    let places = move(indices.map { (contenders[$0].offset, Int(contenders[$0].length)) })
    for (index, place) in zip(indices, places) { contenders[index].offset = place }
  }

  /// What is known of a group, apart from its contenders.
  func header(of place: Int) -> GroupHeader {
    let group = groups[place]
    return GroupHeader(
      hash: group.hash, key: Array(key(of: place)), identity: group.identity, quota: group.quota,
      candidates: group.candidates, runnerUp: group.runnerUp)
  }

  /// A group's contenders in order of preference.
  func contenders(of place: Int) -> [Contender] {
    let group = groups[place]
    return contenders[group.heapStart..<(group.heapStart + Int(group.kept))].sorted { $0.precedes($1) }
  }

  /// Forgets every group; keeps the memory.
  mutating func removeAll() {
    groups.removeAll(keepingCapacity: true)
    keys.removeAll(keepingCapacity: true)
    contenders.removeAll(keepingCapacity: true)
    freed.removeAll(keepingCapacity: true)
    index.removeAll()
  }
}
