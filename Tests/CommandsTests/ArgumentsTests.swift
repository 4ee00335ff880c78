import Commands
import Testing

private let program = Program(
  name: "grape-try", summary: "Try things",
  options: [
    Option("all", "a", help: "All"), Option("brief", "b", help: "Brief"),
    Option("number", "n", argument: "N", help: "A number"), Option("name", argument: "NAME", help: "A name"),
    Option("pair", "p", argument: "LEFT RIGHT", help: "Two"), Option("at", argument: "PATH", help: "A place"),
    Option("between", argument: "PATH_A PATH_B", help: "Two places"),
  ])

private func parse(_ words: String...) throws(UsageError) -> Arguments {
  try Arguments(parsing: words, for: program)
}

private func message(_ words: [String], _ use: (Arguments) throws -> Void = { _ in }) -> String? {
  do {
    try use(try Arguments(parsing: words, for: program))
    return nil
  } catch {
    return "\(error)"
  }
}

@Suite struct ArgumentsTests {
  @Test(arguments: [
    ["-n4"], ["-n", "4"], ["--number=4"], ["--number", "4"], ["-an4"], ["-abn", "4"], ["-n", "9", "-n4"],
    ["-n9", "--number", "8", "--number=4"], ["x", "-n4"],
  ])
  func values(words: [String]) throws {
    #expect(try Arguments(parsing: words, for: program).int("number") == 4)
  }

  @Test(arguments: [["-n-4"], ["-n", "-4"], ["--number=-4"], ["--number", "-4"]])
  func negativeValues(words: [String]) throws {
    #expect(try Arguments(parsing: words, for: program).int("number") == -4)
  }

  @Test func flags() throws {
    let arguments = try parse("-ab")
    #expect(arguments[flag: "all"] && arguments[flag: "brief"] && !arguments[flag: "strict"])
    #expect(try parse("--all", "--null")[flag: "null"])
    #expect(try parse("-za")[flag: "null"])
  }

  @Test func operands() throws {
    #expect(
      try parse("a", "-", "-a", "b", "--", "-b", "--", "c").operands == ["a", "-", "b", "-b", "--", "c"])
    #expect(try parse("a", "--", "-b")[flag: "brief"] == false)
    #expect(try parse("").operands == [""])
  }

  @Test func stringsMayBeAnything() throws {
    #expect(try parse("--name=").string("name") == "")
    #expect(try parse("--name=a=b").string("name") == "a=b")
    #expect(try parse("--name", "--all").string("name") == "--all")
    #expect(try parse("--name", "--", "x").string("name") == "--")
    #expect(try parse().string("name") == nil)
  }

  @Test(arguments: [["--pair", "a", "-b"], ["--pair=a", "-b"], ["-pa", "-b"], ["-p", "a", "-b"]])
  func severalValues(words: [String]) throws {
    let arguments = try Arguments(parsing: words + ["x"], for: program)
    #expect(arguments.strings("pair") == ["a", "-b"])
    #expect(arguments.operands == ["x"])
    #expect(!arguments[flag: "brief"])
    #expect(try parse().strings("pair") == nil)
    let reason = "option '--pair' needs 2 values: --pair LEFT RIGHT"
    #expect(message(["--pair", "a"]) == reason)
    #expect(message(["--pair=a"]) == reason)
    #expect(message(["--pair"]) == reason)
  }

  @Test func questionsComeFirst() throws {
    #expect(try parse("--help", "--nonsense")[flag: "help"])
    #expect(message(["--nonsense", "--help"]) == "unknown option '--nonsense'")
    #expect(try parse("-aV", "-?")[flag: "version"])
  }

  @Test(arguments: [
    (["--numb=4"], "unknown option '--numb'"), (["-x"], "unknown option '-x'"),
    (["-ax"], "unknown option '-x'"),
    (["-n"], "option '-n' needs a value: -n N"), (["--name"], "option '--name' needs a value: --name NAME"),
    (["--all=1"], "option '--all' takes no value"), (["--="], "unknown option '--'"),
  ])
  func complaints(words: [String], expected: String) {
    #expect(message(words) == expected)
  }

  @Test func unsuitableValues() {
    #expect(
      message(["-nx"]) { _ = try $0.int("number") } == "option '--number' takes a whole number, not 'x'")
    #expect(
      message(["-n0"]) { _ = try $0.int("number", in: 1...9) }
        == "option '--number' takes a whole number from 1 to 9, not '0'")
    #expect(
      message(["-n", "1e99"]) { _ = try $0.int("number", in: 1 ... .max) }
        == "option '--number' takes a whole number, 1 or more, not '1e99'")
    #expect(
      message(["-n0"]) { _ = try $0.number("number", above: 0) }
        == "option '--number' takes a number above 0, not '0'")
    #expect(
      message(["-n", "inf"]) { _ = try $0.number("number") } == "option '--number' takes a number, not 'inf'")
  }

  @Test(arguments: [("65536", 65536), ("64K", 65536), ("2m", 2 << 20), ("1G", 1 << 30), ("1", 1)])
  func byteCounts(text: String, expected: Int) throws {
    #expect(try parse("--max-line", text).bytes("max-line") == expected)
  }

  @Test(arguments: ["", "0", "-1", "K", "1.5M", "9999999999G", "1T"])
  func wrongByteCounts(text: String) {
    #expect(
      message(["--max-line", text]) { _ = try $0.bytes("max-line") }
        == "option '--max-line' takes a number of bytes such as 65536, 64K or 16M, not '\(text)'")
  }

  private enum Colour: String, CaseIterable { case red, green }

  @Test func choices() throws {
    #expect(try parse("--name=red").choice("name") == Colour.red)
    #expect(
      message(["--name=blue"]) { _ = try $0.choice("name", of: Colour.self) }
        == "option '--name' takes one of red, green, not 'blue'")
  }

  @Test func placesArePathsBeforeAnythingElseIsSaid() throws {
    #expect(try parse("--at=a[", "--at=a.b").path("at")?.text == "a.b")
    #expect(message(["--at=a["]) == "option '--at': invalid path 'a[': expected [N] with a number from 0")
    #expect(
      message(["--between", "a", "b..c", "--", "x"])?.hasPrefix("option '--between': invalid path 'b..c'")
        == true)
  }

  @Test func optionsThatExcludeOrNeedOthers() throws {
    #expect(try parse("-a", "-n4").one(of: "brief", "all") == "all")
    #expect(try parse("-n4").one(of: "brief", "all") == nil)
    #expect(message(["-ab"]) { _ = try $0.one(of: "brief", "all") } == "--brief and --all exclude each other")
    #expect(message(["-an4"]) { try $0.check("number", needs: "brief", "all") } == nil)
    #expect(
      message(["-n4"]) { try $0.check("number", needs: "brief", "all") } == "--number needs --brief or --all")
  }
}
