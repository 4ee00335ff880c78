/// What SentencePiece does to texts (`NormalizerSpec`).
struct SentencePieceNormalization: Equatable {
  /// See `Charsmap`; may be empty.
  var charsmap: [UInt8]
  /// Pieces that are not normalized.
  var protected: [[UInt8]]
  /// What stands for a space.
  var mark: [UInt8]
  /// Put the mark before each text.
  var addsPrefix: Bool
  /// Remove spaces at the ends, and make one of several.
  var removesExtraSpaces: Bool

  /// As the bytes of a step in a compiled tokenizer: each part with its length in 4 bytes before it.
  var bytes: [UInt8] {
    ([charsmap, mark, [addsPrefix ? 1 : 0, removesExtraSpaces ? 1 : 0]] + protected).flatMap { part in
      withUnsafeBytes(of: UInt32(part.count).littleEndian) { Array($0) } + part
    }
  }

  /// Reads `bytes`; nil when they are damaged.
  init?(bytes: [UInt8]) {
    var parts: [[UInt8]] = []
    var rest = bytes[...]
    while rest.count >= 4 {
      let count = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      rest = rest.dropFirst(4)
      guard count <= rest.count else { return nil }
      parts.append(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    guard rest.isEmpty, parts.count >= 3, parts[2].count == 2, parts[0].isEmpty || Charsmap(parts[0]) != nil,
      parts[1...].allSatisfy({ part in part.withUnsafeBytes { firstInvalidByte($0) } == nil })
    else { return nil }
    charsmap = parts[0]
    mark = parts[1]
    addsPrefix = parts[2][0] != 0
    removesExtraSpaces = parts[2][1] != 0
    protected = Array(parts[3...])
  }

  init(
    charsmap: [UInt8], protected: [[UInt8]], mark: [UInt8], addsPrefix: Bool, removesExtraSpaces: Bool
  ) {
    self.charsmap = charsmap
    self.protected = protected
    self.mark = mark
    self.addsPrefix = addsPrefix
    self.removesExtraSpaces = removesExtraSpaces
  }
}
