/// A command: what it is called, what it is for, and what it can be told.
package struct Program: Sendable {
  package let name: String
  /// One line in the imperative, without a final full stop.
  package let summary: String
  /// The operands as the usage line shows them.
  package let operands: String
  /// The tool's own options, then `Option.common`.
  package let options: [Option]

  package init(name: String, summary: String, operands: String = "[FILE ...]", options: [Option]) {
    self.name = name
    self.summary = summary
    self.operands = operands
    self.options = options + Option.common.filter { common in !options.contains { $0.name == common.name } }
  }

  /// `Usage: grape-pick [OPTION ...] [FILE ...]`.
  package var usage: String { "Usage: \(name) [OPTION ...] \(operands)" }

  /// What `--version` prints, without the newline.
  package var versionLine: String { "\(name) \(version)" }

  func option(named name: some StringProtocol) -> Option? { options.first { $0.name == name } }

  func option(short: Character) -> Option? { options.first { $0.short == short } }

  /// Section headings: the tool's own in the order of its options, then the common ones.
  var sections: [String] {
    var sections: [String] = []
    let common = Option.commonSections
    for option in options where !sections.contains(option.section) && !common.contains(option.section) {
      sections.append(option.section)
    }
    return sections + common
  }
}
