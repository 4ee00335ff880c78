import Streams

/// Pieces that are no tokens, seen lately, and the tokens that merging has made of them.
///
/// Unlike `WordCache` it holds any number of tokens and forgets nothing until it is full; then it forgets
/// everything. Memory is fixed: a hash table, and records one after another.
package struct MergedWordCache: ~Copyable {
  private let slotMemory: ZeroedMemory
  /// Hash << 32 | where the record begins, or 0: open addressing. There is always an empty slot.
  private let slots: UnsafeMutablePointer<UInt64>
  /// A record is the piece's length in bytes, the number of tokens, the piece in whole numbers, the ids,
  /// and where the tokens end in the piece. The first number is not used.
  private let records: UnsafeMutablePointer<UInt32>
  private var used = 1
  private var count = 0
  private let slotBits: Int
  private let recordCapacity: Int

  /// Longer pieces are not kept.
  private static let maximumLength = 512

  /// - Parameters:
  ///   - slotBits: there are 2 to this power slots, of 8 bytes; three quarters of them can be in use.
  ///   - recordCapacity: numbers in all records, of 4 bytes.
  package init(slotBits: Int = 16, recordCapacity: Int = 1 << 19) {
    self.slotBits = slotBits
    self.recordCapacity = recordCapacity
    slotMemory = ZeroedMemory(byteCount: 8 << slotBits)
    slots = slotMemory.base.bindMemory(to: UInt64.self, capacity: 1 << slotBits)
    records = .allocate(capacity: recordCapacity)
  }

  deinit { records.deallocate() }

  /// Writes a piece's tokens as merging does.
  ///
  /// - Parameters:
  ///   - piece: the piece's bytes.
  ///   - length: how many.
  ///   - hash: a hash of them.
  ///   - ids: receives the ids.
  ///   - ends: receives where the tokens end, plus `offset`.
  ///   - offset: where the piece begins in the text.
  /// - Returns: the number of tokens; 0 when the piece is not there.
  package func find(
    _ piece: UnsafePointer<UInt8>, _ length: Int, hash: UInt64, ids: UnsafeMutablePointer<UInt32>,
    ends: UnsafeMutablePointer<UInt32>, offset: UInt32
  ) -> Int {
    var slot = slot(hash)
    while slots[slot] != 0 {
      let entry = slots[slot]
      let record = records + Int(truncatingIfNeeded: entry & 0xFFFF_FFFF)
      if entry >> 32 == hash & 0xFFFF_FFFF, Int(record[0]) == length,
        areEqual(piece, UnsafeRawPointer(record + 2), length)
      {
        let made = Int(record[1])
        let tokens = record + 2 + (length &+ 3) / 4
        for index in 0..<made {
          ids[index] = tokens[index]
          ends[index] = tokens[made &+ index] &+ offset
        }
        return made
      }
      slot = (slot &+ 1) & mask
    }
    return 0
  }

  /// Keeps a piece that is not there; see `find`.
  package mutating func insert(
    _ piece: UnsafePointer<UInt8>, _ length: Int, hash: UInt64, ids: UnsafePointer<UInt32>,
    ends: UnsafePointer<UInt32>, count made: Int, offset: UInt32
  ) {
    let size = 2 + (length + 3) / 4 + 2 * made
    guard length <= Self.maximumLength, size < recordCapacity else { return }
    if 4 * (count + 1) > 3 << slotBits || used + size > recordCapacity {
      slots.update(repeating: 0, count: 1 << slotBits)
      used = 1
      count = 0
    }
    let record = records + used
    record[0] = UInt32(truncatingIfNeeded: length)
    record[1] = UInt32(truncatingIfNeeded: made)
    UnsafeMutableRawPointer(record + 2).copyMemory(from: piece, byteCount: length)
    let tokens = record + 2 + (length + 3) / 4
    for index in 0..<made {
      tokens[index] = ids[index]
      tokens[made + index] = ends[index] &- offset
    }
    var slot = slot(hash)
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = hash << 32 | UInt64(used)
    used += size
    count += 1
  }

  private var mask: Int { 1 << slotBits - 1 }

  /// By the upper bits of the hash; the lower ones are compared.
  @inline(__always)
  private func slot(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash &>> UInt64(64 &- slotBits)) }

  /// Whether two runs of bytes are the same, 8 bytes a step.
  @inline(__always)
  private func areEqual(_ first: UnsafeRawPointer, _ second: UnsafeRawPointer, _ length: Int) -> Bool {
    func differ(_ offset: Int) -> Bool {
      first.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        != second.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }
    guard length >= 8 else {
      for offset in 0..<length
      where first.load(fromByteOffset: offset, as: UInt8.self)
        != second.load(fromByteOffset: offset, as: UInt8.self)
      {
        return false
      }
      return true
    }
    var offset = 0
    while offset &+ 8 < length {
      if differ(offset) { return false }
      offset &+= 8
    }
    return !differ(length &- 8)
  }
}
