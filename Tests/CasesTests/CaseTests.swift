import Foundation
import TestSupport
import Testing

/// A folder of `Tests/Cases/TOOL/CASE`:
///
/// - `cmd`: run with `sh` in a copy of the folder, the built programs first in `PATH`, `FIXTURES` set;
/// - `expected`: what standard output must be; without it, empty;
/// - `expected.err`: what standard error must be; without it, anything;
/// - `status`: the exit status, 0 without it.
struct Case: CustomTestStringConvertible {
  let name: String

  var testDescription: String { name }

  static let all: [Case] = Repository.names(in: Repository.cases).flatMap { tool in
    Repository.names(in: Repository.cases + "/" + tool).map { Case(name: tool + "/" + $0) }
  }

  func file(_ name: String) -> String? { Repository.contents("\(Repository.cases)/\(self.name)/\(name)") }
}

@Suite struct CaseTests {
  @Test(arguments: Case.all)
  func run(_ given: Case) throws {
    let script = try #require(given.file("cmd"), "\(given.name) has no cmd")
    let folder = try TemporaryFolder()
    for name in Repository.names(in: Repository.cases + "/" + given.name) {
      try FileManager.default.copyItem(
        atPath: "\(Repository.cases)/\(given.name)/\(name)", toPath: "\(folder.path)/\(name)")
    }
    let outcome = try Shell.run(script, in: folder)
    let status = given.file("status").flatMap { Int32($0.filter { !$0.isWhitespace }) } ?? 0
    #expect(outcome.status == status, "exit status; standard error was:\n\(outcome.errors)")
    let output = difference(expected: given.file("expected") ?? "", actual: outcome.output)
    #expect(output == "", "standard output (- expected, + actual):\n\(output)")
    if let expected = given.file("expected.err") {
      let errors = difference(expected: expected, actual: outcome.errors)
      #expect(errors == "", "standard error (- expected, + actual):\n\(errors)")
    }
  }
}
