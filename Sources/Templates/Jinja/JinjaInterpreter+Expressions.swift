extension JinjaInterpreter {
  /// The value of an expression.
  ///
  /// - Parameter caller: of a call block, what the called macro knows as `caller`.
  func value(_ expression: JinjaExpression, caller: JinjaFunction? = nil) throws(JinjaError) -> JinjaValue {
    try step()
    defer { leave() }
    try enter()
    let result = try uncharged(expression, caller)
    try charge(result)
    return result
  }

  private func uncharged(_ expression: JinjaExpression, _ caller: JinjaFunction?) throws(JinjaError)
    -> JinjaValue
  {
    switch expression {
    case .literal(let value): return value
    case .name(let number): return variable(number)
    case .list(let items, let isTuple):
      var values: [JinjaValue] = []
      for item in items { values.append(try value(item)) }
      return .list(values, isTuple: isTuple)
    case .dictionary(let entries):
      let dictionary = JinjaDictionary()
      for entry in entries { try dictionary.set(try value(entry.key), try value(entry.value)) }
      return .dictionary(dictionary)
    case .attribute(let owner, let name): return try attribute(name, of: try value(owner))
    case .item(let owner, let key): return try item(try value(key), of: try value(owner))
    case .slice(let owner, let start, let end, let step):
      return try slice(try value(owner), try bound(start), try bound(end), try bound(step) ?? 1)
    case .call(let function, let given):
      var arguments = try arguments(given)
      if let caller { arguments.named.append(("caller", .function(caller))) }
      return try call(try value(function), arguments)
    case .filter(let operand, let name, let given):
      return try apply(name, to: try value(operand), try arguments(given))
    case .test(let operand, let name, let given):
      return .boolean(try test(name, try value(operand), try arguments(given)))
    case .not(let operand): return .boolean(!(try value(operand).isTrue))
    case .negate(let operand): return try negated(try value(operand))
    case .plus(let operand):
      let value = try value(operand)
      guard value.number != nil else { throw JinjaError("'+' needs a number, not \(value.typeName)") }
      return value
    case .arithmetic(let sign, let left, let right):
      return try JinjaArithmetic.result(sign, try value(left), try value(right))
    case .concatenation(let parts):
      var text = JinjaText()
      for part in parts { text.append(try value(part).printed()) }
      guard text.bytes.count <= JinjaLimits.size else { throw JinjaError("a string grows too long") }
      return .text(text)
    case .comparison(let first, let operands): return .boolean(try compare(try value(first), operands))
    case .and(let left, let right):
      let first = try value(left)
      return first.isTrue ? try value(right) : first
    case .or(let left, let right):
      let first = try value(left)
      return first.isTrue ? first : try value(right)
    case .conditional(let then, let condition, let otherwise):
      if try value(condition).isTrue { return try value(then) }
      return try otherwise.map { (other) throws(JinjaError) in try value(other) }
        ?? .undefined("the inline if is false and has no else")
    }
  }

  func arguments(_ given: JinjaExpression.Arguments) throws(JinjaError) -> JinjaArguments {
    var arguments = JinjaArguments()
    if given.isEmpty { return arguments }
    for item in given.positional { arguments.positional.append(try value(item)) }
    if let list = given.list { arguments.positional += try value(list).elements() }
    for item in given.named { arguments.named.append((item.name, try value(item.value))) }
    if let mapping = given.mapping {
      guard case .dictionary(let dictionary) = try value(mapping) else {
        throw JinjaError("'**' needs a mapping")
      }
      for (key, value) in dictionary.entries {
        guard case .text(let name) = key else { throw JinjaError("'**' needs names as keys") }
        arguments.named.append((name.string, value))
      }
    }
    return arguments
  }

  /// Calls a function.
  func call(_ function: JinjaValue, _ arguments: JinjaArguments) throws(JinjaError) -> JinjaValue {
    switch function {
    case .function(let function): return try function.call(self, arguments)
    case .loop(let loop):
      guard let recurse = loop.recurse else { throw JinjaError("the loop is not recursive") }
      return try deeper { () throws(JinjaError) in try recurse(arguments.positional.first ?? .none) }
    case .undefined(let reason): throw JinjaError(reason)
    default: throw JinjaError("\(function.typeName) cannot be called")
    }
  }

  /// Applies a filter by its name.
  func apply(_ name: String, to value: JinjaValue, _ arguments: JinjaArguments) throws(JinjaError)
    -> JinjaValue
  {
    guard let filter = JinjaFilters.all[name] else { throw JinjaError("no filter named '\(name)'") }
    return try filter(self, value, arguments)
  }

  /// Whether a test holds.
  func test(_ name: String, _ value: JinjaValue, _ arguments: JinjaArguments) throws(JinjaError) -> Bool {
    guard let test = JinjaTests.all[name] else { throw JinjaError("no test named '\(name)'") }
    return try test(value, arguments.positional)
  }

  // MARK: Attributes, items and slices

  /// `owner.name`: a method or attribute, else the item of that key.
  func attribute(_ name: String, of owner: JinjaValue) throws(JinjaError) -> JinjaValue {
    if case .undefined(let reason) = owner { throw JinjaError(reason) }
    if let method = JinjaMethods.method(name, of: owner) { return .function(method) }
    switch owner {
    case .dictionary(let dictionary):
      if let value = dictionary[name] { return value }
    case .namespace(let namespace):
      if let value = namespace.attributes[name] { return value }
    case .loop(let loop):
      if let value = loop.attribute(name) { return value }
    default: break
    }
    return .undefined("\(owner.typeName) has no attribute '\(name)'")
  }

  /// `owner[key]`: the item, else the attribute of that name.
  func item(_ key: JinjaValue, of owner: JinjaValue) throws(JinjaError) -> JinjaValue {
    switch owner {
    case .undefined(let reason): throw JinjaError(reason)
    case .dictionary(let dictionary):
      if let value = dictionary[key] { return value }
    case .list(let list):
      if case .integer(let place)? = key.number, let index = Self.index(place, list.items.count) {
        return list.items[index]
      }
    case .text(let text):
      if case .integer(let place)? = key.number {
        let offsets = text.characterOffsets
        if let index = Self.index(place, offsets.count - 1) {
          return .text(text[offsets[index]..<offsets[index + 1]])
        }
      }
    default: break
    }
    if case .text(let name) = key { return try attribute(name.string, of: owner) }
    return .undefined("\(owner.typeName) has no item \(try key.printed().string)")
  }

  /// The index that a place means, counted from the end if negative.
  private static func index(_ place: Int, _ count: Int) -> Int? {
    let index = place < 0 ? place + count : place
    return (0..<count).contains(index) ? index : nil
  }

  private func bound(_ expression: JinjaExpression?) throws(JinjaError) -> Int? {
    guard let expression else { return nil }
    let bound = try value(expression)
    switch bound {
    case .none: return nil
    case .integer(let value): return value
    case .boolean(let value): return value ? 1 : 0
    default: throw JinjaError("a slice needs integers, not \(bound.typeName)")
    }
  }

  private func slice(_ owner: JinjaValue, _ start: Int?, _ end: Int?, _ step: Int) throws(JinjaError)
    -> JinjaValue
  {
    guard step != 0 else { throw JinjaError("a slice's step cannot be zero") }
    switch owner {
    case .list(let list):
      let places = Self.places(start, end, step, list.items.count)
      return .list(places.map { list.items[$0] }, isTuple: list.isTuple)
    case .text(let text):
      let offsets = text.characterOffsets
      let places = Self.places(start, end, step, offsets.count - 1)
      if step == 1 {
        guard let first = places.first, let last = places.last else { return .text(JinjaText()) }
        return .text(text[offsets[first]..<offsets[last + 1]])
      }
      var result = JinjaText()
      for place in places { result.append(text[offsets[place]..<offsets[place + 1]]) }
      return .text(result)
    case .undefined(let reason): throw JinjaError(reason)
    default: throw JinjaError("\(owner.typeName) cannot be sliced")
    }
  }

  /// The places that Python's slice takes of a sequence.
  private static func places(_ start: Int?, _ end: Int?, _ step: Int, _ count: Int) -> [Int] {
    func clamp(_ bound: Int, _ range: ClosedRange<Int>) -> Int {
      let fromStart = bound < 0 ? bound.addingReportingOverflow(count).partialValue : bound
      return min(max(fromStart, range.lowerBound), range.upperBound)
    }
    if step > 0 {
      let low = clamp(start ?? 0, 0...count)
      let high = clamp(end ?? count, 0...count)
      return low < high ? Array(stride(from: low, to: high, by: min(step, count + 1))) : []
    }
    let high = clamp(start ?? count - 1, -1...max(count - 1, -1))
    let low = end.map { clamp($0, -1...max(count - 1, -1)) } ?? -1
    return high > low ? Array(stride(from: high, to: low, by: max(step, -count - 1))) : []
  }

  // MARK: Operators

  private func negated(_ value: JinjaValue) throws(JinjaError) -> JinjaValue {
    switch value.number {
    case .integer(let number)?:
      guard number != .min else { throw JinjaError("an integer grows too large") }
      return .integer(-number)
    case .float(let number)?: return .float(-number)
    case nil: throw JinjaError("'-' needs a number, not \(value.typeName)")
    }
  }

  private func compare(
    _ first: JinjaValue, _ operands: [(comparison: JinjaExpression.Comparison, operand: JinjaExpression)]
  ) throws(JinjaError) -> Bool {
    var left = first
    for (comparison, operand) in operands {
      let right = try value(operand)
      let holds =
        switch comparison {
        case .equal: try left.equals(right)
        case .unequal: try !left.equals(right)
        case .less: try left.isLess(than: right)
        case .lessOrEqual: try left.isAtMost(right)
        case .greater: try right.isLess(than: left)
        case .greaterOrEqual: try right.isAtMost(left)
        case .in: try right.contains(left)
        case .notIn: try !right.contains(left)
        }
      guard holds else { return false }
      left = right
    }
    return true
  }
}
