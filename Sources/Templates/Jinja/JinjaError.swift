/// What is wrong in a Jinja template, or with what it was given, and on which line of it.
struct JinjaError: Error, Equatable, CustomStringConvertible {
  let reason: String
  /// From 1; nil until the statement at fault is known.
  private(set) var line: Int?

  init(_ reason: String, line: Int? = nil) {
    self.reason = reason
    self.line = line
  }

  /// The error with a line, unless it has one of its own.
  func on(line: Int) -> JinjaError { self.line == nil ? JinjaError(reason, line: line) : self }

  var description: String { line.map { "line \($0): \(reason)" } ?? reason }
}

/// What a template may cost. It is data from a stranger: without these it could run
/// for ever or fill the memory.
enum JinjaLimits {
  /// Statements and expressions evaluated in one rendering.
  static let steps = 3_000_000
  /// Bytes of one string, elements of one list.
  static let size = 1 << 26
  /// Macros calling macros, and loops over loops.
  static let depth = 100
  /// Expressions and statements within each other in the source.
  static let nesting = 100
  /// Operators, filters, attributes and calls in one expression: a row of them is as deep as it is long.
  static let operators = 200
  /// Expressions and statements being evaluated within each other, through all macros: each takes some stack.
  static let levels = 400
}
