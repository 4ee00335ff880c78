/// Growing output: ids and where their texts end.
struct TokenBuffer: ~Copyable {
  private(set) var ids: UnsafeMutablePointer<UInt32>
  private(set) var ends: UnsafeMutablePointer<UInt32>
  var count = 0
  private var capacity: Int

  init() {
    capacity = 1024
    ids = .allocate(capacity: capacity)
    ends = .allocate(capacity: capacity)
  }

  deinit {
    ids.deallocate()
    ends.deallocate()
  }

  /// Makes room for so many more tokens.
  mutating func reserve(_ more: Int) {
    guard count + more > capacity else { return }
    let larger = max(count + more, capacity * 2)
    let newIds = UnsafeMutablePointer<UInt32>.allocate(capacity: larger)
    let newEnds = UnsafeMutablePointer<UInt32>.allocate(capacity: larger)
    newIds.update(from: ids, count: count)
    newEnds.update(from: ends, count: count)
    ids.deallocate()
    ends.deallocate()
    ids = newIds
    ends = newEnds
    capacity = larger
  }

  /// Appends a token; there must be room.
  @inline(__always)
  mutating func append(_ id: UInt32, end: Int) {
    ids[count] = id
    ends[count] = UInt32(truncatingIfNeeded: end)
    count &+= 1
  }

  /// The tokens from the first.
  var encoding: Encoding {
    Encoding(
      ids: UnsafeBufferPointer(start: ids, count: count), ends: UnsafeBufferPointer(start: ends, count: count)
    )
  }
}
