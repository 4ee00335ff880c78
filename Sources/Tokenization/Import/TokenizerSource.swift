import Checkpoints
import Records
import Streams

/// Where a tokenizer comes from, mapped but not read: enough to find its compiled form.
struct TokenizerSource {
  /// The digest of all that the compiled form depends on.
  let digest: UInt64
  /// Reads the source.
  let read: () throws -> TokenizerDefinition

  static func open(_ location: ModelLocation) throws -> TokenizerSource {
    switch location {
    case .gguf(let path): try open(gguf: path)
    case .folder(let path): try open(folder: path)
    }
  }

  private static func open(gguf path: String) throws -> TokenizerSource {
    let file = try GGUFFile(path: path)
    return TokenizerSource(digest: xxh64(file.metadataBytes)) {
      do throws(TokenizerError) {
        return try GGUFVocabulary.read(file)
      } catch {
        throw TokenizerError.file(path, error)
      }
    }
  }

  /// What a folder's tokenizer is read from, the first of these that is there: `tokenizer.json`, `tekken.json`, a
  /// `tokenizer.model` of SentencePiece or tiktoken, `tiktoken.model`, the only `*.tiktoken`.
  private static func open(folder: String) throws -> TokenizerSource {
    let name = try mainFile(in: folder)
    let path = Paths.join(folder, name)
    let main = try MappedFile(path: path, isReadWhole: true)
    let configurationPath = Paths.join(folder, "tokenizer_config.json")
    let configuration = Paths.exists(configurationPath) ? try MappedFile(path: configurationPath) : nil
    // A rank file's name tells how it is to be read.
    let kind = name.hasSuffix(".json") ? 0 : Array(name.utf8).withUnsafeBytes { xxh64($0) }
    let digest = xxh64(main.bytes, seed: configuration.map { xxh64($0.bytes, seed: kind) } ?? kind)
    return TokenizerSource(digest: digest) {
      var parser = JSONParser()
      var configurationParser = JSONParser()
      let settings = try configuration.map { try object(&configurationParser, $0) }
      let root = name.hasSuffix(".json") ? try object(&parser, main) : nil
      do throws(TokenizerError) {
        guard let root else { return try readVocabulary(main.bytes, name: name, configuration: settings) }
        return name == "tekken.json"
          ? try TekkenVocabulary.read(root, configuration: settings)
          : try TokenizerJSON.read(root, configuration: settings)
      } catch {
        throw TokenizerError.file(path, error)
      }
    }
  }

  /// A vocabulary that is no JSON: lines of ranks, or a SentencePiece model.
  private static func readVocabulary(
    _ bytes: UnsafeRawBufferPointer, name: String, configuration: JSONValue?
  ) throws(TokenizerError) -> TokenizerDefinition {
    guard name == "tokenizer.model", !TiktokenVocabulary.isRankFile(bytes) else {
      return try TiktokenVocabulary.read(bytes, name: name, configuration: configuration)
    }
    return try SentencePieceModel.read(bytes, configuration: configuration)
  }

  private static func mainFile(in folder: String) throws -> String {
    let names = ["tokenizer.json", "tekken.json", "tokenizer.model", "tiktoken.model"]
    if let name = names.first(where: { Paths.exists(Paths.join(folder, $0)) }) { return name }
    let rankFiles = try Paths.list(folder).filter { $0.hasSuffix(".tiktoken") }.sorted()
    if rankFiles.count > 1 {
      throw TokenizerError.file(
        folder, .malformed("expected one .tiktoken file, found \(rankFiles.joined(separator: ", "))"))
    }
    if let name = rankFiles.first { return name }
    for name in ["vocab.json", "vocab.txt", "spiece.model"] where Paths.exists(Paths.join(folder, name)) {
      throw TokenizerError.file(folder, .unsupported("\(name) without a tokenizer.json"))
    }
    throw TokenizerError.file(
      folder,
      .malformed("expected a tokenizer.json, tekken.json, tokenizer.model or .tiktoken file, found none"))
  }

  private static func object(_ parser: inout JSONParser, _ file: MappedFile) throws -> JSONValue {
    do {
      return try parser.parse(file.bytes)
    } catch {
      throw TokenizerError.file(file.path, .malformed(error.description))
    }
  }
}
