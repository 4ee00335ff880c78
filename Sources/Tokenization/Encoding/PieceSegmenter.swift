/// Turns pieces into tokens where that is not byte pair encoding of bytes, which `Merger` does. One per
/// encoder: it holds scratch memory.
protocol PieceSegmenter: AnyObject {
  /// Writes the tokens of one piece.
  ///
  /// - Parameters:
  ///   - piece: well-formed UTF-8.
  ///   - count: its length in bytes.
  ///   - ids: receives at most `count` ids.
  ///   - ends: receives where each token's text ends, plus `offset`; never decreasing.
  ///   - offset: where the piece begins in the text.
  /// - Returns: the number of tokens.
  func segment(
    _ piece: UnsafePointer<UInt8>, count: Int, ids: UnsafeMutablePointer<UInt32>,
    ends: UnsafeMutablePointer<UInt32>, offset: UInt32
  ) -> Int
}
