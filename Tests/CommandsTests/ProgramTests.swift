import Commands
import Testing

private let program = Program(
  name: "grape-try", summary: "Try things",
  options: [
    Option("all", "a", section: "Choosing", help: "Take them all"),
    Option(
      "number", "n", argument: "N", section: "Choosing",
      help: "Take so many of them, which needs a longer explanation than fits on one line of the help text"),
    Option("extraordinarily-long-name", argument: "NAME", section: "Naming", help: "Give a name"),
  ])

@Suite struct ProgramTests {
  @Test func help() {
    #expect(
      program.help.hasPrefix(
        """
        grape-try 0.1.0
        Try things

        Usage: grape-try [OPTION ...] [FILE ...]

        Choosing:
          -a, --all                Take them all
          -n, --number N           Take so many of them, which needs a longer
                                   explanation than fits on one line of the help text

        Naming:
              --extraordinarily-long-name NAME
                                   Give a name

        Records:
              --rejects FILE       Copy bad records to FILE, unchanged

        """))
    let lines = program.help.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.allSatisfy { $0.count <= 80 })
    #expect(lines.last == "")
  }

  @Test func helpHasEveryOptionOnce() {
    for option in program.options {
      let names = option.short.map { "-\($0), --\(option.name)" } ?? "    --\(option.name)"
      let lines = program.help.split(separator: "\n").filter {
        $0.hasPrefix("  \(names) ") || $0 == "  \(names)"
      }
      #expect(lines.count == 1, "\(option.name)")
    }
  }

  @Test func ownOptionsReplaceCommonOnes() {
    let own = Option("strict", "s", help: "Differently strict")
    let program = Program(name: "x", summary: "X", options: [own])
    #expect(program.options.filter { $0.name == "strict" } == [own])
    #expect(program.options.count == Option.common.count)
  }

  @Test func namesAreUnique() {
    let shorts = program.options.compactMap(\.short)
    #expect(Set(shorts).count == shorts.count)
    #expect(Set(program.options.map(\.name)).count == program.options.count)
  }

  @Test func manual() {
    #expect(
      program.manualSynopsis.prefix(3) == [
        ".Op Fl a | -all", ".Op Fl n | -number Ar N", ".Op Fl -extraordinarily-long-name Ar NAME",
      ])
    #expect(program.manualFlags.prefix(5) == ["a", "-all", "n", "-number", "-extraordinarily-long-name"])
  }
}
