import Foundation

/// A program that the tests do without where it is not installed.
enum Tool: String, CaseIterable {
  case jq
  case python = "python3"

  var isInstalled: Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .contains { FileManager.default.isExecutableFile(atPath: $0 + "/" + rawValue) }
  }
}
