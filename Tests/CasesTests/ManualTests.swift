import Commands
import Foundation
import TestSupport
import Testing

/// The option table, as `--help` shows it, against the other places that list options.
@Suite struct ManualTests {
  @Test(arguments: Repository.tools)
  func manualHasTheOptions(tool: String) throws {
    let program = try program(fromHelpOf: tool)
    let page = try #require(
      Repository.contents("\(Repository.manual)/\(tool).1"), "no manual page for \(tool)")
    let lines = page.split(separator: "\n").map(String.init)
    let synopsis = lines.filter { $0.hasPrefix(".Op Fl") }
    #expect(synopsis.sorted() == program.manualSynopsis.sorted(), "the SYNOPSIS")

    let described = lines.filter { $0.hasPrefix(".It Fl") }.flatMap(flags)
    #expect(Set(described).subtracting(program.manualFlags).sorted() == [], "described, but not in --help")
    #expect(Set(program.manualFlags).subtracting(described).sorted() == [], "in --help, but not described")
    #expect(Set(described).count == described.count, "described twice")
  }

  @Test(arguments: Repository.tools, ["bash", "zsh", "fish"])
  func completionsHaveTheOptions(tool: String, shell: String) throws {
    let script = try Shell.run("\(tool) --completions \(shell)", in: TemporaryFolder()).output
    let words = Set(script.split { !$0.isLetter && !$0.isNumber && $0 != "-" }.map(String.init))
    for option in try program(fromHelpOf: tool).options {
      #expect(
        words.contains(shell == "fish" ? option.name : "--" + option.name), "\(shell): --\(option.name)")
      if let short = option.short { #expect(words.contains(shell == "fish" ? "\(short)" : "-\(short)")) }
    }
  }

  /// The option table that a tool's help was made from, as far as the help tells: `  -k, --top K   Keep …`.
  private func program(fromHelpOf tool: String) throws -> Program {
    let help = try Shell.run("\(tool) --help", in: TemporaryFolder()).output
    let pattern = /\ \ (?:-(.), |    )--([a-z-]+)(?: ([A-Z_=]+(?: [A-Z_]+)*))?(?:  .*)?/
    let options = help.split(separator: "\n").compactMap { line in
      line.wholeMatch(of: pattern).map { match in
        Option(
          String(match.2), match.1.flatMap(\.first), argument: match.3.map { String($0) }, help: "")
      }
    }
    try #require(!options.isEmpty, "\(tool) --help lists no options")
    return Program(name: tool, summary: "", options: options)
  }

  /// `k` and `-top` of `.It Fl k , Fl -top Ar K`.
  private func flags(in line: String) -> [String] {
    let words = line.split(separator: " ").map(String.init)
    return zip(words, words.dropFirst()).compactMap { $0 == "Fl" ? $1 : nil }
  }
}
