import Commands
import Records

/// What picks are written as.
enum OutputFormat: String, CaseIterable {
  /// The records' own bytes.
  case original
  case messages
  case promptCompletion = "prompt-completion"
  case sharegpt
  case alpaca
  case tokens

  static let options: [Option] = [
    Option(
      "format", argument: "NAME", choices: allCases.map(\.rawValue), section: section,
      help:
        "Write records as they were (original), or rows for training: messages, prompt-completion, sharegpt, "
        + "alpaca or tokens [default: original]"),
    .shape(section: section), .prompt(section: section),
    Option("response", argument: "PATH", section: section, help: "Where the response is"),
  ]

  private static let section = "Output"

  /// What makes the rows that the command line asks for; nil for records as they are.
  static func row(_ arguments: Arguments) throws(UsageError) -> TrainingRow? {
    let format = try arguments.choice("format", of: OutputFormat.self) ?? .original
    guard let format = TrainingFormat(rawValue: format.rawValue) else {
      for option in ["shape", "prompt", "response"] where arguments[flag: option] {
        throw UsageError("--\(option) needs a --format other than original")
      }
      return nil
    }
    _ = try arguments.one(of: "format", "keep")
    _ = try arguments.one(of: "format", "explain")
    return TrainingRow(
      format,
      mapping: RecordMapping(
        shape: try arguments.choice("shape"), prompt: try arguments.path("prompt"),
        response: try arguments.path("response")))
  }
}
