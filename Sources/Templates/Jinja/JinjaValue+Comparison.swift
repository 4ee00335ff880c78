/// A number: integers stay integers as long as Python would keep them.
enum JinjaNumber {
  case integer(Int)
  case float(Double)

  var double: Double {
    switch self {
    case .integer(let value): Double(value)
    case .float(let value): value
    }
  }

  var value: JinjaValue {
    switch self {
    case .integer(let value): .integer(value)
    case .float(let value): .float(value)
    }
  }
}

extension JinjaValue {
  /// Python's `==`.
  func equals(_ other: JinjaValue) throws(JinjaError) -> Bool { try equals(other, depth: 0) }

  private func equals(_ other: JinjaValue, depth: Int) throws(JinjaError) -> Bool {
    guard depth < JinjaLimits.depth else { throw JinjaError("values nested too deeply") }
    if let first = number, let second = other.number {
      if case .integer(let first) = first, case .integer(let second) = second { return first == second }
      return first.double == second.double
    }
    switch (self, other) {
    case (.undefined, .undefined), (.none, .none): return true
    case (.text(let first), .text(let second)): return first == second
    case (.list(let first), .list(let second)):
      guard first.isTuple == second.isTuple, first.items.count == second.items.count else { return false }
      for (one, two) in zip(first.items, second.items) where try !one.equals(two, depth: depth + 1) {
        return false
      }
      return true
    case (.dictionary(let first), .dictionary(let second)):
      guard first.count == second.count else { return false }
      for (key, value) in first.entries {
        guard let found = second[key], try value.equals(found, depth: depth + 1) else { return false }
      }
      return true
    case (.namespace(let first), .namespace(let second)): return first === second
    case (.loop(let first), .loop(let second)): return first === second
    case (.function(let first), .function(let second)): return first === second
    default: return false
    }
  }

  /// Python's `<`, for numbers, strings and lists.
  func isLess(than other: JinjaValue) throws(JinjaError) -> Bool {
    if let first = number, let second = other.number {
      if case .integer(let first) = first, case .integer(let second) = second { return first < second }
      return first.double < second.double
    }
    switch (self, other) {
    case (.text(let first), .text(let second)):
      // UTF-8 orders as code points do.
      return first.bytes.lexicographicallyPrecedes(second.bytes)
    case (.list(let first), .list(let second)) where first.isTuple == second.isTuple:
      for (one, two) in zip(first.items, second.items) where try !one.equals(two) {
        return try one.isLess(than: two)
      }
      return first.items.count < second.items.count
    default: throw JinjaError("cannot compare \(typeName) with \(other.typeName)")
    }
  }

  /// Python's `<=`.
  func isAtMost(_ other: JinjaValue) throws(JinjaError) -> Bool {
    if try isLess(than: other) { return true }
    return try equals(other)
  }

  /// Python's `in`.
  func contains(_ item: JinjaValue) throws(JinjaError) -> Bool {
    switch self {
    case .text(let text):
      guard case .text(let part) = item else {
        throw JinjaError("'in' a string needs a string, not \(item.typeName)")
      }
      return text.firstIndex(of: part.bytes) != nil
    case .list(let list):
      for element in list.items where try element.equals(item) { return true }
      return false
    case .dictionary(let dictionary): return dictionary[item] != nil
    case .undefined: return false
    default: throw JinjaError("\(typeName) has no elements")
    }
  }

  /// What a loop over the value goes through.
  func elements() throws(JinjaError) -> [JinjaValue] {
    switch self {
    case .list(let list): return list.items
    case .text(let text): return text.characters.map(JinjaValue.text)
    case .dictionary(let dictionary): return dictionary.entries.map(\.key)
    case .undefined: return []
    default: throw JinjaError("\(typeName) has no elements to go through")
    }
  }
}

extension [JinjaValue] {
  /// The values in order, equal ones as they were.
  func sorted(by key: (JinjaValue) throws(JinjaError) -> JinjaValue) throws(JinjaError) -> [JinjaValue] {
    var keyed: [(key: JinjaValue, value: JinjaValue)] = []
    for value in self { keyed.append((try key(value), value)) }
    // `sort` passes errors of any type on; merging by hand keeps theirs.
    var failure: JinjaError?
    let result = keyed.enumerated().sorted { first, second in
      guard failure == nil else { return false }
      do throws(JinjaError) {
        if try first.element.key.isLess(than: second.element.key) { return true }
        return try !second.element.key.isLess(than: first.element.key) && first.offset < second.offset
      } catch {
        failure = error
        return false
      }
    }
    if let failure { throw failure }
    return result.map(\.element.value)
  }
}
