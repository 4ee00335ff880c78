/// One command-line option, declared once: parser, help, completions and the manual's
/// synopsis all come from here.
package struct Option: Sendable, Equatable {
  /// The long name without dashes: `max-length`.
  package let name: String
  /// The one-letter name.
  package let short: Character?
  /// What the help calls the value (`N`, `FILE`, `MODEL`), or each of several
  /// (`FIRST SECOND`); nil for a flag.
  package let argument: String?
  /// Values a shell can offer. Other values are for `Arguments` to judge.
  package let choices: [String]
  /// The heading of the help under which the option stands.
  package let section: String
  /// One or two sentences without a final full stop.
  package let help: String

  package init(
    _ name: String, _ short: Character? = nil, argument: String? = nil, choices: [String] = [],
    section: String = "Options", help: String
  ) {
    self.name = name
    self.short = short
    self.argument = argument
    self.choices = choices
    self.section = section
    self.help = help
  }

  /// How many values it takes: 0 for a flag.
  var valueCount: Int { argument?.split(separator: " ").count ?? 0 }

  /// The option as messages name it.
  var spelling: String { "--" + name }

  /// The option with its value, as the help lists it: `-n, --max-length N`.
  var synopsis: String {
    let names = short.map { "-\($0), \(spelling)" } ?? "    " + spelling
    return argument.map { "\(names) \($0)" } ?? names
  }

  /// Whether a value is a path in a record, or each is of several.
  var takesPath: Bool {
    argument?.split(separator: " ").allSatisfy { $0.hasPrefix("PATH") && !$0.contains("=") } ?? false
  }

  /// Whether a shell should offer file names for the value.
  var takesFile: Bool { ["FILE", "MODEL", "FOLDER"].contains(argument) }
}

extension Option {
  /// What every filter understands (design: "How every filter behaves").
  package static let common: [Option] = [
    Option(
      "rejects", argument: "FILE", section: records,
      help: "Copy bad records to FILE, unchanged"),
    Option("strict", section: records, help: "Stop at the first bad record"),
    Option(
      "max-line", argument: "BYTES", section: records,
      help: "Longest record taken, with K, M or G for powers of 1024 [default: 64M]"),
    Option("null", "z", section: records, help: "Records end in NUL instead of newline, both ways"),
    Option("line-buffered", section: records, help: "Write each record as soon as it is ready"),
    Option("progress", section: other, help: "Report progress on standard error, terminal or not"),
    Option(
      "completions", argument: "SHELL", choices: ["bash", "zsh", "fish"], section: other,
      help: "Print completions for a shell: bash, zsh or fish"),
    Option("help", "h", section: other, help: "Print this help"),
    Option("version", "V", section: other, help: "Print the version"),
  ]

  /// How many threads a tool computes with; for the tools that compute.
  package static let threads = Option(
    "threads", "j", argument: "N", section: other,
    help: "Threads to compute with [default: one for each processor]")

  static let commonSections = [records, other]

  package static let records = "Records"
  private static let other = "Other"
}
