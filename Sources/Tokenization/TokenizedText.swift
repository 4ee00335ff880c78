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

    /// How many tokens are kept, from the first on.
    package let maximumLength: Int

    package init(
      boundary: Boundary = .token, literalSpecials: Bool = false, includesEnd: Bool = false,
      maximumLength: Int = .max
    ) {
      self.boundary = boundary
      self.literalSpecials = literalSpecials
      self.includesEnd = includesEnd
      self.maximumLength = maximumLength
    }
  }

  package private(set) var tokens: [UInt32] = []

  /// The half-open ranges of tokens that count as response: in order, apart, none of them empty.
  package private(set) var spans: [Range<Int>] = []

  /// Whether tokens have been cut off.
  package private(set) var isTruncated = false

  package init() {}

  /// Replaces the tokens by those of `text`, of which the bytes in `response` are the response.
  ///
  /// A token belongs to the response when its text ends past the response's first byte and begins before the
  /// response's end. What the tokenizer puts before every text comes first, unless the text itself begins with the
  /// beginning token.
  ///
  /// - Throws: `TextError`; `ResponseError` when no token of the response is left.
  package mutating func tokenize(
    _ text: UnsafeRawBufferPointer, response: Range<Int>, _ options: Options, _ tokenizer: Tokenizer,
    _ encoder: inout Encoder
  ) throws {
    tokens.removeAll(keepingCapacity: true)
    spans.removeAll(keepingCapacity: true)
    isTruncated = false
    let span: Range<Int>
    switch options.boundary {
    case .token:
      let encoding = try encoder.encode(text, literalSpecials: options.literalSpecials)
      span = append(encoding, response: response, tokenizer)
    case .split:
      let context = UnsafeRawBufferPointer(rebasing: text[..<response.lowerBound])
      let rest = UnsafeRawBufferPointer(rebasing: text[response.lowerBound...])
      if !context.isEmpty {
        let encoding = try encoder.encode(context, literalSpecials: options.literalSpecials)
        _ = append(encoding, response: context.count..<context.count, tokenizer)
      }
      let encoding = try encoder.encode(rest, literalSpecials: options.literalSpecials)
      span = append(encoding, response: 0..<response.count, tokenizer)
    }
    guard !span.isEmpty else { throw ResponseError.noTokens }
    spans.append(span)
    if options.includesEnd, let end = tokenizer.end { appendEnd(end) }
    try truncate(to: options.maximumLength)
  }

  /// Appends tokens, behind the tokenizer's prefix if they are the first ones; returns which of them are the response.
  private mutating func append(_ encoding: Encoding, response: Range<Int>, _ tokenizer: Tokenizer) -> Range<
    Int
  > {
    if tokens.isEmpty {
      let hasBeginning = tokenizer.addsBeginning && encoding.ids.first == tokenizer.beginning
      tokens.append(contentsOf: tokenizer.prefix.dropFirst(hasBeginning ? 1 : 0))
    }
    let start = tokens.count
    tokens.append(contentsOf: encoding.ids)
    let first = encoding.firstToken(endingPast: response.lowerBound)
    let last = encoding.firstToken(endingPast: response.upperBound - 1)
    return start + first..<start + max(first, min(last + 1, encoding.count))
  }

  /// Counts the token behind the response as response if it is the end token; otherwise puts that at the end of the text.
  private mutating func appendEnd(_ end: UInt32) {
    guard let span = spans.popLast() else { return }
    if span.upperBound < tokens.count, tokens[span.upperBound] == end {
      spans.append(span.lowerBound..<span.upperBound + 1)
    } else if span.upperBound == tokens.count {
      tokens.append(end)
      spans.append(span.lowerBound..<tokens.count)
    } else {
      tokens.append(end)
      spans.append(span)
      spans.append(tokens.count - 1..<tokens.count)
    }
  }

  private mutating func truncate(to length: Int) throws(ResponseError) {
    guard tokens.count > length else { return }
    tokens.removeLast(tokens.count - length)
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
