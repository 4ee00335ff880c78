import Foundation
import TestSupport

/// Where things lie: the sources these tests were compiled from, and the programs they run.
enum Repository {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  static let cases = root + "/Tests/Cases"
  static let fixtures = root + "/Tests/Fixtures"
  static let manual = root + "/man"

  static let tools = ["grape-tokenize", "grape-score", "grape-pick", "grape-stats"]

  /// The folder of the built programs: that of the test bundle.
  static let products: String = {
    #if os(macOS)
      let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") } ?? Bundle.main
      return bundle.bundleURL.deletingLastPathComponent().path
    #else
      return Bundle.main.bundleURL.path
    #endif
  }()

  static func contents(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }

  static func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { !$0.hasPrefix(".") }
      .sorted()
  }
}

extension TemporaryFolder {
  func read(_ name: String) -> String { Repository.contents(path + "/" + name) ?? "" }
}
