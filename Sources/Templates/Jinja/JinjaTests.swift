/// The tests of Jinja: what comes after `is`.
enum JinjaTests {
  typealias Test = @Sendable (JinjaValue, [JinjaValue]) throws(JinjaError) -> Bool

  static let all: [String: Test] = [
    "defined": { value, _ throws(JinjaError) in !value.isUndefined },
    "undefined": { value, _ throws(JinjaError) in value.isUndefined },
    "none": { value, _ throws(JinjaError) in if case .none = value { true } else { false } },
    "boolean": { value, _ throws(JinjaError) in if case .boolean = value { true } else { false } },
    "true": { value, _ throws(JinjaError) in if case .boolean(true) = value { true } else { false } },
    "false": { value, _ throws(JinjaError) in if case .boolean(false) = value { true } else { false } },
    "integer": { value, _ throws(JinjaError) in if case .integer = value { true } else { false } },
    "float": { value, _ throws(JinjaError) in if case .float = value { true } else { false } },
    "number": { value, _ throws(JinjaError) in value.number != nil },
    "string": { value, _ throws(JinjaError) in if case .text = value { true } else { false } },
    "mapping": { value, _ throws(JinjaError) in if case .dictionary = value { true } else { false } },
    "callable": { value, _ throws(JinjaError) in
      switch value {
      case .function, .loop: true
      default: false
      }
    },
    "iterable": { value, _ throws(JinjaError) in
      switch value {
      case .text, .list, .dictionary, .undefined: true
      default: false
      }
    },
    "sequence": { value, _ throws(JinjaError) in
      switch value {
      case .text, .list, .dictionary, .undefined: true
      default: false
      }
    },
    "odd": { value, _ throws(JinjaError) in try integer(value) % 2 != 0 },
    "even": { value, _ throws(JinjaError) in try integer(value) % 2 == 0 },
    "divisibleby": { value, arguments throws(JinjaError) in
      let divisor = try integer(try operand(arguments))
      guard divisor != 0 else { throw JinjaError("division by zero") }
      let number = try integer(value)
      return divisor == -1 || number % divisor == 0
    },
    "upper": { value, _ throws(JinjaError) in try value.printed().isUppercase },
    "lower": { value, _ throws(JinjaError) in try value.printed().isLowercase },
    "in": { value, arguments throws(JinjaError) in try operand(arguments).contains(value) },
    "sameas": { value, arguments throws(JinjaError) in try isSame(value, try operand(arguments)) },
    "filter": { value, _ throws(JinjaError) in JinjaFilters.all[try value.printed().string] != nil },
    "test": { value, _ throws(JinjaError) in JinjaTests.all[try value.printed().string] != nil },
    "escaped": { _, _ throws(JinjaError) in false },
    "eq": equal, "equalto": equal, "==": equal,
    "ne": unequal, "!=": unequal,
    "lt": less, "lessthan": less, "<": less,
    "gt": greater, "greaterthan": greater, ">": greater,
    "le": { value, arguments throws(JinjaError) in try value.isAtMost(operand(arguments)) },
    "<=": { value, arguments throws(JinjaError) in try value.isAtMost(operand(arguments)) },
    "ge": { value, arguments throws(JinjaError) in try operand(arguments).isAtMost(value) },
    ">=": { value, arguments throws(JinjaError) in try operand(arguments).isAtMost(value) },
  ]

  private static let equal: Test = { value, arguments throws(JinjaError) in
    try value.equals(operand(arguments))
  }
  private static let unequal: Test = { value, arguments throws(JinjaError) in
    try !value.equals(operand(arguments))
  }
  private static let less: Test = { value, arguments throws(JinjaError) in
    try value.isLess(than: operand(arguments))
  }
  private static let greater: Test = { value, arguments throws(JinjaError) in
    try operand(arguments).isLess(than: value)
  }

  private static func operand(_ arguments: [JinjaValue]) throws(JinjaError) -> JinjaValue {
    guard let first = arguments.first else { throw JinjaError("a test lacks its argument") }
    return first
  }

  private static func integer(_ value: JinjaValue) throws(JinjaError) -> Int {
    guard case .integer(let number)? = value.number else {
      throw JinjaError("the test needs an integer, not \(value.typeName)")
    }
    return number
  }

  private static func isSame(_ first: JinjaValue, _ second: JinjaValue) throws(JinjaError) -> Bool {
    switch (first, second) {
    case (.list(let first), .list(let second)): first === second
    case (.dictionary(let first), .dictionary(let second)): first === second
    case (.boolean(let first), .boolean(let second)): first == second
    case (.boolean, _), (_, .boolean): false
    default: try first.equals(second)
    }
  }
}
