/// The tokens that a piece equal to them becomes, by their bytes: open addressing
/// over a power of two of slots.
struct WordTable {
  private let slots: UnsafePointer<UInt64>
  private let mask: Int
  private let tokenOffsets: UnsafePointer<UInt32>
  private let tokenBytes: UnsafePointer<UInt8>

  /// - Parameters:
  ///   - slots: hash << 32 | id, or `CacheSection.emptySlot`.
  ///   - vocabularySize: ids in the slots must be below it.
  ///   - tokenOffsets: where each token's bytes begin and the last ends.
  ///   - tokenBytes: the tokens' bytes.
  init?(
    _ slots: UnsafeBufferPointer<UInt64>, vocabularySize: UInt32, tokenOffsets: UnsafePointer<UInt32>,
    tokenBytes: UnsafePointer<UInt8>
  ) {
    guard slots.count >= 2, slots.count & (slots.count - 1) == 0,
      slots.holdsThroughout({
        let id = UInt32(truncatingIfNeeded: $0)
        return id < vocabularySize || id == CacheSection.none
      }),
      let base = slots.baseAddress
    else { return nil }
    self.slots = base
    mask = slots.count - 1
    self.tokenOffsets = tokenOffsets
    self.tokenBytes = tokenBytes
  }

  /// Finds the token with these bytes.
  ///
  /// - Parameters:
  ///   - piece: the bytes.
  ///   - count: how many they are.
  ///   - hash: their `pieceHash`.
  /// - Returns: its id, or `CacheSection.none`.
  @inline(__always)
  func find(_ piece: UnsafePointer<UInt8>, count: Int, hash: UInt64) -> UInt32 {
    var slot = Int(truncatingIfNeeded: hash) & mask
    // A damaged table may have no empty slot.
    for _ in 0...mask {
      let entry = slots[slot]
      let id = UInt32(truncatingIfNeeded: entry)
      if id == CacheSection.none { break }
      if entry >> 32 == hash >> 32 {
        let start = Int(tokenOffsets[Int(id)])
        if Int(tokenOffsets[Int(id) + 1]) - start == count, equal(piece, tokenBytes + start, count) {
          return id
        }
      }
      slot = (slot + 1) & mask
    }
    return CacheSection.none
  }

  /// The token with these at most 15 bytes; see the other `find`.
  @inline(__always)
  func find(_ key: PieceKey, hash: UInt64) -> UInt32 {
    let count = key.count
    var slot = Int(truncatingIfNeeded: hash) & mask
    for _ in 0...mask {
      let entry = slots[slot]
      let id = UInt32(truncatingIfNeeded: entry)
      if id == CacheSection.none { break }
      if entry >> 32 == hash >> 32 {
        let start = Int(tokenOffsets[Int(id)])
        // 16 bytes can be read at every token.
        if Int(tokenOffsets[Int(id) + 1]) - start == count,
          PieceKey(tokenBytes + start, count: count, limit: tokenBytes + start + 16) == key
        {
          return id
        }
      }
      slot = (slot + 1) & mask
    }
    return CacheSection.none
  }

  @inline(__always)
  private func equal(_ first: UnsafePointer<UInt8>, _ second: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    for index in 0..<count where first[index] != second[index] { return false }
    return true
  }

  /// The slots of a table of these tokens.
  static func build(_ tokens: [(id: UInt32, hash: UInt64)]) -> [UInt64] {
    var capacity = 2
    while capacity < tokens.count * 2 { capacity *= 2 }
    var slots = [UInt64](repeating: CacheSection.emptySlot, count: capacity)
    for (id, hash) in tokens {
      var slot = Int(truncatingIfNeeded: hash) & (capacity - 1)
      while slots[slot] != CacheSection.emptySlot { slot = (slot + 1) & (capacity - 1) }
      slots[slot] = (hash >> 32) << 32 | UInt64(id)
    }
    return slots
  }
}

/// A piece of at most 15 bytes as two words: the bytes, zeros, and the length in the last byte.
/// Equal keys are equal pieces.
struct PieceKey: Equatable {
  var low: UInt64
  var high: UInt64

  /// The longest piece that has a key.
  static let maximumCount = 15

  var hash: UInt64 { mix(low, high) }

  /// How many bytes the piece has.
  var count: Int { Int(high >> 56) }

  init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  /// The key of `count` bytes, 1 to 15.
  ///
  /// - Parameters:
  ///   - piece: the bytes.
  ///   - count: how many.
  ///   - limit: the end of the memory that can be read at `piece`.
  @inline(__always)
  init(_ piece: UnsafePointer<UInt8>, count: Int, limit: UnsafePointer<UInt8>) {
    let raw = UnsafeRawPointer(piece)
    if limit - piece >= 16 {
      low = UInt64(littleEndian: raw.loadUnaligned(as: UInt64.self))
      high = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      let bits = UInt64(truncatingIfNeeded: count &* 8)
      low &= ~0 &>> (64 &- min(bits, 64))
      high &= 1 &<< (max(bits, 64) &- 64) &- 1
    } else {
      low = 0
      high = 0
      for index in 0..<count {
        let byte = UInt64(piece[index])
        if index < 8 {
          low |= byte &<< UInt64(index &* 8)
        } else {
          high |= byte &<< UInt64((index &- 8) &* 8)
        }
      }
    }
    high |= UInt64(truncatingIfNeeded: count) &<< 56
  }
}

/// Hashes a piece for `WordTable`.
///
/// - Parameters:
///   - piece: the bytes.
///   - count: how many, at least 1.
///   - limit: the end of the memory that can be read at `piece`.
/// - Returns: the hash.
func pieceHash(_ piece: UnsafePointer<UInt8>, count: Int, limit: UnsafePointer<UInt8>) -> UInt64 {
  count <= PieceKey.maximumCount
    ? PieceKey(piece, count: count, limit: limit).hash
    : hashBytes(UnsafeRawBufferPointer(start: piece, count: count))
}
