import Foundation
import TestSupport
import Testing

/// What scripts cannot show: pauses, terminals, and input that comes in odd pieces.
@Suite struct InteractionTests {
  private static let commands = [
    "grape-tokenize": "grape-tokenize -m \"$FIXTURES/models/smollm-2\"",
    "grape-score": "grape-score -m \"$FIXTURES/models/smollm-2\"",
    "grape-pick": "grape-pick --all",
  ]

  /// Records that every filter takes.
  private static func records(_ count: Int) throws -> [String] {
    let script = ". \"$FIXTURES/filters.sh\"; records \(count)"
    let outcome = try Shell.run(script, in: TemporaryFolder())
    try #require(outcome.status == 0, "\(outcome.errors)")
    return outcome.output.split(separator: "\n").map { $0 + "\n" }
  }

  /// Each record's output comes while the writer of the input takes its time.
  @Test(arguments: ["grape-tokenize", "grape-score"])
  func answersWhenTheInputPauses(filter: String) throws {
    let folder = try TemporaryFolder()
    let pipe = try NamedPipe(in: folder)
    let running = try Shell.start("\(Self.commands[filter]!) < pipe > out", in: folder)
    let records = try Self.records(3)
    try pipe.open()
    for (index, record) in records.enumerated() {
      pipe.write(record)
      #expect(running.wait { _ in folder.read("out").filter { $0 == "\n" }.count == index + 1 })
    }
    pipe.close()
    #expect(running.wait() == 0)
  }

  /// Half a record must wait for its other half, but not the whole records before it.
  @Test func answersWithHalfARecordInHand() throws {
    let folder = try TemporaryFolder()
    let pipe = try NamedPipe(in: folder)
    let running = try Shell.start("\(Self.commands["grape-tokenize"]!) < pipe > out", in: folder)
    let records = try Self.records(2)
    try pipe.open()
    pipe.write(records[0] + records[1].prefix(40))
    #expect(running.wait { _ in folder.read("out").filter { $0 == "\n" }.count == 1 })
    pipe.write(String(records[1].dropFirst(40)))
    #expect(running.wait { _ in folder.read("out").filter { $0 == "\n" }.count == 2 })
    pipe.close()
    #expect(running.wait() == 0)
  }

  @Test func pickAnswersWhenAGroupEnds() throws {
    let folder = try TemporaryFolder()
    let pipe = try NamedPipe(in: folder)
    let running = try Shell.start("grape-pick --grouped < pipe > out", in: folder)
    let records = try Self.records(3)
    try pipe.open()
    pipe.write(records[0])
    for (index, record) in records.dropFirst().enumerated() {
      pipe.write(record)
      #expect(running.wait { _ in folder.read("out").filter { $0 == "\n" }.count == index + 1 })
    }
    pipe.close()
    #expect(running.wait() == 0)
    #expect(folder.read("out").filter { $0 == "\n" }.count == 3)
  }

  @Test(arguments: ["grape-tokenize", "grape-score"])
  func answersAtATerminal(filter: String) throws {
    let folder = try TemporaryFolder()
    let terminal = try PseudoTerminal()
    // A terminal's line is limited, so the records must be short.
    let running = try Shell.start("\(Self.commands[filter]!) < \(terminal.path) > out", in: folder)
    let records = try Self.records(2)
    for (index, record) in records.enumerated() {
      terminal.type(record)
      #expect(running.wait { _ in folder.read("out").filter { $0 == "\n" }.count == index + 1 })
    }
    terminal.type("\u{4}")
    #expect(running.wait() == 0)
  }

  /// Input a byte at a time gives the output of input in one piece.
  @Test(arguments: ["grape-tokenize", "grape-score", "grape-pick"])
  func takesSmallPieces(filter: String) throws {
    let folder = try TemporaryFolder()
    let records = try Self.records(2).joined()
    try folder.file("in", records)
    let whole = try Shell.run("\(Self.commands[filter]!) in", in: folder)
    let pipe = try NamedPipe(in: folder)
    let running = try Shell.start("\(Self.commands[filter]!) < pipe > out", in: folder)
    try pipe.open()
    for byte in records.unicodeScalars { pipe.write(String(byte)) }
    pipe.close()
    #expect(running.wait() == 0)
    #expect(whole.output != "" && folder.read("out") == whole.output)
  }

  /// Standard input in non-blocking mode, as some programs leave it: empty is not ended.
  @Test(arguments: ["grape-tokenize", "grape-score"])
  func takesNonblockingInput(filter: String) throws {
    let folder = try TemporaryFolder()
    let pipe = try NamedPipe(in: folder)
    let records = try Self.records(3)
    try pipe.openAhead()
    let running = try Shell.start(
      "\(Self.commands[filter]!) > out", in: folder, input: (pipe.path, O_RDONLY | O_NONBLOCK))
    for (index, record) in records.enumerated() {
      pipe.write(record)
      #expect(running.wait { _ in folder.read("out").filter { $0 == "\n" }.count == index + 1 })
    }
    pipe.close()
    #expect(running.wait() == 0, "\(running.errors)")
  }
}

@Suite struct ProgressTests {
  /// A run whose output nobody reads until the test wants to: it lasts as long as the test likes.
  private func run(
    _ options: String = "", _ environment: [String: String] = [:], columns: UInt16 = 200,
    until isShown: (String) -> Bool
  ) throws -> String {
    let folder = try TemporaryFolder()
    let terminal = try PseudoTerminal(columns: columns)
    let candidates = (1...4000).map {
      "{\"id\":\($0),\"instruction\":\"Count to \($0).\",\"response\":\"One, two.\"}\n"
    }
    try folder.file("in", candidates.joined())
    let running = try Shell.start(
      """
      grape-tokenize \(options) -m "$FIXTURES/models/smollm-2" in 2> \(terminal.path) |
        while read -r line; do i=$((i + 1)); [ $((i % 40)) = 0 ] && sleep 0.02; done
      """, in: folder, environment: ["TERM": "xterm"].merging(environment) { $1 })
    #expect(running.wait { _ in isShown(terminal.screen) }, "the screen: \(terminal.screen.debugDescription)")
    #expect(running.wait() == 0)
    return terminal.screen
  }

  @Test func onATerminal() throws {
    let screen = try run { $0.contains("left") }
    let line = try #require(
      screen.split(separator: "\r").first { $0.contains("left") }, "\(screen.debugDescription)")
    let pattern =
      /\e\[2mgrape-tokenize: [0-9,]+ records, [0-9,]+ tokens\/s(, [0-9]+\.[0-9] MB\/s)?, [0-9]+%, [0-9:]+ left\e\[0m\e\[K/
    #expect(line.wholeMatch(of: pattern) != nil, "\(line.debugDescription)")
    #expect(screen.hasSuffix("\r\u{1B}[K"), "the line goes when the run ends")
    #expect(!screen.contains("\n"), "the line is rewritten in place")
  }

  @Test func withoutColour() throws {
    let screen = try run("", ["NO_COLOR": "1"]) { $0.contains("left") }
    #expect(!screen.contains("\u{1B}[2m") && !screen.contains("\u{1B}[0m"))
  }

  @Test func inANarrowTerminal() throws {
    let screen = try run("", ["NO_COLOR": "1"], columns: 30) { $0.contains("records") }
    for line in screen.split(separator: "\r") { #expect(line.prefix { $0 != "\u{1B}" }.count < 30) }
  }

  @Test func staysWhenAskedFor() throws {
    let screen = try run("--progress") { $0.contains("in all") }
    #expect(screen.split(separator: "\n").last?.contains("grape-tokenize: 4,000 records") == true)
  }

  @Test func plainOnADumbTerminal() throws {
    let screen = try run("--progress", ["TERM": "dumb"]) { $0.contains("in all") }
    #expect(!screen.contains("\u{1B}"))
  }
}
