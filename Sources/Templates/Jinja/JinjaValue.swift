/// A value of a template: what Python would have in its place.
enum JinjaValue {
  /// A name or member that there is not, and what it was called.
  case undefined(String)
  case none
  case boolean(Bool)
  case integer(Int)
  case float(Double)
  case text(JinjaText)
  case list(JinjaList)
  case dictionary(JinjaDictionary)
  case namespace(JinjaNamespace)
  case loop(JinjaLoop)
  case function(JinjaFunction)

  static func text(_ string: String) -> JinjaValue { .text(JinjaText(string)) }

  static func list(_ items: [JinjaValue], isTuple: Bool = false) -> JinjaValue {
    .list(JinjaList(items, isTuple: isTuple))
  }

  /// The type as messages name it.
  var typeName: String {
    switch self {
    case .undefined: "undefined"
    case .none: "none"
    case .boolean: "a boolean"
    case .integer: "an integer"
    case .float: "a float"
    case .text: "a string"
    case .list(let list): list.isTuple ? "a tuple" : "a list"
    case .dictionary: "a mapping"
    case .namespace: "a namespace"
    case .loop: "a loop"
    case .function: "a function"
    }
  }

  var isUndefined: Bool { if case .undefined = self { true } else { false } }

  /// Python's truth: false, zero, none, undefined and all that is empty are not.
  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .boolean(let value): value
    case .integer(let value): value != 0
    case .float(let value): value != 0
    case .text(let text): !text.isEmpty
    case .list(let list): !list.items.isEmpty
    case .dictionary(let dictionary): dictionary.count > 0
    case .namespace, .loop, .function: true
    }
  }

  /// The number, a boolean's too; nil for anything else.
  var number: JinjaNumber? {
    switch self {
    case .boolean(let value): .integer(value ? 1 : 0)
    case .integer(let value): .integer(value)
    case .float(let value): .float(value)
    default: nil
    }
  }
}

/// A list, or a tuple, which is a list that prints otherwise. Lists are shared: `append`
/// shows wherever one is known.
final class JinjaList {
  var items: [JinjaValue]
  let isTuple: Bool

  init(_ items: [JinjaValue], isTuple: Bool = false) {
    self.items = items
    self.isTuple = isTuple
  }
}

/// A mapping in the order in which its keys came.
final class JinjaDictionary {
  private(set) var entries: [(key: JinjaValue, value: JinjaValue)] = []
  private var places: [Key: Int] = [:]

  var count: Int { entries.count }

  init() {}

  /// Keys that are equal in Python are equal here: `1`, `1.0` and `true`.
  private enum Key: Hashable {
    case none
    case number(Double)
    case integer(Int)
    case text(JinjaText)
    indirect case tuple([Key])

    init?(_ value: JinjaValue) {
      switch value {
      case .none: self = .none
      case .boolean(let value): self = .integer(value ? 1 : 0)
      case .integer(let value): self = .integer(value)
      case .float(let value): self = Int(exactly: value).map(Key.integer) ?? .number(value)
      case .text(let text): self = .text(text)
      case .list(let list) where list.isTuple:
        let keys = list.items.compactMap(Key.init)
        guard keys.count == list.items.count else { return nil }
        self = .tuple(keys)
      default: return nil
      }
    }
  }

  subscript(_ key: JinjaValue) -> JinjaValue? { Key(key).flatMap { places[$0] }.map { entries[$0].value } }

  subscript(_ name: String) -> JinjaValue? { self[.text(name)] }

  /// Sets the value of a key, which keeps its place if it has one.
  func set(_ key: JinjaValue, _ value: JinjaValue) throws(JinjaError) {
    guard let place = Key(key) else { throw JinjaError("\(key.typeName) cannot be a key") }
    if let known = places[place] {
      entries[known].value = value
    } else {
      places[place] = entries.count
      entries.append((key, value))
    }
  }

  func set(_ name: String, _ value: JinjaValue) {
    let key = JinjaValue.text(name)
    if let known = places[.text(JinjaText(name))] {
      entries[known].value = value
    } else {
      places[.text(JinjaText(name))] = entries.count
      entries.append((key, value))
    }
  }
}

/// What `namespace()` makes: attributes that can be set from within loops.
final class JinjaNamespace {
  var attributes: [String: JinjaValue]

  init(_ attributes: [String: JinjaValue]) { self.attributes = attributes }
}

/// The variable `loop` of a for statement.
final class JinjaLoop {
  let items: [JinjaValue]
  var index = 0
  /// How many recursive loops are around this one.
  let depth: Int
  /// Runs the loop's body for other items: `loop(...)` of a recursive loop.
  let recurse: ((JinjaValue) throws(JinjaError) -> JinjaValue)?
  private var lastChange: [JinjaValue]?

  init(_ items: [JinjaValue], depth: Int, recurse: ((JinjaValue) throws(JinjaError) -> JinjaValue)?) {
    self.items = items
    self.depth = depth
    self.recurse = recurse
  }

  func attribute(_ name: String) -> JinjaValue? {
    switch name {
    case "index": .integer(index + 1)
    case "index0": .integer(index)
    case "revindex": .integer(items.count - index)
    case "revindex0": .integer(items.count - index - 1)
    case "first": .boolean(index == 0)
    case "last": .boolean(index == items.count - 1)
    case "length": .integer(items.count)
    case "depth": .integer(depth + 1)
    case "depth0": .integer(depth)
    case "previtem": index > 0 ? items[index - 1] : .undefined("there is no previous item")
    case "nextitem": index + 1 < items.count ? items[index + 1] : .undefined("there is no next item")
    case "cycle":
      .function(
        JinjaFunction("cycle") { [self] _, arguments throws(JinjaError) in
          guard !arguments.positional.isEmpty else { throw JinjaError("no items for cycling given") }
          return arguments.positional[index % arguments.positional.count]
        })
    case "changed":
      .function(
        JinjaFunction("changed") { [self] _, arguments throws(JinjaError) in
          defer { lastChange = arguments.positional }
          guard let lastChange, lastChange.count == arguments.positional.count else { return .boolean(true) }
          for (old, new) in zip(lastChange, arguments.positional) where try !old.equals(new) {
            return .boolean(true)
          }
          return .boolean(false)
        })
    default: nil
    }
  }
}

/// Something that can be called: a global function, a method bound to its value, a macro.
final class JinjaFunction {
  typealias Body = (JinjaInterpreter, JinjaArguments) throws(JinjaError) -> JinjaValue

  let name: String
  let call: Body

  init(_ name: String, _ call: @escaping Body) {
    self.name = name
    self.call = call
  }
}

/// The arguments of a call, evaluated.
struct JinjaArguments {
  var positional: [JinjaValue] = []
  var named: [(name: String, value: JinjaValue)] = []

  /// The argument with a place and a name.
  func value(_ place: Int, _ name: String) -> JinjaValue? {
    place < positional.count ? positional[place] : named.last { $0.name == name }?.value
  }

  /// - Throws: `JinjaError` when there are more arguments, or other names, than `names`.
  func check(_ function: String, _ names: [String]) throws(JinjaError) {
    guard positional.count <= names.count else {
      throw JinjaError("\(function) takes at most \(names.count) arguments, not \(positional.count)")
    }
    if let other = named.first(where: { !names.contains($0.name) }) {
      throw JinjaError("\(function) has no argument called '\(other.name)'")
    }
  }

  func integer(_ place: Int, _ name: String) throws(JinjaError) -> Int? {
    guard let value = value(place, name) else { return nil }
    if case .integer(let number)? = value.number { return number }
    throw JinjaError("'\(name)' must be an integer, not \(value.typeName)")
  }

  func text(_ place: Int, _ name: String) throws(JinjaError) -> JinjaText? {
    guard let value = value(place, name) else { return nil }
    if case .text(let text) = value { return text }
    throw JinjaError("'\(name)' must be a string, not \(value.typeName)")
  }

  func flag(_ place: Int, _ name: String) -> Bool? { value(place, name)?.isTrue }
}
