import Streams

/// The folder in which Hugging Face's libraries keep what they download:
/// `models--org--name/refs/main` names a folder of `models--org--name/snapshots`.
struct HuggingFaceCache {
  /// The folder; nil where the environment does not say where it would be.
  let folder: String?

  /// The cache that huggingface_hub uses: `$HF_HUB_CACHE`, or `hub` in `$HF_HOME`, in
  /// `$XDG_CACHE_HOME/huggingface` or in `~/.cache/huggingface`.
  init(_ environment: (String) -> String?) {
    let home = environment("HOME")
    func value(_ name: String) -> String? {
      guard let value = environment(name) else { return nil }
      guard value.hasPrefix("~/"), let home else { return value }
      return Paths.join(home, String(value.dropFirst(2)))
    }
    if let cache = value("HF_HUB_CACHE") ?? value("HUGGINGFACE_HUB_CACHE") {
      folder = cache
    } else if let cache = value("HF_HOME") {
      folder = Paths.join(cache, "hub")
    } else if let cache = value("XDG_CACHE_HOME") {
      folder = Paths.join(cache, "huggingface/hub")
    } else {
      folder = home.map { Paths.join($0, ".cache/huggingface/hub") }
    }
  }

  /// The folder of the snapshot that `main` is at, or of the only one there is.
  func snapshot(of model: String) throws -> String {
    func error(_ reason: String) -> CheckpointError {
      CheckpointError(model, "no such folder or .gguf file, and \(reason)")
    }
    guard Self.isModelName(model) else { throw error("not the name of a model (org/name)") }
    guard let folder else { throw error("no Hugging Face cache, since HOME is not set") }
    let repository = Paths.join(folder, "models--" + model.split(separator: "/").joined(separator: "--"))
    guard Paths.isDirectory(repository) else {
      throw error("not in the Hugging Face cache: no \(repository) (hf download \(model) would fetch it)")
    }
    let snapshots = Paths.join(repository, "snapshots")
    let reference = Paths.join(repository, "refs/main")
    if Paths.exists(reference) {
      let revision = try Self.text(reference)
      guard !revision.isEmpty, !revision.contains("/"), revision != "..", revision != "." else {
        throw CheckpointError(reference, "expected the name of a snapshot, found \"\(revision)\"")
      }
      let snapshot = Paths.join(snapshots, revision)
      guard Paths.isDirectory(snapshot) else {
        throw error(
          "not whole in the Hugging Face cache: no \(snapshot) (hf download \(model) would fetch it)")
      }
      return snapshot
    }
    let names = (try? Paths.list(snapshots)) ?? []
    guard names.count == 1, let name = names.first else {
      throw error(
        "not whole in the Hugging Face cache: no \(reference), and \(names.count) snapshots in \(snapshots)")
    }
    return Paths.join(snapshots, name)
  }

  /// `name` of a folder `…/models--org--name/snapshots/REVISION`; nil for any other.
  static func modelName(ofSnapshot path: String) -> String? {
    let parts = path.split(separator: "/")
    guard parts.count >= 3, parts[parts.count - 2] == "snapshots",
      parts[parts.count - 3].hasPrefix("models--")
    else {
      return nil
    }
    let name = parts[parts.count - 3].dropFirst("models--".count)
    // The organization has no "--", a name may.
    guard let separator = firstDoubleDash(name) else { return String(name) }
    return String(name[separator.upperBound...])
  }

  private static func firstDoubleDash(_ text: Substring) -> Range<Substring.Index>? {
    var start = text.startIndex
    while let dash = text[start...].firstIndex(of: "-") {
      let next = text.index(after: dash)
      if next < text.endIndex, text[next] == "-" { return dash..<text.index(after: next) }
      start = next
    }
    return nil
  }

  /// Whether a name is `org/name` or `name`, of letters, digits, `.`, `_` and `-`.
  private static func isModelName(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    return (1...2).contains(parts.count)
      && parts.allSatisfy { part in
        guard let first = part.first, first != ".", first != "-" else { return false }
        return part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
      }
  }

  /// The text of a small file, without white space.
  private static func text(_ path: String) throws -> String {
    let file = try MappedFile(path: path)
    return String(decoding: file.bytes.filter { $0 > 32 }, as: UTF8.self)
  }
}
