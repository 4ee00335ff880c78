extension TokenizerCompiler {
  /// The tokens that a piece equal to them becomes, on their way to the two tables that have them.
  struct Words {
    private var short: [(id: UInt32, key: PieceKey)] = []
    private var long: [(id: UInt32, hash: UInt64)] = []

    /// Adds a token.
    ///
    /// - Parameters:
    ///   - id: its id.
    ///   - bytes: its bytes.
    ///   - count: how many, at least 1.
    ///   - limit: the end of the memory that can be read at `bytes`.
    mutating func append(
      _ id: UInt32, _ bytes: UnsafePointer<UInt8>, count: Int, limit: UnsafePointer<UInt8>
    ) {
      if count <= ShortWordTable.maximumCount {
        short.append((id, PieceKey(bytes, count: count, limit: limit)))
      } else {
        long.append((id, pieceHash(bytes, count: count, limit: limit)))
      }
    }

    func write(to writer: inout CacheImage.Writer) throws(TokenizerError) {
      let table = try ShortWordTable.build(short)
      writer.set(.shortWords, table.slots)
      writer.set(.shortWordPilots, table.pilots)
      writer.set(.words, WordTable.build(long))
    }
  }
}
