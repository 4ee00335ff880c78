/// Python's arithmetic on a template's values.
enum JinjaArithmetic {
  /// The result of an operator.
  ///
  /// - Throws: `JinjaError` for operands of the wrong types, a division by zero, an integer beyond 64 bits,
  ///   or a string or list that would grow too long.
  static func result(
    _ sign: JinjaExpression.Operator, _ left: JinjaValue, _ right: JinjaValue
  ) throws(JinjaError) -> JinjaValue {
    if case .undefined(let reason) = left { throw JinjaError(reason) }
    if case .undefined(let reason) = right { throw JinjaError(reason) }
    if let first = left.number, let second = right.number { return try number(sign, first, second) }
    switch (sign, left, right) {
    case (.add, .text(let first), .text(let second)):
      guard first.bytes.count + second.bytes.count <= JinjaLimits.size else { throw tooLong }
      return .text(first.joined(to: second))
    case (.add, .list(let first), .list(let second)) where first.isTuple == second.isTuple:
      guard first.items.count + second.items.count <= JinjaLimits.size else { throw tooLong }
      return .list(first.items + second.items, isTuple: first.isTuple)
    case (.multiply, .text(let text), _), (.multiply, _, .text(let text)):
      return .text(try repeated(text, try count(left, right)))
    case (.multiply, .list(let list), _), (.multiply, _, .list(let list)):
      let count = try count(left, right)
      guard list.items.count.multipliedReportingOverflow(by: count).partialValue <= JinjaLimits.size,
        count <= JinjaLimits.size
      else { throw tooLong }
      return .list(Array(repeatElement(list.items, count: count).joined()), isTuple: list.isTuple)
    case (.modulo, .text(let format), _):
      return .text(try JinjaFormat.formatted(format, try arguments(of: right)))
    default:
      throw JinjaError("'\(sign.rawValue)' of \(left.typeName) and \(right.typeName)")
    }
  }

  private static let tooLong = JinjaError("a string or list grows too long")
  private static let tooLarge = JinjaError("an integer grows too large")

  private static func arguments(of value: JinjaValue) throws(JinjaError) -> [JinjaValue] {
    if case .list(let list) = value, list.isTuple { return list.items }
    return [value]
  }

  /// The number among two operands, at least 0.
  private static func count(_ left: JinjaValue, _ right: JinjaValue) throws(JinjaError) -> Int {
    guard case .integer(let count)? = left.number ?? right.number else {
      throw JinjaError("'*' of \(left.typeName) and \(right.typeName)")
    }
    return max(count, 0)
  }

  static func repeated(_ text: JinjaText, _ count: Int) throws(JinjaError) -> JinjaText {
    guard case let (size, overflow) = text.bytes.count.multipliedReportingOverflow(by: count), !overflow,
      size <= JinjaLimits.size
    else { throw tooLong }
    var result = JinjaText()
    if size > 0 { for _ in 0..<count { result.append(text) } }
    return result
  }

  private static func number(
    _ sign: JinjaExpression.Operator, _ left: JinjaNumber, _ right: JinjaNumber
  ) throws(JinjaError) -> JinjaValue {
    let zero = JinjaError("division by zero")
    if case .integer(let first) = left, case .integer(let second) = right {
      let result: (partialValue: Int, overflow: Bool)
      switch sign {
      case .add: result = first.addingReportingOverflow(second)
      case .subtract: result = first.subtractingReportingOverflow(second)
      case .multiply: result = first.multipliedReportingOverflow(by: second)
      case .divide:
        guard second != 0 else { throw zero }
        return .float(Double(first) / Double(second))
      case .floorDivide:
        guard second != 0 else { throw zero }
        let (quotient, overflow) = first.dividedReportingOverflow(by: second)
        let isBelow = !overflow && first % second != 0 && (first < 0) != (second < 0)
        result = (isBelow ? quotient - 1 : quotient, overflow)
      case .modulo:
        guard second != 0 else { throw zero }
        let (rest, overflow) = first.remainderReportingOverflow(dividingBy: second)
        result =
          overflow ? (0, false) : (rest != 0 && (rest < 0) != (second < 0) ? rest + second : rest, false)
      case .power:
        guard second >= 0 else {
          guard first != 0 else { throw zero }
          return .float(power(Double(first), -second).map { 1 / $0 } ?? 0)
        }
        result = power(first, second)
      }
      guard !result.overflow else { throw tooLarge }
      return .integer(result.partialValue)
    }
    let first = left.double
    let second = right.double
    switch sign {
    case .add: return .float(first + second)
    case .subtract: return .float(first - second)
    case .multiply: return .float(first * second)
    case .divide, .floorDivide, .modulo:
      guard second != 0 else { throw zero }
      if sign == .divide { return .float(first / second) }
      let floor = (first / second).rounded(.down)
      if sign == .floorDivide { return .float(floor) }
      let rest = first.truncatingRemainder(dividingBy: second)
      return .float(rest != 0 && (rest < 0) != (second < 0) ? rest + second : rest)
    case .power:
      guard case .integer(let exponent) = right, exponent > -1 << 32, let result = power(first, abs(exponent))
      else {
        throw JinjaError("'**' with a fraction as exponent is not supported")
      }
      return .float(exponent < 0 ? 1 / result : result)
    }
  }

  private static func power(_ base: Int, _ exponent: Int) -> (partialValue: Int, overflow: Bool) {
    var result = 1
    var factor = base
    var rest = exponent
    while rest > 0 {
      if rest & 1 != 0 {
        let (product, overflow) = result.multipliedReportingOverflow(by: factor)
        if overflow { return (0, true) }
        result = product
      }
      rest >>= 1
      guard rest > 0 else { break }
      let (square, overflow) = factor.multipliedReportingOverflow(by: factor)
      if overflow { return (0, true) }
      factor = square
    }
    return (result, false)
  }

  private static func power(_ base: Double, _ exponent: Int) -> Double? {
    guard exponent >= 0 else { return nil }
    var result = 1.0
    var factor = base
    var rest = exponent
    while rest > 0 {
      if rest & 1 != 0 { result *= factor }
      factor *= factor
      rest >>= 1
    }
    return result
  }
}
