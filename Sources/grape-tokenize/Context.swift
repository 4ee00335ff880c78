import Commands
import Streams
import Templates
import Tokenization

/// A text that comes before every rendered text and is tokenized with it, such as worked examples (few-shot
/// prompting, Brown et al., arXiv 2005.14165).
struct Context: Sendable {
  /// What `grape.tokenizer` records: `context@` and the first eight hexadecimal digits of the text's hash.
  let name: String
  private let text: [UInt8]

  /// - Throws: `IOError`; `UsageError` for a file that no tokenizer takes, or a template
  ///   whose text nothing comes before.
  init(path: String, _ template: Template, _ tokenizer: Tokenizer) throws {
    guard !template.isComplete else {
      throw UsageError(
        "option '--context' does not go with a model's chat template, whose text is complete:"
          + " put the examples into the records' messages")
    }
    let text = try Paths.contents(path)
    do {
      var encoder = Encoder(tokenizer)
      _ = try text.withUnsafeBytes { try encoder.encode($0, literalSpecials: false) }
    } catch {
      throw UsageError("\(path): \(error)")
    }
    self.text = text
    name = "context@" + hex(text.withUnsafeBytes { xxh64($0) } >> 32, digits: 8)
  }

  /// Puts the text before another one, in which the responses are at `ranges`.
  func precede(_ other: inout ByteBuffer, _ ranges: inout [Range<Int>]) {
    other.insert(text, at: 0)
    for index in ranges.indices {
      ranges[index] = ranges[index].lowerBound + text.count..<ranges[index].upperBound + text.count
    }
  }
}
