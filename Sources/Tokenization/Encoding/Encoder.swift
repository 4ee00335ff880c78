import Streams

/// A text that is not well-formed UTF-8, or too long.
package struct TextError: RecordError, Equatable {
  package let description: String
}

/// Turns texts into tokens. One per thread: it holds the scratch memory, which is reused.
///
///     var encoder = Encoder(tokenizer)
///     let encoding = try encoder.encode(text)
///
/// The steps are those of the reference: added tokens are cut out of the text; the rest is normalized; added
/// tokens that are looked for in normalized text are cut out; the rest is split into
/// pieces; each piece is merged.
package struct Encoder: ~Copyable {
  private let tokenizer: Tokenizer
  private let tables: TokenizerTables
  private var tokens = TokenBuffer()
  private var pieces: PieceEncoder
  private var splitter: Splitter
  private var lanes: LaneSplitter?
  private var normalizer: Normalizer?
  /// Texts with spaces as the vocabulary has them, where that is part of the normalizer
  /// or of the pre-tokenizer.
  private var spaced: SpacedText?
  private let spacePlace: SpaceMark.Place?
  private var plainTokens: AddedTokenMatcher
  private var normalizedTokens: AddedTokenMatcher

  /// Texts must be shorter than this many bytes.
  package static let maximumTextLength = 1 << 30

  /// - Parameters:
  ///   - tokenizer: turns texts into tokens.
  ///   - splitsSideBySide: split several stretches of a text at once, where the pre-tokenizer allows it.
  ///     That makes no difference but in speed.
  package init(_ tokenizer: Tokenizer, splitsSideBySide: Bool = true) {
    self.tokenizer = tokenizer
    tables = tokenizer.tables
    pieces = PieceEncoder(tables)
    splitter = Splitter(tables)
    if splitsSideBySide, let splitting = tables.splitting, let automaton = splitter.onlySplit {
      lanes = LaneSplitter(splitting, automaton, tables.classes)
    }
    normalizer = Normalizer(tables)
    spaced = tables.spaceMark.map(SpacedText.init)
    spacePlace = tables.spaceMark?.place
    plainTokens = AddedTokenMatcher(tables.addedTokens, .plain)
    normalizedTokens = AddedTokenMatcher(tables.addedTokens, .normalized)
  }

  /// The tokens of a text, without those that the post-processor adds around it.
  ///
  /// - Parameters:
  ///   - text: UTF-8.
  ///   - literalSpecials: take the text of special tokens as plain text.
  /// - Returns: the tokens, valid until the next call.
  /// - Throws: `TextError` for a text that is not UTF-8 or too long.
  /// - Complexity: O(n log n) for n bytes; about n where pieces are short, as in any natural text.
  package mutating func encode(
    _ text: UnsafeRawBufferPointer, literalSpecials: Bool = false
  ) throws(TextError) -> Encoding {
    guard text.count < Self.maximumTextLength else {
      throw TextError(description: "the text is longer than \(Self.maximumTextLength) bytes")
    }
    if let offset = firstInvalidByte(text) {
      throw TextError(description: "the text is not UTF-8 at byte \(offset)")
    }
    tokens.count = 0
    guard let base = text.baseAddress?.assumingMemoryBound(to: UInt8.self), !text.isEmpty else {
      return tokens.encoding
    }
    let whole = 0..<text.count
    if plainTokens.isEmpty {
      encodePlain(base, whole, literalSpecials)
    } else {
      plainTokens.find(base, text.count, literalSpecials: literalSpecials)
      for match in 0..<plainTokens.matches.count {
        let segment = plainTokens.matches[match]
        if let id = segment.id {
          tokens.reserve(1)
          tokens.append(id, end: segment.end)
        } else {
          encodePlain(base, segment.start..<segment.end, literalSpecials)
        }
      }
    }
    return tokens.encoding
  }

  /// Encodes a part of the text in which no added token of the plain text is left.
  private mutating func encodePlain(
    _ text: UnsafePointer<UInt8>, _ range: Range<Int>, _ literalSpecials: Bool
  ) {
    let start = text + range.lowerBound
    let first = tokens.count
    if spacePlace == .normalizer,
      spaced?.prepare(start, count: range.count, isFirst: range.lowerBound == 0) ?? false
    {
      let bytes = spaced?.bytes ?? []
      bytes.withUnsafeBufferPointer { bytes in
        if let base = bytes.baseAddress {
          encodeNormalized(base, bytes.count, literalSpecials, origin: { $0 })
        }
      }
      restoreSpaces(from: first, offset: range.lowerBound)
      return
    }
    if normalizer?.isNormalized(start, count: range.count) ?? true {
      encodeNormalized(start, range.count, literalSpecials) { $0 + range.lowerBound }
      guard range.lowerBound > 0 else { return }
      let shift = UInt32(truncatingIfNeeded: range.lowerBound)
      for index in first..<tokens.count { tokens.ends[index] &+= shift }
      return
    }
    normalizer?.normalize(start, count: range.count, offset: range.lowerBound)
    guard let normalized = normalizer?.text else { return }
    normalized.bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
      encodeNormalized(base, bytes.count, literalSpecials) { Int(normalized.parts[$0].x) }
    }
    // Never decreasing, though what a step adds may stand for something earlier.
    var last: UInt32 = 0
    for index in first..<tokens.count {
      last = max(last, normalized.parts[Int(tokens.ends[index]) - 1].y)
      tokens.ends[index] = last
    }
  }

  /// Encodes normalized text; the tokens' ends are offsets in it.
  ///
  /// - Parameter origin: where a place in it is in the given text.
  private mutating func encodeNormalized(
    _ text: UnsafePointer<UInt8>, _ count: Int, _ literalSpecials: Bool, origin: (Int) -> Int
  ) {
    if normalizedTokens.isEmpty {
      encodePart(text, 0..<count, limit: text + count, origin: origin)
      return
    }
    normalizedTokens.find(text, count, literalSpecials: literalSpecials)
    for match in 0..<normalizedTokens.matches.count {
      let segment = normalizedTokens.matches[match]
      if let id = segment.id {
        tokens.reserve(1)
        tokens.append(id, end: segment.end)
      } else {
        encodePart(text, segment.start..<segment.end, limit: text + count, origin: origin)
      }
    }
  }

  /// Encodes a part of the text in which no added token is left.
  private mutating func encodePart(
    _ text: UnsafePointer<UInt8>, _ range: Range<Int>, limit: UnsafePointer<UInt8>, origin: (Int) -> Int
  ) {
    let start = text + range.lowerBound
    guard spacePlace == .preTokenizer,
      spaced?.prepare(start, count: range.count, isFirst: origin(range.lowerBound) == 0) ?? false
    else { return encodePieces(text, range, limit: limit, origin: origin) }
    let first = tokens.count
    let bytes = spaced?.bytes ?? []
    bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      encodePieces(base, 0..<bytes.count, limit: base + bytes.count, origin: origin)
    }
    restoreSpaces(from: first, offset: range.lowerBound)
  }

  /// Turns ends in the spaced text into ends in the text that it was made of, which begins at `offset`.
  private func restoreSpaces(from first: Int, offset: Int) {
    guard let spaced else { return }
    // Never decreasing, though the space put before a text stands for all of its first character.
    var last: UInt32 = 0
    for index in first..<tokens.count {
      last = max(last, spaced.restored(tokens.ends[index]))
      tokens.ends[index] = last &+ UInt32(truncatingIfNeeded: offset)
    }
  }

  /// Splits a part of the text into pieces and encodes each.
  private mutating func encodePieces(
    _ text: UnsafePointer<UInt8>, _ range: Range<Int>, limit: UnsafePointer<UInt8>, origin: (Int) -> Int
  ) {
    if lanes != nil { return encodeByLanes(text, range, limit: limit) }
    splitter.split(text, range, origin: origin)
    let first = tokens.count
    splitter.withPieces(of: text, limit: limit) { text, limit, ranges in
      tokens.reserve(ranges.reduce(0) { $0 + $1.count } + PieceEncoder.slack)
      for range in ranges {
        tokens.count += pieces.encode(
          text, range.lowerBound, range.upperBound, limit: limit, ids: tokens.ids + tokens.count,
          ends: tokens.ends + tokens.count)
      }
    }
    splitter.restoreEnds(tokens.ends + first, count: tokens.count - first)
  }

  /// Splits a part of the text into pieces, a window at a time, and encodes each.
  private mutating func encodeByLanes(
    _ text: UnsafePointer<UInt8>, _ range: Range<Int>, limit: UnsafePointer<UInt8>
  ) {
    tokens.reserve(range.count + PieceEncoder.slack)
    var position = range.lowerBound
    while position < range.upperBound {
      guard let bounds = lanes?.split(text + position, count: range.upperBound - position),
        let stop = bounds.last
      else { return }
      pieces.encode(text + position, bounds, limit: limit, offset: position, into: &tokens)
      position += Int(stop)
    }
  }
}
