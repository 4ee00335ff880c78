import Records

/// The options and operands of one run.
///
/// Names are those of the program's own table; asking for one that it does not declare
/// is a mistake in the program.
package struct Arguments: Sendable {
  package private(set) var operands: [String] = []

  private let program: Program
  private var values: [String: String] = [:]
  /// The second and further values of the options that take several.
  private var furtherValues: [String: [String]] = [:]

  /// Sorts the words after the program's name into options and operands.
  ///
  /// Short flags may share a dash (`-abc`), values be attached (`-n4`, `--name=4`) or follow (`-n 4`,
  /// `--name 4`), whatever they begin with. The last repeat of an option wins. Options may follow operands;
  /// `--` ends them. Names are never abbreviated. `--help`, `--version` and `--completions` end the
  /// parse, as nothing else matters.
  package init(parsing words: [String], for program: Program) throws(UsageError) {
    self.program = program
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" {
        operands += rest
        rest = []
      } else if word.hasPrefix("--") {
        try parseLong(word.dropFirst(2), &rest)
      } else if word.hasPrefix("-"), word != "-" {
        try parseShort(word.dropFirst(), &rest)
      } else {
        operands.append(word)
      }
      if values["help"] != nil || values["version"] != nil || values["completions"] != nil { return }
    }
    try checkPaths()
  }

  /// Sees to it that the values which have to be paths in a record are such.
  private func checkPaths() throws(UsageError) {
    for option in program.options where option.takesPath {
      for text in strings(option.name) ?? [] { _ = try path(text, of: option.name) }
    }
  }

  private mutating func parseLong(_ text: Substring, _ rest: inout ArraySlice<String>) throws(UsageError) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let option = program.option(named: parts[0]) else {
      throw UsageError("unknown option '--\(parts[0])'")
    }
    let attached = parts.count == 2 ? String(parts[1]) : nil
    if option.argument == nil {
      guard attached == nil else { throw UsageError("option '\(option.spelling)' takes no value") }
      values[option.name] = ""
    } else {
      try set(option, attached ?? rest.popFirst(), &rest, as: option.spelling)
    }
  }

  private mutating func parseShort(_ text: Substring, _ rest: inout ArraySlice<String>) throws(UsageError) {
    var letters = text
    while let letter = letters.popFirst() {
      guard let option = program.option(short: letter) else {
        throw UsageError("unknown option '-\(letter)'")
      }
      if option.argument == nil {
        values[option.name] = ""
      } else {
        try set(option, letters.isEmpty ? rest.popFirst() : String(letters), &rest, as: "-\(letter)")
        return
      }
    }
  }

  private mutating func set(
    _ option: Option, _ value: String?, _ rest: inout ArraySlice<String>, as spelling: String
  ) throws(UsageError) {
    let further = rest.prefix(option.valueCount - 1)
    guard let value, further.count == option.valueCount - 1 else {
      let need = option.valueCount == 1 ? "a value" : "\(option.valueCount) values"
      throw UsageError("option '\(spelling)' needs \(need): \(spelling) \(option.argument ?? "")")
    }
    rest = rest.dropFirst(further.count)
    values[option.name] = value
    furtherValues[option.name] = Array(further)
  }

  // MARK: Values

  /// Whether a flag, or an option with a value, was given.
  package subscript(flag name: String) -> Bool { value(name) != nil }

  package func string(_ name: String) -> String? { value(name) }

  /// The values of an option that takes several; nil when it was not given.
  package func strings(_ name: String) -> [String]? {
    value(name).map { [$0] + (furtherValues[name] ?? []) }
  }

  /// A whole number in `range`; nil when the option was not given.
  package func int(_ name: String, in range: ClosedRange<Int> = .min ... .max) throws(UsageError) -> Int? {
    guard let text = value(name) else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw unsuitable(name, text, "a whole number\(Self.text(range))")
    }
    return number
  }

  /// A finite number above `bound`, where there is one; nil when the option was not given.
  package func number(_ name: String, above bound: Double? = nil) throws(UsageError) -> Double? {
    guard let text = value(name) else { return nil }
    guard let number = Double(text), number.isFinite, number > bound ?? -.infinity else {
      throw unsuitable(name, text, bound.map { "a number above \(Int($0))" } ?? "a number")
    }
    return number
  }

  /// A number above 0 and up to 1; nil when the option was not given.
  package func fraction(_ name: String) throws(UsageError) -> Fraction? {
    guard let text = value(name) else { return nil }
    guard let fraction = Fraction(text) else {
      throw unsuitable(name, text, "a number above 0 and up to 1, such as 0.25")
    }
    return fraction
  }

  /// A number of bytes, of `least` or more, with `K`, `M` or `G` for powers of 1024; nil
  /// when the option was not given.
  package func bytes(_ name: String, least: Int = 1) throws(UsageError) -> Int? {
    guard let text = value(name) else { return nil }
    let units: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
    let unit = text.last.flatMap { units[Character($0.uppercased())] }
    guard let number = Int(unit == nil ? text[...] : text.dropLast()), number >= least,
      case let (size, overflow) = number.multipliedReportingOverflow(by: unit ?? 1), !overflow
    else { throw unsuitable(name, text, "a number of bytes such as 65536, 64K or 16M") }
    return size
  }

  /// One of a type's values by its name; nil when the option was not given.
  package func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, of type: Choice.Type = Choice.self
  ) throws(UsageError) -> Choice? {
    guard let text = value(name) else { return nil }
    guard let choice = Choice(rawValue: text) else {
      throw unsuitable(name, text, "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return choice
  }

  /// The one that was given of several options that exclude each other; nil if none was.
  package func one(of names: String...) throws(UsageError) -> String? {
    let given = names.filter { self[flag: $0] }
    guard given.count < 2 else { throw UsageError("--\(given[0]) and --\(given[1]) exclude each other") }
    return given.first
  }

  /// Sees to it that `name` was given only together with one of `others`.
  package func check(_ name: String, needs others: String...) throws(UsageError) {
    guard self[flag: name], !others.contains(where: { self[flag: $0] }) else { return }
    throw UsageError("--\(name) needs " + others.map { "--" + $0 }.joined(separator: " or "))
  }

  private func value(_ name: String) -> String? {
    assert(program.option(named: name) != nil, "\(program.name) declares no option --\(name)")
    return values[name]
  }

  private func unsuitable(_ name: String, _ value: String, _ expected: String) -> UsageError {
    UsageError("option '--\(name)' takes \(expected), not '\(value)'")
  }

  private static func text(_ range: ClosedRange<Int>) -> String {
    switch (range.lowerBound, range.upperBound) {
    case (.min, .max): ""
    case (let low, .max): ", \(low) or more"
    case (.min, let high): " up to \(high)"
    case (let low, let high): " from \(low) to \(high)"
    }
  }
}
