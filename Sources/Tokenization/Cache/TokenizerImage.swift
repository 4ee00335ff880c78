import Streams

/// A compiled tokenizer and the memory it is in: a mapped file of the cache, or memory of the process.
final class TokenizerImage: Sendable {
  let tables: TokenizerTables
  /// The digest of the source.
  let digest: UInt64
  private let storage: Storage

  private enum Storage: Sendable {
    case file(MappedFile)
    case memory(ImageMemory)
  }

  private init(_ tables: TokenizerTables, _ digest: UInt64, _ storage: Storage) {
    self.tables = tables
    self.digest = digest
    self.storage = storage
  }

  /// Maps the compiled form of a source, compiling it first if there is none or it is damaged.
  ///
  /// Any number of processes may do so at once. That the cache cannot be read or written is no error.
  static func open(_ source: TokenizerSource, cacheFolder: String?) throws -> TokenizerImage {
    func path(_ digest: UInt64) -> String? {
      cacheFolder.map { Paths.join($0, "tokenizer-\(hex(digest, digits: 16))") }
    }
    if let path = path(source.digest), let image = mapped(path, source.digest) { return image }
    let (definition, digest) = try source.read()
    let bytes = try TokenizerCompiler.compile(definition, source: digest)
    if let cacheFolder, let path = path(digest), (try? write(bytes, path, cacheFolder)) != nil,
      let image = mapped(path, digest)
    {
      return image
    }
    let memory = ImageMemory(bytes)
    let tables = try TokenizerTables(image: memory.bytes, source: digest)
    return TokenizerImage(tables, digest, .memory(memory))
  }

  private static func mapped(_ path: String, _ digest: UInt64) -> TokenizerImage? {
    guard Paths.exists(path), let file = try? MappedFile(path: path),
      let tables = try? TokenizerTables(image: file.bytes, source: digest)
    else { return nil }
    return TokenizerImage(tables, digest, .file(file))
  }

  private static func write(_ bytes: [UInt8], _ path: String, _ folder: String) throws(IOError) {
    try Paths.makeFolders(folder)
    let file = try AtomicFile(path: path)
    try file.write(bytes)
    try file.commit()
  }
}

/// A copy of an image in memory of the process, aligned as a mapped file is.
final class ImageMemory: @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer
  private let memory: UnsafeMutableRawBufferPointer

  init(_ image: [UInt8]) {
    memory = .allocate(byteCount: image.count, alignment: CacheImage.alignment)
    memory.copyBytes(from: image)
    bytes = UnsafeRawBufferPointer(memory)
  }

  deinit { memory.deallocate() }
}
