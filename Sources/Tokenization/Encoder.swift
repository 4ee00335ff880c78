import Streams

/// A text that is not well-formed UTF-8, or too long for one record.
package struct TextError: RecordError, Equatable {
  package let description: String
}

/// Turns texts into tokens. One per thread: it holds the scratch memory, which is reused.
package struct Encoder: ~Copyable {
  private let tokenizer: Tokenizer

  package init(_ tokenizer: Tokenizer) {
    self.tokenizer = tokenizer
  }

  /// The tokens of `text`, which must be UTF-8.
  ///
  /// - Parameter literalSpecials: take the text of special tokens as plain text.
  /// - Throws: `TextError`.
  package mutating func encode(
    _ text: UnsafeRawBufferPointer, literalSpecials: Bool = false
  ) throws(TextError) -> Encoding {
    throw TextError(description: "no tokenizer")
  }
}
