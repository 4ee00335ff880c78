/// Expressions, from the loosest binding to the tightest.
extension JinjaParser {
  mutating func expression(allowsConditional: Bool = true) throws(JinjaError) -> JinjaExpression {
    try nested { parser throws(JinjaError) in
      allowsConditional ? try parser.conditionalExpression() : try parser.disjunction()
    }
  }

  /// An expression, or several with commas between, which are a tuple.
  mutating func tuple(allowsConditional: Bool = true) throws(JinjaError) -> JinjaExpression {
    let first = try expression(allowsConditional: allowsConditional)
    guard token == .symbol(",") else { return first }
    var items = [first]
    while skip(.symbol(",")), !endsTuple {
      items.append(try expression(allowsConditional: allowsConditional))
    }
    return .list(items, isTuple: true)
  }

  private var endsTuple: Bool {
    switch token {
    case .blockEnd, .variableEnd, .symbol(")"), .name("recursive"), .end: true
    default: false
    }
  }

  private mutating func conditionalExpression() throws(JinjaError) -> JinjaExpression {
    var value = try disjunction()
    while skip(.name("if")) {
      try countOperator()
      let condition = try disjunction()
      let otherwise = skip(.name("else")) ? try expression() : nil
      value = .conditional(value, condition: condition, otherwise: otherwise)
    }
    return value
  }

  private mutating func disjunction() throws(JinjaError) -> JinjaExpression {
    var value = try conjunction()
    while skip(.name("or")) {
      try countOperator()
      value = .or(value, try conjunction())
    }
    return value
  }

  private mutating func conjunction() throws(JinjaError) -> JinjaExpression {
    var value = try negation()
    while skip(.name("and")) {
      try countOperator()
      value = .and(value, try negation())
    }
    return value
  }

  private mutating func negation() throws(JinjaError) -> JinjaExpression {
    guard skip(.name("not")) else { return try comparison() }
    return .not(try nested { parser throws(JinjaError) in try parser.negation() })
  }

  private mutating func comparison() throws(JinjaError) -> JinjaExpression {
    let first = try sum()
    var operands: [(comparison: JinjaExpression.Comparison, operand: JinjaExpression)] = []
    while true {
      if case .symbol(let symbol) = token, let comparison = JinjaExpression.Comparison(rawValue: symbol) {
        advance()
        operands.append((comparison, try sum()))
      } else if skip(.name("in")) {
        operands.append((.in, try sum()))
      } else if token == .name("not"), next == .name("in") {
        advance()
        advance()
        operands.append((.notIn, try sum()))
      } else {
        return operands.isEmpty ? first : .comparison(first, operands)
      }
    }
  }

  /// Takes one of the operators here.
  private mutating func takeOperator(_ symbols: String...) throws(JinjaError) -> JinjaExpression.Operator? {
    guard case .symbol(let symbol) = token, symbols.contains(symbol) else { return nil }
    try countOperator()
    advance()
    return JinjaExpression.Operator(rawValue: symbol)
  }

  private mutating func sum() throws(JinjaError) -> JinjaExpression {
    var value = try concatenation()
    while let sign = try takeOperator("+", "-") { value = .arithmetic(sign, value, try concatenation()) }
    return value
  }

  private mutating func concatenation() throws(JinjaError) -> JinjaExpression {
    var parts = [try product()]
    while skip(.symbol("~")) { parts.append(try product()) }
    return parts.count == 1 ? parts[0] : .concatenation(parts)
  }

  private mutating func product() throws(JinjaError) -> JinjaExpression {
    var value = try power()
    while let sign = try takeOperator("*", "/", "//", "%") { value = .arithmetic(sign, value, try power()) }
    return value
  }

  private mutating func power() throws(JinjaError) -> JinjaExpression {
    var value = try unary()
    while let sign = try takeOperator("**") { value = .arithmetic(sign, value, try unary()) }
    return value
  }

  private mutating func unary(allowsFilters: Bool = true) throws(JinjaError) -> JinjaExpression {
    try nested { parser throws(JinjaError) in
      var value: JinjaExpression
      if parser.skip(.symbol("-")) {
        value = .negate(try parser.unary(allowsFilters: false))
      } else if parser.skip(.symbol("+")) {
        value = .plus(try parser.unary(allowsFilters: false))
      } else {
        value = try parser.primary()
      }
      value = try parser.postfix(value)
      return allowsFilters ? try parser.filtered(value) : value
    }
  }

  // MARK: Primary expressions

  private mutating func primary() throws(JinjaError) -> JinjaExpression {
    let found = token
    switch found {
    case .name(let name):
      advance()
      switch name {
      case "true", "True": return .literal(.boolean(true))
      case "false", "False": return .literal(.boolean(false))
      case "none", "None": return .literal(.none)
      default: return .name(number(name))
      }
    case .string(var text):
      advance()
      while case .string(let more) = token {
        text += more
        advance()
      }
      return .literal(.text(JinjaText(text)))
    case .integer(let value):
      advance()
      return .literal(.integer(value))
    case .float(let value):
      advance()
      return .literal(.float(value))
    case .symbol("("):
      advance()
      if skip(.symbol(")")) { return .list([], isTuple: true) }
      let value = try tuple()
      try expect(.symbol(")"))
      return value
    case .symbol("["):
      advance()
      var items: [JinjaExpression] = []
      while !skip(.symbol("]")) {
        if !items.isEmpty { try expect(.symbol(",")) }
        if skip(.symbol("]")) { break }
        items.append(try expression())
      }
      return .list(items, isTuple: false)
    case .symbol("{"):
      advance()
      var entries: [(key: JinjaExpression, value: JinjaExpression)] = []
      while !skip(.symbol("}")) {
        if !entries.isEmpty { try expect(.symbol(",")) }
        if skip(.symbol("}")) { break }
        let key = try expression()
        try expect(.symbol(":"))
        entries.append((key, try expression()))
      }
      return .dictionary(entries)
    default: throw unexpected()
    }
  }

  /// Attributes, items and calls.
  private mutating func postfix(_ start: JinjaExpression) throws(JinjaError) -> JinjaExpression {
    var value = start
    while true {
      if skip(.symbol(".")) {
        try countOperator()
        if case .integer(let place) = token {
          advance()
          value = .item(value, .literal(.integer(place)))
        } else {
          value = .attribute(value, try takeName())
        }
      } else if skip(.symbol("[")) {
        try countOperator()
        value = try subscripted(value)
      } else if token == .symbol("(") {
        try countOperator()
        value = .call(value, try arguments())
      } else {
        return value
      }
    }
  }

  private mutating func subscripted(_ value: JinjaExpression) throws(JinjaError) -> JinjaExpression {
    func isNext(_ symbols: String...) -> Bool { symbols.contains { token == .symbol($0) } }
    let start = isNext(":") ? nil : try expression()
    guard skip(.symbol(":")) else {
      try expect(.symbol("]"))
      return .item(value, start ?? .literal(.none))
    }
    let end = isNext(":", "]") ? nil : try expression()
    let step = skip(.symbol(":")) && !isNext("]") ? try expression() : nil
    try expect(.symbol("]"))
    return .slice(value, start: start, end: end, step: step)
  }

  /// Filters, tests, and calls of what they give.
  private mutating func filtered(_ start: JinjaExpression) throws(JinjaError) -> JinjaExpression {
    var value = start
    while true {
      if skip(.symbol("|")) {
        try countOperator()
        let name = try takeName()
        value = .filter(value, name, token == .symbol("(") ? try arguments() : JinjaExpression.Arguments())
      } else if skip(.name("is")) {
        try countOperator()
        value = try test(value)
      } else if token == .symbol("(") {
        try countOperator()
        value = .call(value, try arguments())
      } else {
        return value
      }
    }
  }

  private mutating func test(_ value: JinjaExpression) throws(JinjaError) -> JinjaExpression {
    let isNegated = skip(.name("not"))
    let name: String
    if case .symbol = token { throw unexpected() }
    name = try takeName()
    var given = JinjaExpression.Arguments()
    switch token {
    case .symbol("("): given = try arguments()
    case .name("else"), .name("or"), .name("and"), .name("if"), .name("not"), .name("in"), .name("is"): break
    case .name, .string, .integer, .float, .symbol("["), .symbol("{"):
      let argument = try primary()
      given.positional = [try postfix(argument)]
    default: break
    }
    let test = JinjaExpression.test(value, name, given)
    return isNegated ? .not(test) : test
  }

  mutating func arguments() throws(JinjaError) -> JinjaExpression.Arguments {
    var result = JinjaExpression.Arguments()
    var isFirst = true
    try expect(.symbol("("))
    while !skip(.symbol(")")) {
      if !isFirst { try expect(.symbol(",")) }
      isFirst = false
      if skip(.symbol(")")) { break }
      if skip(.symbol("*")) {
        result.list = try expression()
      } else if skip(.symbol("**")) {
        result.mapping = try expression()
      } else if case .name(let name) = token, next == .symbol("=") {
        advance()
        advance()
        result.named.append((name, try expression()))
      } else {
        guard result.named.isEmpty else { throw error("an argument without a name after one with a name") }
        result.positional.append(try expression())
      }
    }
    return result
  }
}
