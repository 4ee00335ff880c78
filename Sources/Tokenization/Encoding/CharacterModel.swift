/// What byte pair encoding of characters needs, where it lies in the compiled tokenizer.
struct CharacterModel {
  let vocabularySize: UInt32
  let merges: MergeTable
  /// For each byte the token that spells it, or `CacheSection.none`; all none without byte fallback.
  let byteTokens: UnsafePointer<UInt32>
  /// The token for what has none.
  let unknown: UInt32?
  let fusesUnknown: Bool
  /// Characters without a token take part in merging, and become bytes or unknown tokens only after it.
  let resolvesUnknownLast: Bool

  private let blocks: UnsafePointer<UInt16>
  private let symbols: UnsafePointer<UInt32>
  /// Which of two merges comes first, by rank, where ranks alone do not say it.
  private let orders: UnsafePointer<UInt32>?

  /// nil when some number leads outside.
  ///
  /// - Parameters:
  ///   - blocks, symbols: the symbol of each character in two stages of 256: a token, a number from
  ///     `vocabularySize` on for one that is only part of tokens, or `CacheSection.none`.
  ///   - orders: as many as there are ranks, or none.
  init?(
    vocabularySize: UInt32, merges: MergeTable, byteTokens: UnsafePointer<UInt32>, unknown: UInt32?,
    flags: Flags, blocks: UnsafeBufferPointer<UInt16>, symbols: UnsafeBufferPointer<UInt32>,
    orders: UnsafeBufferPointer<UInt32>
  ) {
    let last = flags.contains(.resolvesUnknownLast)
    guard blocks.count == 0x1100, blocks.allSatisfy({ Int($0) * 256 + 256 <= symbols.count }),
      symbols.allSatisfy({
        $0 < vocabularySize || $0 == CacheSection.none || (last && $0 < MergeTable.maximumId)
      }),
      let blockBase = blocks.baseAddress, let symbolBase = symbols.baseAddress,
      orders.isEmpty || orders.count >= Int(merges.rankCount)
    else { return nil }
    self.vocabularySize = vocabularySize
    self.merges = merges
    self.byteTokens = byteTokens
    self.unknown = unknown
    fusesUnknown = flags.contains(.fusesUnknown)
    resolvesUnknownLast = last
    self.blocks = blockBase
    self.symbols = symbolBase
    self.orders = orders.isEmpty ? nil : orders.baseAddress
  }

  struct Flags: OptionSet {
    let rawValue: UInt32
    static let fusesUnknown = Flags(rawValue: 1)
    static let resolvesUnknownLast = Flags(rawValue: 2)
    /// See `UnigramModel.isSingle`.
    static let isSingle = Flags(rawValue: 4)
  }

  /// The symbol of a character.
  @inline(__always)
  func symbol(_ code: UInt32) -> UInt32 {
    symbols[Int(blocks[Int(code >> 8)]) << 8 | Int(code & 0xFF)]
  }

  @inline(__always)
  func order(_ rank: UInt32) -> UInt32 { orders.map { $0[Int(rank)] } ?? rank }

  /// Whether all of these bytes have a token that spells them.
  func hasBytes(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    for index in 0..<count where byteTokens[Int(bytes[index])] == CacheSection.none { return false }
    return true
  }
}
