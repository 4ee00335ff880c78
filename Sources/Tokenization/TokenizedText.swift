import Streams

/// The tokens of a rendered text, and which of them count as response.
///
/// One is reused for many texts, so that it allocates no more after the first ones.
package struct TokenizedText {
  /// How a text is tokenized where its response begins.
  package enum Boundary: String, CaseIterable, Sendable {
    /// As a whole, as a trainer does; a token that straddles the border counts as response.
    case token
    /// The two sides apart, so that no token straddles the border.
    case split
  }

  package struct Options: Sendable {
    package let boundary: Boundary

    /// Whether the text of special tokens is plain text.
    package let literalSpecials: Bool

    /// Whether the end token comes behind the response and counts as response.
    package let includesEnd: Bool

    /// Whether the text is all that is read: the tokenizer's own prefix does not come before it, nor an end token behind it
    /// that it does not have.
    package let isComplete: Bool

    /// How many tokens are kept, from the first on.
    package let maximumLength: Int

    /// Whether it is of interest where the tokens end in the text.
    package let keepsEnds: Bool

    package init(
      boundary: Boundary = .token, literalSpecials: Bool = false, includesEnd: Bool = false,
      isComplete: Bool = false, maximumLength: Int = .max, keepsEnds: Bool = false
    ) {
      self.boundary = boundary
      self.literalSpecials = literalSpecials
      self.includesEnd = includesEnd
      self.isComplete = isComplete
      self.maximumLength = maximumLength
      self.keepsEnds = keepsEnds
    }
  }

  package private(set) var tokens: [UInt32] = []

  /// Where each token's text ends in the whole text, in bytes (see `Encoding.ends`), where that is of interest; otherwise
  /// empty.
  package private(set) var ends: [UInt32] = []

  /// The half-open ranges of tokens that count as response: in order, apart, none of them empty.
  package private(set) var spans: [Range<Int>] = []

  /// Whether tokens have been cut off.
  package private(set) var isTruncated = false

  package init() {}

  /// Replaces the tokens by those of `text`, of which the bytes in `responses` are the response.
  ///
  /// A token belongs to the response when its text ends past the first byte of one of the ranges and begins before
  /// its end. What the tokenizer puts before every text comes first, unless the text itself begins with the beginning
  /// token, or is complete as it is.
  ///
  /// - Parameter responses: in order, apart, none of them empty.
  /// - Throws: `TextError`; `ResponseError` when no token of the response is left.
  package mutating func tokenize(
    _ text: UnsafeRawBufferPointer, responses: [Range<Int>], _ options: Options, _ tokenizer: Tokenizer,
    _ encoder: inout Encoder
  ) throws {
    tokens.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    spans.removeAll(keepingCapacity: true)
    isTruncated = false
    switch options.boundary {
    case .token: try append(text, at: 0, responses[...], options, tokenizer, &encoder)
    case .split:
      // A part begins where a response does.
      let first = responses.first?.lowerBound ?? text.count
      if first > 0 {
        try append(UnsafeRawBufferPointer(rebasing: text[..<first]), at: 0, [], options, tokenizer, &encoder)
      }
      for (index, response) in responses.enumerated() {
        let end = index + 1 < responses.count ? responses[index + 1].lowerBound : text.count
        let part = UnsafeRawBufferPointer(rebasing: text[response.lowerBound..<end])
        try append(part, at: response.lowerBound, [0..<response.count], options, tokenizer, &encoder)
      }
    }
    guard !spans.isEmpty else { throw ResponseError.noTokens }
    if options.includesEnd { appendEnds(options, tokenizer) }
    try truncate(options)
  }

  /// Appends the tokens of the part of the text at an offset, behind the tokenizer's prefix if they are the first ones, and the spans
  /// of the responses in it.
  private mutating func append(
    _ text: UnsafeRawBufferPointer, at offset: Int, _ responses: ArraySlice<Range<Int>>, _ options: Options,
    _ tokenizer: Tokenizer, _ encoder: inout Encoder
  ) throws(TextError) {
    let encoding = try encoder.encode(text, literalSpecials: options.literalSpecials)
    if tokens.isEmpty, !options.isComplete {
      let hasBeginning = tokenizer.addsBeginning && encoding.ids.first == tokenizer.beginning
      tokens.append(contentsOf: tokenizer.prefix.dropFirst(hasBeginning ? 1 : 0))
    }
    let start = tokens.count
    tokens.append(contentsOf: encoding.ids)
    if options.keepsEnds {
      let offset = UInt32(truncatingIfNeeded: offset)
      ends.append(contentsOf: repeatElement(offset, count: start - ends.count))
      ends.append(contentsOf: encoding.ends.lazy.map { $0 &+ offset })
    }
    for response in responses {
      // A token that ends one response and begins the next is the former's.
      let first = max(
        start + encoding.firstToken(endingPast: response.lowerBound), spans.last?.upperBound ?? 0)
      let last = start + encoding.tokenCount(upTo: response.upperBound)
      if first < last { spans.append(first..<last) }
    }
  }

  /// Counts the token behind each response as response if it is one that ends a turn: the end token, or another special
  /// one. Where none is behind the last response the end token is put at the end of the text, unless that is complete.
  private mutating func appendEnds(_ options: Options, _ tokenizer: Tokenizer) {
    var isLastEnded = false
    for index in spans.indices {
      let span = spans[index]
      let limit = index + 1 < spans.count ? spans[index + 1].lowerBound : tokens.count
      isLastEnded = span.upperBound < limit && tokenizer.endsTurn(tokens[span.upperBound])
      if isLastEnded { spans[index] = span.lowerBound..<span.upperBound + 1 }
    }
    guard !isLastEnded, !options.isComplete, let end = tokenizer.end, let last = spans.last else { return }
    tokens.append(end)
    if let last = ends.last { ends.append(last) }
    if last.upperBound == tokens.count - 1 {
      spans[spans.count - 1] = last.lowerBound..<tokens.count
    } else {
      spans.append(tokens.count - 1..<tokens.count)
    }
  }

  private mutating func truncate(_ options: Options) throws(ResponseError) {
    let length = options.maximumLength
    guard tokens.count > length else { return }
    tokens.removeLast(tokens.count - length)
    if options.keepsEnds { ends.removeLast(ends.count - length) }
    isTruncated = true
    spans.removeAll { $0.lowerBound >= length }
    guard let last = spans.popLast() else { throw .cutOff(length: length) }
    spans.append(last.clamped(to: 0..<length))
  }
}

/// A text of which no token counts as response.
package enum ResponseError: RecordError, Equatable {
  case noTokens
  case cutOff(length: Int)

  package var description: String {
    switch self {
    case .noTokens: "the response has no tokens"
    case .cutOff(let length): "the response begins past the first \(length) tokens"
    }
  }
}
