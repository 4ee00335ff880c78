extension Program {
  /// What `--help` prints: at most 80 columns, one section a heading, ends with a newline.
  package var help: String {
    var text = "\(versionLine)\n\(summary)\n\n\(usage)\n"
    for section in sections {
      text += "\n\(section):\n"
      for option in options where option.section == section { text += Self.entry(option, column: column) }
    }
    return text + """

      With no FILE, or when FILE is -, read standard input.
      Exit status: 0 all done; 1 some records were bad; 2 trouble.

      """
  }

  /// Where the explanations begin: behind the longest option, within reason.
  private var column: Int {
    let widths = options.map { $0.synopsis.count + 4 }.filter { $0 <= Self.widestColumn }
    return widths.max() ?? Self.widestColumn
  }

  private static let width = 80
  private static let widestColumn = 30

  private static func entry(_ option: Option, column: Int) -> String {
    var text = "  " + option.synopsis
    var lines = wrap(option.help, to: width - column)[...]
    if text.count + 2 <= column, let first = lines.popFirst() {
      text += String(repeating: " ", count: column - text.count) + first
    }
    for line in lines { text += "\n" + String(repeating: " ", count: column) + line }
    return text + "\n"
  }

  /// Lines of whole words; a word longer than `width` stands alone.
  static func wrap(_ text: String, to width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
