/// An expression of a template.
indirect enum JinjaExpression {
  case literal(JinjaValue)
  /// A variable, by its number in the template's table of names.
  case name(Int)
  case list([JinjaExpression], isTuple: Bool)
  case dictionary([(key: JinjaExpression, value: JinjaExpression)])
  case attribute(JinjaExpression, String)
  case item(JinjaExpression, JinjaExpression)
  case slice(JinjaExpression, start: JinjaExpression?, end: JinjaExpression?, step: JinjaExpression?)
  case call(JinjaExpression, Arguments)
  case filter(JinjaExpression, String, Arguments)
  case test(JinjaExpression, String, Arguments)
  case not(JinjaExpression)
  case negate(JinjaExpression)
  case plus(JinjaExpression)
  case arithmetic(Operator, JinjaExpression, JinjaExpression)
  case concatenation([JinjaExpression])
  case comparison(JinjaExpression, [(comparison: Comparison, operand: JinjaExpression)])
  case and(JinjaExpression, JinjaExpression)
  case or(JinjaExpression, JinjaExpression)
  case conditional(JinjaExpression, condition: JinjaExpression, otherwise: JinjaExpression?)

  enum Operator: String {
    case add = "+", subtract = "-", multiply = "*", divide = "/", floorDivide = "//", modulo = "%", power =
      "**"
  }

  enum Comparison: String {
    case equal = "==", unequal = "!=", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">=",
      `in`, notIn
  }

  /// The arguments of a call, a filter or a test.
  struct Arguments {
    var positional: [JinjaExpression] = []
    var named: [(name: String, value: JinjaExpression)] = []
    /// `*list` and `**mapping`.
    var list: JinjaExpression?
    var mapping: JinjaExpression?

    var isEmpty: Bool { positional.isEmpty && named.isEmpty && list == nil && mapping == nil }
  }
}

/// What an assignment or a loop gives values to.
indirect enum JinjaTarget {
  case name(Int)
  /// `ns.attribute`.
  case attribute(Int, String)
  case tuple([JinjaTarget])
}

/// A statement of a template and its line.
struct JinjaStatement {
  let line: Int
  let kind: Kind

  indirect enum Kind {
    case text([UInt8])
    case print(JinjaExpression)
    case `if`([(condition: JinjaExpression, body: [JinjaStatement])], otherwise: [JinjaStatement])
    case `for`(Loop)
    case `break`
    case `continue`
    case set(JinjaTarget, JinjaExpression)
    /// A block whose text is assigned, after the filters.
    case setBlock(JinjaTarget, [(name: String, arguments: JinjaExpression.Arguments)], [JinjaStatement])
    case macro(Int, Macro)
    case call(JinjaExpression, Macro)
    case filter([(name: String, arguments: JinjaExpression.Arguments)], [JinjaStatement])
    case with([(target: JinjaTarget, value: JinjaExpression)], [JinjaStatement])
    /// What the assistant has said, by transformers' extension.
    case generation([JinjaStatement])
  }

  struct Loop {
    let target: JinjaTarget
    let sequence: JinjaExpression
    let condition: JinjaExpression?
    let isRecursive: Bool
    let body: [JinjaStatement]
    let otherwise: [JinjaStatement]
  }

  /// A macro, or the body of a call block.
  struct Macro {
    let name: String
    let parameters: [(name: Int, label: String, standard: JinjaExpression?)]
    let body: [JinjaStatement]
  }
}
