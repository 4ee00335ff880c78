import Streams
import Tokenization

/// A tokenized text to be read by a person: the borders between its tokens, and which
/// of them count as response.
///
/// Tokens that share a character are shown as one; tokens without text of their own, such as the one that
/// begins a text, are spelled out.
struct TokenView {
  /// Whether colours tell the response, instead of brackets.
  let isColored: Bool

  private static let border = "\u{2502}"

  /// Appends the view, a heading and lines of text.
  ///
  /// - Parameters:
  ///   - tokenized: the tokens of `text`.
  ///   - text: the rendered text.
  ///   - tokenizer: what spells out tokens without text.
  func append(
    _ tokenized: TokenizedText, of text: UnsafeRawBufferPointer, _ tokenizer: Tokenizer,
    to output: inout ByteBuffer
  ) throws(TokenizerError) {
    let count = tokenized.spans.reduce(0) { $0 + $1.count }
    let cut = tokenized.isTruncated ? ", cut off here" : ""
    append("\(tokenized.tokens.count) tokens, \(count) of them response\(cut)\n", style: "1", to: &output)
    var spans = tokenized.spans[...]
    var position = 0
    var isWithinCharacter = false
    for (index, token) in tokenized.tokens.enumerated() {
      if index > 0, !isWithinCharacter { append(Self.border, style: "2", to: &output) }
      if spans.first?.lowerBound == index { open(&output) }
      let end = Int(tokenized.ends[index])
      isWithinCharacter = end < text.count && text[end] & 0xC0 == 0x80
      if isWithinCharacter || end > position {
        if !isWithinCharacter {
          append(UnsafeRawBufferPointer(rebasing: text[position..<end]), to: &output)
          position = end
        }
      } else {
        var bytes: [UInt8] = []
        try tokenizer.decode([token], into: &bytes)
        bytes.withUnsafeBytes { append($0, to: &output) }
      }
      if spans.first?.upperBound == index + 1 {
        close(&output)
        spans.removeFirst()
      }
    }
    output.append(literal: "\n\n")
  }

  private func open(_ output: inout ByteBuffer) {
    output.append(literal: isColored ? "\u{1B}[32m" : "\u{27E6}")
  }

  private func close(_ output: inout ByteBuffer) {
    output.append(literal: isColored ? "\u{1B}[39m" : "\u{27E7}")
  }

  /// Appends text in a style, if there are any.
  private func append(_ text: String, style: String, to output: inout ByteBuffer) {
    output.append(isColored ? "\u{1B}[\(style)m\(text)\u{1B}[22m" : text)
  }

  /// Appends a token's text: a line's end is shown and kept, other control characters are shown instead.
  private func append(_ bytes: UnsafeRawBufferPointer, to output: inout ByteBuffer) {
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      switch scalar {
      case "\n": output.append(literal: "\u{21B5}\n")
      case "\t": output.append(literal: "\u{21E5}\t")
      case "\u{0}"..."\u{1F}":
        // The pictures of control characters stand in their order.
        let picture = Unicode.Scalar(0x2400 + scalar.value).map(Character.init)
        output.append(String(picture ?? "?"))
      case "\u{7F}"..."\u{9F}": output.append(literal: "\u{FFFD}")
      default: output.append(String(scalar))
      }
    }
  }
}
