#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Questions about names in the file system and the environment.
package enum Paths {
  /// Whether anything is there, links followed.
  package static func exists(_ path: String) -> Bool { status(path) != nil }

  package static func isDirectory(_ path: String) -> Bool { status(path)?.isDirectory ?? false }

  /// The size of a regular file in bytes; nil for anything else, or nothing.
  package static func fileSize(_ path: String) -> Int? {
    guard let status = status(path), status.isRegular else { return nil }
    return Int(status.st_size)
  }

  /// The names in a folder, sorted by their bytes, without `.` and `..`.
  package static func list(_ path: String) throws(IOError) -> [String] {
    guard let stream = opendir(path) else { throw IOError(action: "list", path: path, code: errno) }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else { break }
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    guard errno == 0 else { throw IOError(action: "list", path: path, code: errno) }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// `name` inside `folder`.
  package static func join(_ folder: String, _ name: String) -> String {
    folder.isEmpty || folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }

  /// The part after the last `/`, trailing ones ignored: `b` of `a/b/`.
  package static func lastComponent(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// The folder that holds `path`: `a` of `a/b`, `.` of `b`, `/` of `/b`.
  package static func parent(_ path: String) -> String {
    var bytes = Array(path.utf8)
    let slash = UInt8(ascii: "/")
    while bytes.count > 1, bytes.last == slash { bytes.removeLast() }
    guard let cut = bytes.lastIndex(of: slash) else { return "." }
    bytes.removeSubrange(cut...)
    while bytes.count > 1, bytes.last == slash { bytes.removeLast() }
    return bytes.isEmpty ? "/" : String(decoding: bytes, as: UTF8.self)
  }

  /// Makes a folder and the ones above it, as `mkdir -p` does.
  package static func makeFolders(_ path: String) throws(IOError) {
    if isDirectory(path) { return }
    let above = parent(path)
    if above != path { try makeFolders(above) }
    if mkdir(path, 0o777) != 0, errno != EEXIST || !isDirectory(path) {
      throw IOError(action: "make folder", path: path, code: errno)
    }
  }

  /// A variable of the environment; nil where it is unset or empty.
  package static func environment(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
  }

  /// Where compiled tokenizers and rounded weights are kept: `$XDG_CACHE_HOME/grape`, or
  /// `~/.cache/grape`. Not made by asking.
  ///
  /// Nil where neither variable is set to an absolute path (the XDG specification has others ignored).
  package static var cacheFolder: String? {
    if let cache = environment("XDG_CACHE_HOME"), cache.hasPrefix("/") { return join(cache, "grape") }
    guard let home = environment("HOME"), home.hasPrefix("/") else { return nil }
    return join(home, ".cache/grape")
  }

  private static func status(_ path: String) -> stat? {
    var status = stat()
    return stat(path, &status) == 0 ? status : nil
  }
}
