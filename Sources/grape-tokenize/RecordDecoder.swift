import Records
import Streams
import Tokenization

/// Turns records with tokens into records with the tokens' text, as the reference decodes them: special
/// tokens are spelled out, and bytes that are not UTF-8 become U+FFFD.
struct RecordDecoder: RecordTask, ~Copyable {
  private let tokenizer: Tokenizer
  private var parser = JSONParser()
  private var tokens: [UInt32] = []
  private var bytes: [UInt8] = []

  init(_ tokenizer: Tokenizer) { self.tokenizer = tokenizer }

  mutating func append(_ line: UnsafeRawBufferPointer, to output: inout RecordOutput) throws -> Int {
    let grape = try GrapeMember(of: parser.parse(line))
    try grape.readTokens(into: &tokens)
    if let maker = grape.tokenizer?.string, !tokenizer.made(maker) {
      throw DecodingError(
        description: "the tokens were made by \(maker), and the model's tokenizer is \(tokenizer.identity)")
    }
    bytes.removeAll(keepingCapacity: true)
    do {
      try tokenizer.decode(tokens, into: &bytes)
    } catch {
      throw DecodingError(description: "\(error)")
    }
    grape.appendRecord(replacing: ["text"], to: &output.bytes) { writer in
      writer.name("text")
      writer.string(String(decoding: bytes, as: UTF8.self))
    }
    output.endRecord()
    return tokens.count
  }
}

/// Why tokens cannot be turned into text.
private struct DecodingError: RecordError {
  let description: String
}
