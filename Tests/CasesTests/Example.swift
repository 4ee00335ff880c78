import Testing

/// A command shown in the documentation, and what it is shown to print.
struct Example: CustomTestStringConvertible, Equatable {
  /// The document's name and the command's line in it.
  let document: String
  let line: Int
  /// The command without its `$ `, continuation lines included.
  let command: String
  /// The lines shown below it; empty where the example shows none, and its output is its author's secret.
  let output: String

  var testDescription: String { "\(document):\(line)" }

  /// The examples in Markdown: in fenced blocks marked `console`, from a line that
  /// begins with `$ ` to the next.
  static func inMarkdown(_ text: String, named document: String) -> [Example] {
    var examples: [Example] = []
    var block: [(number: Int, text: Substring)]?
    for (number, line) in numberedLines(text) {
      if line.hasPrefix("```") {
        if let lines = block { examples += sessions(lines, document) }
        block = block == nil && line == "```console" ? [] : nil
      } else {
        block?.append((number, line))
      }
    }
    return examples
  }

  /// The examples in an mdoc page: in the literal displays of its EXAMPLES section.
  static func inManual(_ text: String, named document: String) -> [Example] {
    var examples: [Example] = []
    var block: [(number: Int, text: Substring)]?
    var isExamples = false
    for (number, line) in numberedLines(text) {
      if line.hasPrefix(".Sh") {
        isExamples = line == ".Sh EXAMPLES"
      } else if line.hasPrefix(".Bd -literal"), isExamples {
        block = []
      } else if line == ".Ed" {
        if let lines = block { examples += sessions(lines, document) }
        block = nil
      } else {
        block?.append((number, unescaped(line)[...]))
      }
    }
    return examples
  }

  /// The literal displays of a section of an mdoc page, as they are printed.
  static func displays(inManual text: String, section: String) -> [String] {
    var displays: [String] = []
    var display: String?
    var isSection = false
    for (_, line) in numberedLines(text) {
      if line.hasPrefix(".Sh") {
        isSection = line == ".Sh " + section
      } else if line.hasPrefix(".Bd -literal"), isSection {
        display = ""
      } else if line == ".Ed" {
        if let display { displays.append(display) }
        display = nil
      } else if let begun = display {
        display = begun + unescaped(line) + "\n"
      }
    }
    return displays
  }

  /// Splits a block into commands and their output. A command goes on for as long as the shell would ask for
  /// more: behind a backslash, `|`, `&&` or `||` at the end of a line, and inside quotes.
  private static func sessions(_ lines: [(number: Int, text: Substring)], _ document: String) -> [Example] {
    var examples: [Example] = []
    var rest = lines[...]
    while let (number, first) = rest.popFirst() {
      guard first.hasPrefix("$ ") else { continue }
      var command = String(first.dropFirst(2))
      while isIncomplete(command), let (_, next) = rest.popFirst() { command += "\n" + next }
      var output = ""
      while let (_, next) = rest.first, !next.hasPrefix("$ ") {
        output += next + "\n"
        rest.removeFirst()
      }
      examples.append(Example(document: document, line: number, command: command, output: output))
    }
    return examples
  }

  private static func isIncomplete(_ command: String) -> Bool {
    var quote: Character?
    var isEscaped = false
    for character in command {
      if isEscaped {
        isEscaped = false
      } else if character == "\\", quote != "'" {
        isEscaped = true
      } else if let open = quote {
        if character == open { quote = nil }
      } else if character == "'" || character == "\"" {
        quote = character
      }
    }
    return quote != nil || isEscaped || ["|", "&&", "||"].contains { command.hasSuffix($0) }
  }

  /// A text line of roff as it is printed.
  private static func unescaped(_ line: Substring) -> String {
    var text = ""
    var rest = line
    while let character = rest.popFirst() {
      guard character == "\\", let escape = rest.popFirst() else {
        text.append(character)
        continue
      }
      switch escape {
      case "e": text.append("\\")
      case "&": break
      case "(":
        let name = rest.prefix(2)
        rest = rest.dropFirst(2)
        text += ["aq": "'", "dq": "\"", "ti": "~", "ha": "^", "rs": "\\"][name] ?? "?"
      default: text.append(escape)
      }
    }
    return text
  }

  private static func numberedLines(_ text: String) -> [(Int, Substring)] {
    text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { ($0 + 1, $1) }
  }
}
