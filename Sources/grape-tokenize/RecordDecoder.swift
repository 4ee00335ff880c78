import Records
import Streams
import Tokenization

/// Turns records with tokens into records with the tokens' text, as the reference decodes them: special tokens
/// are spelled out, and bytes that are not UTF-8 become U+FFFD.
final class RecordDecoder: RecordTask {
  let contents: [RecordContent] = []

  private let tokenizer: Tokenizer
  private var parser = JSONParser()
  private var tokens: [UInt32] = []
  private var bytes: [UInt8] = []
  private var edit = GrapeEdit()

  init(_ tokenizer: Tokenizer) { self.tokenizer = tokenizer }

  func append(
    _ line: UnsafeRawBufferPointer, separator: UInt8, to output: inout [UInt8]
  ) throws -> Int {
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
    edit.removeAll()
    edit.set("text", String(decoding: bytes, as: UTF8.self))
    edit.append(record: grape, to: &output)
    output.append(separator)
    return tokens.count
  }
}

/// Why tokens cannot be turned into text.
private struct DecodingError: RecordError {
  let description: String
}
