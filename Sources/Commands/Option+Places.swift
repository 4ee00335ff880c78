import Records

/// Options that say where a record holds something, for the tools that look for the same.
extension Option {
  /// The number that records are ranked by.
  package static let by = Option(
    "by", argument: "PATH", section: records,
    help: "Take the score from the number at PATH [default: grape.score]")

  /// What makes records candidates of one group, in a record that has been tokenized.
  package static let groupBy = Option(
    "group-by", argument: "PATH", section: records,
    help: "Take the group from the value at PATH [default: grape.group]")

  /// Whose a record is.
  package static func bySource(section: String = records) -> Option {
    Option(
      "by-source", argument: "PATH", section: section,
      help: "Take the source from the value at PATH [default: source]")
  }

  /// What records look like.
  package static func shape(section: String) -> Option {
    Option(
      "shape", argument: "NAME", choices: Shape.allCases.map(\.rawValue), section: section,
      help: "Read records of one shape only: \(Shape.allCases.map(\.rawValue).joined(separator: ", "))")
  }

  /// What a response answers.
  package static func prompt(section: String) -> Option {
    Option("prompt", argument: "PATH", section: section, help: "Where the prompt is, such as data.question")
  }
}

extension Arguments {
  /// The path that an option gives; `absent` when it was not given.
  package func path(_ name: String, default absent: String? = nil) throws(UsageError) -> JSONPath? {
    guard let text = string(name) ?? absent else { return nil }
    return try path(text, of: name)
  }

  func path(_ text: String, of name: String) throws(UsageError) -> JSONPath {
    do {
      return try JSONPath(text)
    } catch {
      throw UsageError("option '--\(name)': \(error)")
    }
  }
}
