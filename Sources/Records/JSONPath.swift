/// Where in a record a value is: `a.b[0]."odd key"`.
///
/// Names are separated by points; `[N]` takes an array's element, from 0. A name with a point, a bracket,
/// a quote or white space in it is written in double quotes, in which `\"` and `\\` stand for a quote and a
/// backslash. A point at the beginning, as jq writes it, is allowed.
package struct JSONPath: Sendable {
  package enum Step: Equatable, Sendable {
    case name(String)
    case element(Int)
  }

  /// A path that cannot be read, and why.
  package struct SyntaxError: Error, Equatable, CustomStringConvertible {
    package let path: String
    package let reason: String
    package var description: String { "invalid path '\(path)': \(reason)" }
  }

  /// The path as it was written.
  package let text: String

  package let steps: [Step]

  package init(_ text: String) throws(SyntaxError) {
    self.text = text
    var reader = PathReader(text)
    steps = try reader.steps()
  }

  /// The value at the path in `value`, or nil if there is none.
  package func callAsFunction(_ value: JSONValue) -> JSONValue? {
    var value = value
    for step in steps {
      let next: JSONValue?
      switch step {
      case .name(let name): next = value[key: name]
      case .element(let position): next = value.element(position)
      }
      guard let next else { return nil }
      value = next
    }
    return value
  }
}

/// Reads the steps of a path from left to right.
private struct PathReader {
  private let text: String
  private var rest: Substring.UnicodeScalarView

  init(_ text: String) {
    self.text = text
    rest = Substring(text).unicodeScalars
  }

  mutating func steps() throws(JSONPath.SyntaxError) -> [JSONPath.Step] {
    var steps: [JSONPath.Step] = []
    if rest.first == "." { rest.removeFirst() }
    while true {
      switch rest.first {
      case nil: throw error(steps.isEmpty ? "it is empty" : "it ends after a point")
      case "[" where steps.isEmpty: steps.append(try element())
      case "\"": steps.append(.name(try quotedName()))
      default: steps.append(.name(try plainName()))
      }
      while rest.first == "[" { steps.append(try element()) }
      guard let separator = rest.popFirst() else { return steps }
      guard separator == "." else { throw error("expected '.' or '[' before '\(separator)'") }
    }
  }

  private mutating func plainName() throws(JSONPath.SyntaxError) -> String {
    let name = rest.prefix { $0 != "." && $0 != "[" && $0 != "]" && $0 != "\"" && $0 != " " && $0 != "\t" }
    guard !name.isEmpty else { throw error("a name is empty") }
    rest = rest.dropFirst(name.count)
    return String(name)
  }

  private mutating func quotedName() throws(JSONPath.SyntaxError) -> String {
    rest.removeFirst()
    var name = String.UnicodeScalarView()
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\"": return String(name)
      case "\\":
        guard let escaped = rest.popFirst() else { throw error("a quote is not closed") }
        name.append(escaped)
      default: name.append(scalar)
      }
    }
    throw error("a quote is not closed")
  }

  private mutating func element() throws(JSONPath.SyntaxError) -> JSONPath.Step {
    rest.removeFirst()
    let digits = rest.prefix { ("0"..."9").contains($0) }
    rest = rest.dropFirst(digits.count)
    guard let position = Int(String(digits)), rest.popFirst() == "]" else {
      throw error("expected [N] with a number from 0")
    }
    return .element(position)
  }

  private func error(_ reason: String) -> JSONPath.SyntaxError { .init(path: text, reason: reason) }
}
