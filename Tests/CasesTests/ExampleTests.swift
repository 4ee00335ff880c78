import Foundation
import TestSupport
import Testing

/// Every example of the READMEs and the manual pages, run.
///
/// Each document's examples run in order in one folder that holds `Examples/`, the beginning of its
/// `candidates.jsonl`, and what the stages make of that: `tokens.jsonl` and `scored.jsonl`. `M` names a tiny
/// model. An example must succeed; where it shows output, it must print that.
@Suite struct ExampleTests {
  @Test(
    arguments: ["README.md", "Examples/scorers/README.md"]
      + Repository.names(in: Repository.manual).map { "man/" + $0 })
  func document(_ name: String) throws {
    let text = try #require(Repository.contents(Repository.root + "/" + name))
    let examples =
      name.hasSuffix(".md")
      ? Example.inMarkdown(text, named: name) : Example.inManual(text, named: name)
    let folder = try Self.workplace()
    for example in examples where Self.hasTools(for: example) {
      let outcome = try Shell.run(example.command, in: folder, environment: Self.variables)
      #expect(
        outcome.status == 0,
        "\(example.testDescription): \(example.command)\nstandard error:\n\(outcome.errors)")
      guard !example.output.isEmpty else { continue }
      let changes = difference(expected: example.output, actual: outcome.output)
      #expect(changes == "", "\(example.testDescription) prints (- shown, + printed):\n\(changes)")
    }
  }

  private static let variables = ["M": Repository.fixtures + "/models/smollm-2"]

  private static func workplace() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let outcome = try Shell.run(
      """
      cp -R "$ROOT/Examples" Examples && head -n 24 Examples/candidates.jsonl > candidates.jsonl &&
      grape-tokenize -m "$M" candidates.jsonl > tokens.jsonl &&
      grape-score -m "$M" tokens.jsonl > scored.jsonl
      """, in: folder, environment: variables.merging(["ROOT": Repository.root]) { $1 })
    try #require(outcome.status == 0, "preparing the examples:\n\(outcome.errors)")
    return folder
  }

  private static func hasTools(for example: Example) -> Bool {
    Tool.allCases.allSatisfy { $0.isInstalled || !$0.isUsed(by: example.command) }
  }
}
