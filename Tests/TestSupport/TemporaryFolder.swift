import Foundation

/// A folder for one test, removed when it ends.
package final class TemporaryFolder {
  package let path: String

  package init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("grape-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file that holds `bytes`; folders on the way are made.
  @discardableResult
  package func file(_ name: String, _ bytes: [UInt8] = []) throws -> String {
    let url = URL(fileURLWithPath: path).appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    if !FileManager.default.fileExists(atPath: url.path) {
      _ = FileManager.default.createFile(atPath: url.path, contents: nil)
    }
    // Written in place and then cut: truncating first makes some file systems wait for the disk.
    let handle = try FileHandle(forWritingTo: url)
    try handle.write(contentsOf: Data(bytes))
    try handle.truncate(atOffset: UInt64(bytes.count))
    try handle.close()
    return url.path
  }

  @discardableResult
  package func file(_ name: String, _ text: String) throws -> String { try file(name, Array(text.utf8)) }

  /// Copies a fixture into the folder.
  package func copy(_ fixture: String, as name: String) throws {
    try FileManager.default.copyItem(atPath: "\(fixtures)/\(fixture)", toPath: "\(path)/\(name)")
  }
}
