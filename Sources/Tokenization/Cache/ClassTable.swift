/// Classes of code points in two stages; see `CacheSection.classes`.
struct ClassTable {
  let count: UInt32
  private let blocks: UnsafePointer<UInt16>
  /// The classes of ASCII come first.
  let ascii: UnsafePointer<UInt8>

  init?(blocks: UnsafeBufferPointer<UInt16>, classes: UnsafeBufferPointer<UInt8>, count: UInt32) {
    guard blocks.count == 0x1100, blocks[0] == 0, blocks.allSatisfy({ Int($0) * 256 + 256 <= classes.count }),
      count <= CharacterClasses.maximumCount, classes.holdsThroughout({ $0 < count }),
      let blockBase = blocks.baseAddress, let classBase = classes.baseAddress
    else { return nil }
    self.count = count
    self.blocks = blockBase
    ascii = classBase
  }

  /// The class of a code point.
  @inline(__always)
  subscript(code: UInt32) -> UInt8 {
    ascii[Int(blocks[Int(code >> 8)]) << 8 | Int(code & 0xFF)]
  }
}
