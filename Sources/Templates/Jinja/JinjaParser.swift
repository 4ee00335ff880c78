/// Reads the statements of a template. Expressions are in the other file.
struct JinjaParser {
  private let tokens: [(token: JinjaToken, line: Int)]
  private var position = 0
  private var nesting = 0
  /// The operators so far in the tag being read.
  private var operators = 0
  /// How many loops are around the statement, within a macro.
  private var loops = 0
  /// The names of variables; a variable is its place here.
  private(set) var names: [String] = []
  private var nameNumbers: [String: Int] = [:]

  init(_ source: [UInt8]) throws(JinjaError) { tokens = try JinjaLexer.tokens(source) }

  /// The statements of the whole template.
  mutating func parse() throws(JinjaError) -> [JinjaStatement] {
    let statements = try body(until: [])
    guard token == .end else { throw unexpected() }
    return statements
  }

  // MARK: Tokens

  var token: JinjaToken { tokens[position].token }

  var next: JinjaToken { tokens[min(position + 1, tokens.count - 1)].token }

  func error(_ reason: String) -> JinjaError { JinjaError(reason, line: tokens[position].line) }

  func unexpected() -> JinjaError { error("unexpected \(token.shown)") }

  mutating func advance() { position = min(position + 1, tokens.count - 1) }

  mutating func skip(_ expected: JinjaToken) -> Bool {
    guard token == expected else { return false }
    advance()
    return true
  }

  mutating func expect(_ expected: JinjaToken) throws(JinjaError) {
    guard skip(expected) else { throw error("expected \(expected.shown), found \(token.shown)") }
  }

  mutating func takeName() throws(JinjaError) -> String {
    guard case .name(let name) = token else { throw error("expected a name, found \(token.shown)") }
    advance()
    return name
  }

  /// The number of a variable's name.
  mutating func number(_ name: String) -> Int {
    if let known = nameNumbers[name] { return known }
    nameNumbers[name] = names.count
    names.append(name)
    return names.count - 1
  }

  mutating func nested<Result>(
    _ body: (inout JinjaParser) throws(JinjaError) -> Result
  ) throws(JinjaError) -> Result {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= JinjaLimits.nesting else { throw error("nested too deeply") }
    return try body(&self)
  }

  /// Counts an operator, attribute, call or filter.
  mutating func countOperator() throws(JinjaError) {
    operators += 1
    guard operators <= JinjaLimits.operators else { throw error("too many operators in one expression") }
  }

  // MARK: Statements

  /// Statements up to a block tag with one of the names in `ends`, at whose name it stops, or to the end.
  private mutating func body(until ends: Set<String>) throws(JinjaError) -> [JinjaStatement] {
    var statements: [JinjaStatement] = []
    while true {
      let line = tokens[position].line
      operators = 0
      switch token {
      case .data(let text):
        advance()
        statements.append(JinjaStatement(line: line, kind: .text(text)))
      case .variableBegin:
        advance()
        let value = try tuple()
        try expect(.variableEnd)
        statements.append(JinjaStatement(line: line, kind: .print(value)))
      case .blockBegin:
        advance()
        if case .name(let name) = token, ends.contains(name) { return statements }
        let kind = try nested { parser throws(JinjaError) in try parser.statement() }
        statements.append(JinjaStatement(line: line, kind: kind))
      default:
        guard ends.isEmpty else {
          throw error("expected {% \(ends.sorted().joined(separator: " %} or {% ")) %}")
        }
        return statements
      }
    }
  }

  /// The body of a block and its end tag.
  private mutating func block(_ end: String) throws(JinjaError) -> [JinjaStatement] {
    try expect(.blockEnd)
    let statements = try body(until: [end])
    advance()
    try expect(.blockEnd)
    return statements
  }

  private mutating func statement() throws(JinjaError) -> JinjaStatement.Kind {
    let start = position
    let keyword = try takeName()
    switch keyword {
    case "if": return try conditional()
    case "for": return try loop()
    case "set": return try assignment()
    case "macro": return try macro()
    case "call": return try callBlock()
    case "filter":
      let filters = try filterNames()
      return .filter(filters, try block("endfilter"))
    case "with": return try with()
    case "generation": return .generation(try block("endgeneration"))
    case "break", "continue":
      guard loops > 0 else { throw error("'\(keyword)' outside of a loop") }
      try expect(.blockEnd)
      return keyword == "break" ? .break : .continue
    case "include", "import", "from", "extends", "block", "autoescape", "trans", "do":
      throw error("the tag '\(keyword)' is not supported")
    default:
      position = start
      throw error("unknown tag '\(keyword)'")
    }
  }

  private mutating func conditional() throws(JinjaError) -> JinjaStatement.Kind {
    var branches: [(condition: JinjaExpression, body: [JinjaStatement])] = []
    var otherwise: [JinjaStatement] = []
    while true {
      let condition = try tuple(allowsConditional: true)
      try expect(.blockEnd)
      branches.append((condition, try body(until: ["elif", "else", "endif"])))
      let name = try takeName()
      if name == "elif" { continue }
      if name == "else" { otherwise = try block("endif") } else { try expect(.blockEnd) }
      return .if(branches, otherwise: otherwise)
    }
  }

  private mutating func loop() throws(JinjaError) -> JinjaStatement.Kind {
    let target = try target()
    try expect(.name("in"))
    let sequence = try tuple(allowsConditional: false)
    let condition = skip(.name("if")) ? try expression() : nil
    let isRecursive = skip(.name("recursive"))
    try expect(.blockEnd)
    loops += 1
    let statements = try body(until: ["else", "endfor"])
    loops -= 1
    var otherwise: [JinjaStatement] = []
    if try takeName() == "else" { otherwise = try block("endfor") } else { try expect(.blockEnd) }
    return .for(
      JinjaStatement.Loop(
        target: target, sequence: sequence, condition: condition, isRecursive: isRecursive, body: statements,
        otherwise: otherwise))
  }

  /// One name, an attribute of one, or several with commas between.
  private mutating func target(allowsAttribute: Bool = false) throws(JinjaError) -> JinjaTarget {
    var targets: [JinjaTarget] = []
    var isTuple = false
    while true {
      if skip(.symbol("(")) {
        targets.append(try target())
        try expect(.symbol(")"))
      } else {
        let name = try takeName()
        guard !["true", "false", "none", "True", "False", "None"].contains(name) else {
          throw error("'\(name)' cannot be assigned to")
        }
        let variable = number(name)
        if allowsAttribute, skip(.symbol(".")) {
          targets.append(.attribute(variable, try takeName()))
        } else {
          targets.append(.name(variable))
        }
      }
      guard skip(.symbol(",")) else { break }
      isTuple = true
      if token == .name("in") || token == .symbol("=") || token == .symbol(")") { break }
    }
    return isTuple ? .tuple(targets) : targets[0]
  }

  private mutating func assignment() throws(JinjaError) -> JinjaStatement.Kind {
    let target = try target(allowsAttribute: true)
    if skip(.symbol("=")) {
      let value = try tuple()
      try expect(.blockEnd)
      return .set(target, value)
    }
    let filters = skip(.symbol("|")) ? try filterNames() : []
    return .setBlock(target, filters, try block("endset"))
  }

  /// `name(arguments) | name …`, after the first bar.
  private mutating func filterNames() throws(JinjaError) -> [(
    name: String, arguments: JinjaExpression.Arguments
  )] {
    var filters: [(name: String, arguments: JinjaExpression.Arguments)] = []
    repeat {
      let name = try takeName()
      filters.append((name, token == .symbol("(") ? try arguments() : JinjaExpression.Arguments()))
    } while skip(.symbol("|"))
    return filters
  }

  private mutating func macro() throws(JinjaError) -> JinjaStatement.Kind {
    let name = try takeName()
    let parameters = try parameters()
    return .macro(number(name), try macro(name, parameters, end: "endmacro"))
  }

  private mutating func callBlock() throws(JinjaError) -> JinjaStatement.Kind {
    let parameters = token == .symbol("(") ? try parameters() : []
    let call = try expression()
    guard case .call = call else { throw error("expected a call") }
    return .call(call, try macro("caller", parameters, end: "endcall"))
  }

  private mutating func macro(
    _ name: String, _ parameters: [(name: Int, label: String, standard: JinjaExpression?)], end: String
  ) throws(JinjaError) -> JinjaStatement.Macro {
    let outer = loops
    loops = 0
    defer { loops = outer }
    return JinjaStatement.Macro(name: name, parameters: parameters, body: try block(end))
  }

  private mutating func parameters() throws(JinjaError) -> [(
    name: Int, label: String, standard: JinjaExpression?
  )] {
    var parameters: [(name: Int, label: String, standard: JinjaExpression?)] = []
    try expect(.symbol("("))
    while !skip(.symbol(")")) {
      if !parameters.isEmpty { try expect(.symbol(",")) }
      if skip(.symbol(")")) { break }
      let name = try takeName()
      let standard = skip(.symbol("=")) ? try expression() : nil
      guard standard != nil || parameters.last?.standard == nil else {
        throw error("the parameter '\(name)' has no default, and one before it has")
      }
      parameters.append((number(name), name, standard))
    }
    return parameters
  }

  private mutating func with() throws(JinjaError) -> JinjaStatement.Kind {
    var assignments: [(target: JinjaTarget, value: JinjaExpression)] = []
    while token != .blockEnd {
      if !assignments.isEmpty { try expect(.symbol(",")) }
      let name = number(try takeName())
      try expect(.symbol("="))
      assignments.append((.name(name), try expression()))
    }
    return .with(assignments, try block("endwith"))
  }
}
