import Checkpoints
import Records
import Streams

/// Where a tokenizer comes from: enough to find its compiled form.
struct TokenizerSource {
  /// The digest of all that the compiled form depends on.
  let digest: UInt64
  /// Reads the source: what it defines, and its digest then.
  let read: () throws -> (definition: TokenizerDefinition, digest: UInt64)

  /// - Parameters:
  ///   - location: the model.
  ///   - cacheFolder: where the digests of files are noted; nil notes none.
  ///   - settlingTime: see `SourceNote`.
  static func open(
    _ location: ModelLocation, cacheFolder: String?, settlingTime: Int64
  ) throws -> TokenizerSource {
    let files =
      switch location {
      case .gguf(let path): Files(main: path, isGGUF: true)
      case .folder(let path): try Files(folder: path)
      }
    let note = cacheFolder.flatMap { SourceNote(files, folder: $0, settlingTime: settlingTime) }
    if let digest = note?.digest {
      return TokenizerSource(digest: digest) { try Contents(files).read() }
    }
    let contents = try Contents(files)
    note?.write(contents.digest)
    return TokenizerSource(digest: contents.digest, read: contents.read)
  }

  /// The files of a source.
  struct Files {
    let main: String
    let configuration: String?
    let isGGUF: Bool

    init(main: String, configuration: String? = nil, isGGUF: Bool = false) {
      self.main = main
      self.configuration = configuration
      self.isGGUF = isGGUF
    }

    /// What a folder's tokenizer is read from, the first of these that is there: `tokenizer.json`,
    /// `tekken.json`, a `tokenizer.model` of SentencePiece or tiktoken, `tiktoken.model`,
    /// the only `*.tiktoken`.
    init(folder: String) throws {
      let configuration = Paths.join(folder, "tokenizer_config.json")
      self.init(
        main: Paths.join(folder, try TokenizerSource.mainFile(in: folder)),
        configuration: Paths.exists(configuration) ? configuration : nil)
    }

    var all: [String] { [main] + (configuration.map { [$0] } ?? []) }

    fileprivate var name: String { Paths.lastComponent(main) }

    /// What the digest depends on besides the bytes: a rank file's name tells how it is to be read.
    var kind: UInt64 {
      isGGUF || name.hasSuffix(".json") ? 0 : Array(name.utf8).withUnsafeBytes { xxh64($0) }
    }
  }

  /// What a source's files hold, mapped.
  private enum Contents {
    case gguf(GGUFFile)
    case files(Files, main: MappedFile, configuration: MappedFile?)

    init(_ files: Files) throws {
      if files.isGGUF {
        self = .gguf(try GGUFFile(path: files.main))
      } else {
        let main = try MappedFile(path: files.main)
        self = .files(
          files, main: main, configuration: try files.configuration.map { try MappedFile(path: $0) })
      }
    }

    var digest: UInt64 {
      switch self {
      case .gguf(let file): xxh64(file.metadataBytes)
      case .files(let files, let main, let configuration):
        xxh64(main.bytes, seed: configuration.map { xxh64($0.bytes, seed: files.kind) } ?? files.kind)
      }
    }

    func read() throws -> (definition: TokenizerDefinition, digest: UInt64) {
      switch self {
      case .gguf(let file):
        do throws(TokenizerError) {
          return (try GGUFVocabulary.read(file), digest)
        } catch {
          throw TokenizerError.file(file.path, error)
        }
      case .files(let files, let main, let configuration):
        return (try TokenizerSource.read(files.name, main, configuration), digest)
      }
    }
  }

  private static func read(
    _ name: String, _ main: MappedFile, _ configuration: MappedFile?
  ) throws -> TokenizerDefinition {
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
      throw TokenizerError.file(main.path, error)
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
    throw TokenizerError.file(folder, .notFound)
  }

  private static func object(_ parser: inout JSONParser, _ file: MappedFile) throws -> JSONValue {
    do {
      return try parser.parse(file.bytes)
    } catch {
      throw TokenizerError.file(file.path, .malformed(error.description))
    }
  }
}
