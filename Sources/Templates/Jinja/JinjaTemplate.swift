/// A template, parsed: what is known of it before it is rendered.
struct JinjaTemplate {
  private let statements: [JinjaStatement]
  private let names: [String]

  /// - Throws: `JinjaError`, with its line, when the source is not well-formed or has what is not supported.
  init(_ source: [UInt8]) throws(JinjaError) {
    var parser = try JinjaParser(source)
    statements = try parser.parse()
    names = parser.names
  }

  /// What rendering makes.
  struct Rendering {
    let text: JinjaText
    /// The ranges of `{% generation %}` blocks, in order.
    let generations: [Range<Int>]
  }

  /// Renders the template.
  ///
  /// - Parameter variables: what the template is told.
  /// - Throws: `JinjaError` for what goes wrong, which includes what the template refuses,
  ///   and for running too long.
  func render(_ variables: [String: JinjaValue]) throws(JinjaError) -> Rendering {
    let interpreter = JinjaInterpreter(names: names, globals: variables)
    try interpreter.run(statements)
    return Rendering(text: interpreter.output, generations: interpreter.generations)
  }
}
