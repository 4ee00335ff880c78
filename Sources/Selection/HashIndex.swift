/// An open-addressing index from hashes to places in an array that the caller keeps.
///
/// It holds no keys: the caller says whether the element at a place is the one looked for, so that keys of
/// any length are compared by their bytes and equal hashes never merge. Eight bytes a slot, at most half of
/// them used; up to 2^32 - 1 elements.
struct HashIndex {
  /// The upper half is that of the element's hash, the lower half its place plus one; 0 is a free slot.
  private var slots: [UInt64]
  private(set) var count = 0

  /// Makes an empty index.
  init() { slots = [UInt64](repeating: 0, count: 1 << 8) }

  /// The memory that the slots in use take.
  var bytes: Int { 2 * count * MemoryLayout<UInt64>.stride }

  /// Finds the element with a hash that `matches`.
  ///
  /// - Returns: its place, or nil.
  /// - Complexity: O(1) expected.
  @inline(__always)
  func find(_ hash: UInt64, where matches: (Int) -> Bool) -> Int? {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash >> 32) & mask
    while true {
      let entry = slots[slot]
      if entry == 0 { return nil }
      if entry >> 32 == hash >> 32 {
        let place = Int(entry & 0xffff_ffff) - 1
        if matches(place) { return place }
      }
      slot = (slot + 1) & mask
    }
  }

  /// Adds an element that is not there yet.
  mutating func insert(_ hash: UInt64, place: Int) {
    if 2 * (count + 1) > slots.count { grow() }
    put(hash & 0xffff_ffff_0000_0000 | UInt64(place + 1))
    count += 1
  }

  /// Forgets every element; keeps the memory.
  mutating func removeAll() {
    for slot in slots.indices { slots[slot] = 0 }
    count = 0
  }

  private mutating func put(_ entry: UInt64) {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: entry >> 32) & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = entry
  }

  private mutating func grow() {
    let old = slots
    slots = [UInt64](repeating: 0, count: 2 * old.count)
    for entry in old where entry != 0 { put(entry) }
  }
}
