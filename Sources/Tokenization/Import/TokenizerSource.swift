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

  private static func open(folder: String) throws -> TokenizerSource {
    let names = ["tokenizer.json", "tokenizer.model"]
    guard let name = names.first(where: { Paths.exists(Paths.join(folder, $0)) }) else {
      throw TokenizerError.file(folder, missing(in: folder))
    }
    let path = Paths.join(folder, name)
    let main = try MappedFile(path: path)
    let configurationPath = Paths.join(folder, "tokenizer_config.json")
    let configuration = Paths.exists(configurationPath) ? try MappedFile(path: configurationPath) : nil
    let digest = xxh64(main.bytes, seed: configuration.map { xxh64($0.bytes) } ?? 0)
    return TokenizerSource(digest: digest) {
      var parser = JSONParser()
      var configurationParser = JSONParser()
      let settings = try configuration.map { try object(&configurationParser, $0) }
      let root = name == "tokenizer.json" ? try object(&parser, main) : nil
      do throws(TokenizerError) {
        if let root { return try TokenizerJSON.read(root, configuration: settings) }
        return try SentencePieceModel.read(main.bytes, configuration: settings)
      } catch {
        throw TokenizerError.file(path, error)
      }
    }
  }

  private static func object(_ parser: inout JSONParser, _ file: MappedFile) throws -> JSONValue {
    do {
      return try parser.parse(file.bytes)
    } catch {
      throw TokenizerError.file(file.path, .malformed(error.description))
    }
  }

  /// Why a folder without a tokenizer that is known has none.
  private static func missing(in folder: String) -> TokenizerError {
    for name in ["tekken.json", "vocab.json", "vocab.txt"] {
      if Paths.exists(Paths.join(folder, name)) { return .unsupported("\(name) without a tokenizer.json") }
    }
    return .malformed("expected a tokenizer.json, found none")
  }
}
