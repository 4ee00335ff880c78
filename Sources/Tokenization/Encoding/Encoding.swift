/// The tokens of a text, in buffers of the encoder that are valid until it encodes again.
package struct Encoding {
  /// Token ids in order, without those that the tokenizer adds around a text (`Tokenizer.prefix`, `suffix`).
  package let ids: UnsafeBufferPointer<UInt32>
  /// For each token, where its text ends: a byte offset in the given text, before any normalization.
  /// Never decreasing. A token that ends within a character has that byte; characters that normalization has
  /// composed or decomposed end where the first of the original characters does, as in the reference.
  package let ends: UnsafeBufferPointer<UInt32>

  package var count: Int { ids.count }

  /// The first token whose text ends past `offset`; `count` if there is none. With the offset of the response
  /// in a text of prompt and response, that is the first token of the response.
  ///
  /// - Complexity: O(log n).
  package func firstToken(endingPast offset: Int) -> Int {
    var low = 0
    var high = ends.count
    while low < high {
      let middle = (low + high) / 2
      if Int(ends[middle]) > offset { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// How many tokens, from the first on, the text up to `offset` has: up to the first that ends there or past
  /// it, and those that end where that does, as the bytes of one character may.
  ///
  /// - Complexity: O(log n).
  package func tokenCount(upTo offset: Int) -> Int {
    if let end = ends.last, Int(end) <= offset { return count }
    let last = firstToken(endingPast: offset - 1)
    return last < count ? firstToken(endingPast: Int(ends[last])) : count
  }
}
