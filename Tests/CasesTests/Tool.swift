import Foundation
import TestSupport

/// A program that the tests do without where it is not installed.
enum Tool: String, CaseIterable {
  case jq
  case python = "python3"

  /// Whether a command runs it.
  func isUsed(by command: String) -> Bool {
    let words = command.split { !$0.isLetter && !$0.isNumber }
    return words.contains { $0 == rawValue || (self == .python && $0 == "py") }
  }

  var isInstalled: Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .contains { FileManager.default.isExecutableFile(atPath: $0 + "/" + rawValue) }
  }

  /// Whether Python has torch and transformers.
  static var hasTransformers: Bool {
    guard python.isInstalled, let folder = try? TemporaryFolder() else { return false }
    let script =
      "python3 -c 'import importlib.util as u, sys; sys.exit(not (u.find_spec(\"torch\") and u.find_spec(\"transformers\")))'"
    return (try? Shell.run(script, in: folder).status) == 0
  }
}
