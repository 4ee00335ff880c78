import Foundation
import TestSupport
import Testing

/// External scorers, and the script that tells whether one keeps the contract of grape(7).
@Suite(.enabled(if: Tool.jq.isInstalled, "jq is not installed")) struct ScorerTests {
  @Test func checkPassesGrapeScore() throws {
    let outcome = try Self.check(
      "-s -m \"$FIXTURES/models/smollm-2\" grape-score -m \"$FIXTURES/models/smollm-2\"")
    #expect(Self.rules("FAIL", in: outcome) == [])
    #expect(Self.rules("warning", in: outcome) == [])
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
  }

  /// The manual's example in jq keeps values, not bytes.
  @Test func manualsFilterKeepsTheContract() throws {
    let outcome = try Self.check("-s ./scorer", scorer: Self.manualsScorer(of: "jq"))
    #expect(Self.rules("FAIL", in: outcome) == [])
    #expect(Self.rules("warning", in: outcome) == ["bytes"])
  }

  @Test(.enabled(if: Tool.python.isInstalled, "python3 is not installed"))
  func manualsProgramKeepsTheContract() throws {
    let outcome = try Self.check("-s ./scorer", scorer: Self.manualsScorer(of: "python3"))
    #expect(Self.rules("FAIL", in: outcome) == [])
    #expect(Self.rules("warning", in: outcome) == ["bytes"])
  }

  @Test func checkReadsPlainCandidates() throws {
    let scorer = "#!/bin/sh\nexec jq -c --unbuffered '.grape.score = (.response | length)'\n"
    let outcome = try Self.check("-p ./scorer", scorer: scorer)
    #expect(Self.rules("FAIL", in: outcome) == [])
    #expect(Self.rules("warning", in: outcome) == ["bytes", "bad"])
  }

  @Test(arguments: BrokenScorer.all)
  func checkFindsTheBreach(_ broken: BrokenScorer) throws {
    let outcome = try Self.check(broken.options + " ./scorer", scorer: "#!/bin/sh\n\(broken.script)\n")
    #expect(Self.rules("FAIL", in: outcome) == broken.breaches, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.status == 1)
  }

  @Test func checkNeedsAProgram() throws {
    for arguments in ["", "-t soon ./scorer", "./no-such-scorer", "-x"] {
      #expect(try Self.check(arguments, scorer: "#!/bin/sh\n").status == 2, "\(arguments)")
    }
  }

  /// Runs `Examples/scorers/check.sh` in a folder that holds the program `scorer`.
  private static func check(_ arguments: String, scorer: String? = nil) throws -> Outcome {
    let folder = try TemporaryFolder()
    if let scorer {
      let path = try folder.file("scorer", scorer)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }
    return try Shell.run(
      "\"$ROOT/Examples/scorers/check.sh\" \(arguments)", in: folder, environment: ["ROOT": Repository.root])
  }

  /// The rules of which a check says `verdict`, in its order.
  private static func rules(_ verdict: String, in outcome: Outcome) -> [String] {
    outcome.output.split(separator: "\n").filter { $0.hasPrefix(verdict) }
      .map { line in String(line.drop { $0 != " " }.drop { $0 == " " }.prefix { $0 != ":" }) }
  }

  /// The program in grape(7) whose first line names `interpreter`.
  private static func manualsScorer(of interpreter: String) throws -> String {
    let page = try #require(Repository.contents(Repository.manual + "/grape.7"))
    let scorers = Example.displays(inManual: page, section: "SCORERS")
    return try #require(
      scorers.first { $0.hasPrefix("#!") && $0.prefix { $0 != "\n" }.contains(interpreter) })
  }
}
