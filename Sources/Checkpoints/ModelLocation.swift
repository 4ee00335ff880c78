import Streams

/// Where a model lies: what `-m` names.
package enum ModelLocation: Sendable, Equatable {
  /// A folder with a config.json and safetensors, or with a tokenizer alone.
  case folder(String)
  /// A GGUF file.
  case gguf(String)

  /// Finds what `argument` names: a folder, a GGUF file, or `org/name` in the Hugging Face cache.
  ///
  /// A folder without safetensors that holds exactly one `.gguf` file stands for it. The name of a folder or
  /// file goes before that of a model in the cache. Nothing is downloaded.
  ///
  /// - Parameters:
  ///   - argument: a path, or the name of a model in the Hugging Face cache.
  ///   - environment: the value of an environment variable; the process's own by default.
  /// - Returns: the folder or file.
  /// - Throws: `CheckpointError` that lists what was looked for.
  package static func resolve(
    _ argument: String, environment: (String) -> String? = Paths.environment
  ) throws -> ModelLocation {
    if Paths.isDirectory(argument) { return try inFolder(argument) }
    if Paths.exists(argument) {
      guard try isGGUF(argument) else {
        throw CheckpointError(
          argument, "expected a folder, a .gguf file or the name of a model, found another file")
      }
      return .gguf(argument)
    }
    return try inFolder(HuggingFaceCache(environment).snapshot(of: argument))
  }

  /// The model's name: that of the folder, of the file without `.gguf`, or of the model
  /// in the Hugging Face cache.
  package var name: String {
    switch self {
    case .gguf(let path):
      let name = Paths.lastComponent(path)
      return name.hasSuffix(".gguf") ? String(name.dropLast(5)) : name
    case .folder(let path):
      var path = path
      // `.` and `..` are no names.
      if [".", ".."].contains(Paths.lastComponent(path)) { path = Paths.absolute(path) ?? path }
      return HuggingFaceCache.modelName(ofSnapshot: path) ?? Paths.lastComponent(path)
    }
  }

  /// The folder itself, or the GGUF file that it stands for.
  private static func inFolder(_ folder: String) throws -> ModelLocation {
    let names = try Paths.list(folder)
    if names.contains(where: { $0.hasPrefix("model") && $0.contains(".safetensors") }) {
      return .folder(folder)
    }
    let files = names.filter { $0.hasSuffix(".gguf") }
    if files.count > 1 {
      let list = files.joined(separator: ", ")
      throw CheckpointError(
        folder, "expected one .gguf file, found \(files.count); name one of them: \(list)")
    }
    return files.first.map { .gguf(Paths.join(folder, $0)) } ?? .folder(folder)
  }

  private static func isGGUF(_ path: String) throws -> Bool {
    if path.hasSuffix(".gguf") { return true }
    let file = try MappedFile(path: path)
    return withExtendedLifetime(file) { file.bytes.prefix(4).elementsEqual("GGUF".utf8) }
  }
}
