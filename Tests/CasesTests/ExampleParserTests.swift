import Testing

@Suite struct ExampleParserTests {
  @Test func markdown() {
    let text = """
      # Title
      ```console
      $ echo 'a
      b' |
          cat
      a
      b
      $ true
      ```
      ```
      $ not this
      ```
      """
    #expect(
      Example.inMarkdown(text, named: "x") == [
        Example(document: "x", line: 3, command: "echo 'a\nb' |\n    cat", output: "a\nb\n"),
        Example(document: "x", line: 8, command: "true", output: ""),
      ])
  }

  @Test func manual() {
    let text = """
      .Sh DESCRIPTION
      .Bd -literal
      $ not this
      .Ed
      .Sh EXAMPLES
      Text
      .Bd -literal -offset indent
      $ printf '%s\\en' \\(aqx\\(aq \\e
          y
      x
      .Ed
      """
    #expect(
      Example.inManual(text, named: "x") == [
        Example(document: "x", line: 8, command: "printf '%s\\n' 'x' \\\n    y", output: "x\n")
      ])
  }
}
