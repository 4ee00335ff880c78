import Records

/// Reads a format string from left to right into its parts.
struct FormatParser {
  private let format: String
  private var rest: Substring.UnicodeScalarView
  private var literal = ""
  private(set) var parts: [FormatString.Part] = []
  private(set) var fields: [JSONPath] = []

  init(_ format: String) {
    self.format = format
    rest = format.unicodeScalars[...]
  }

  mutating func parse() throws(TemplateError) {
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\\": literal.unicodeScalars.append(try escaped())
      case "{" where rest.first == "{", "}" where rest.first == "}":
        rest.removeFirst()
        literal.unicodeScalars.append(scalar)
      case "{": try appendPlace()
      case "}": throw bad("'}' closes nothing; a brace is written '}}'")
      default: literal.unicodeScalars.append(scalar)
      }
    }
    endLiteral()
    guard parts.count(where: { $0 == .response }) == 1 else { throw bad("it needs one {response}") }
  }

  /// What the escape after a backslash stands for.
  private mutating func escaped() throws(TemplateError) -> Unicode.Scalar {
    switch rest.popFirst() {
    case "n": return "\n"
    case "t": return "\t"
    case "\\": return "\\"
    default: throw bad("after a backslash comes n, t or another backslash")
    }
  }

  /// Reads a place after its opening brace.
  private mutating func appendPlace() throws(TemplateError) {
    guard let end = rest.firstIndex(of: "}") else { throw bad("'{' is not closed; a brace is written '{{'") }
    let name = String(rest[..<end])
    rest = rest[rest.index(after: end)...]
    endLiteral()
    switch name {
    case "instruction": parts.append(.instruction)
    case "input": parts.append(.input)
    case "system": parts.append(.system)
    case "response": parts.append(.response)
    default:
      parts.append(.field(fields.count))
      do { fields.append(try JSONPath(name)) } catch { throw bad(error.description) }
    }
  }

  private mutating func endLiteral() {
    if !literal.isEmpty { parts.append(.literal(Array(literal.utf8))) }
    literal = ""
  }

  private func bad(_ reason: String) -> TemplateError { .badFormat(format, reason: reason) }
}
