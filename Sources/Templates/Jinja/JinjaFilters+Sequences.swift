/// Filters of lists, mappings and whatever else can be gone through.
extension JinjaFilters {
  static let sequences: [String: Filter] = [
    "length": count, "count": count,
    "list": { _, value, _ throws(JinjaError) in .list(try value.elements()) },
    "first": { _, value, _ throws(JinjaError) in
      try value.elements().first ?? .undefined("there is no first item")
    },
    "last": { _, value, _ throws(JinjaError) in
      try value.elements().last ?? .undefined("there is no last item")
    },
    "join": { interpreter, value, arguments throws(JinjaError) in
      try arguments.check("join", ["d", "attribute"])
      let separator = try arguments.value(0, "d")?.printed() ?? JinjaText()
      let key = try attribute(interpreter, arguments.value(1, "attribute"))
      var result = JinjaText()
      for (index, item) in try value.elements().enumerated() {
        try interpreter.step()
        if index > 0 { result.append(separator) }
        result.append(try key(item).printed())
        guard result.bytes.count <= JinjaLimits.size else { throw JinjaError("a string grows too long") }
      }
      return .text(result)
    },
    "reverse": { _, value, _ throws(JinjaError) in
      if case .text(let text) = value {
        var result = JinjaText()
        for character in text.characters.reversed() { result.append(character) }
        return .text(result)
      }
      return .list(try value.elements().reversed())
    },
    "sort": { interpreter, value, arguments throws(JinjaError) in
      try arguments.check("sort", ["reverse", "case_sensitive", "attribute"])
      let path = try attribute(interpreter, arguments.value(2, "attribute"))
      let ignoresCase = !(arguments.flag(1, "case_sensitive") ?? false)
      let sorted = try value.elements().sorted { (item) throws(JinjaError) in
        folded(try path(item), ignoresCase)
      }
      // Python reverses the order of values, not that of equal ones.
      guard arguments.flag(0, "reverse") ?? false else { return .list(sorted) }
      let reversed: [JinjaValue] = sorted.reversed()
      return .list(
        try reversed.sorted { (item) throws(JinjaError) in folded(try path(item), ignoresCase) }.reversed())
    },
    "dictsort": { _, value, arguments throws(JinjaError) in
      try arguments.check("dictsort", ["case_sensitive", "by", "reverse"])
      guard case .dictionary(let dictionary) = value else { throw JinjaError("dictsort needs a mapping") }
      let ignoresCase = !(arguments.flag(0, "case_sensitive") ?? false)
      let place = try arguments.text(1, "by")?.string == "value" ? 1 : 0
      let pairs = dictionary.entries.map { JinjaValue.list([$0.key, $0.value], isTuple: true) }
      let sorted = try pairs.sorted { (pair) throws(JinjaError) in
        guard case .list(let items) = pair else { return pair }
        return folded(items.items[place], ignoresCase)
      }
      return .list(arguments.flag(2, "reverse") ?? false ? sorted.reversed() : sorted)
    },
    "items": { _, value, _ throws(JinjaError) in
      switch value {
      case .undefined: return .list([])
      case .dictionary(let dictionary):
        return .list(dictionary.entries.map { .list([$0.key, $0.value], isTuple: true) })
      default: throw JinjaError("items needs a mapping, not \(value.typeName)")
      }
    },
    "unique": { interpreter, value, arguments throws(JinjaError) in
      let key = try attribute(interpreter, arguments.value(1, "attribute"))
      let ignoresCase = !(arguments.flag(0, "case_sensitive") ?? false)
      let seen = JinjaDictionary()
      var result: [JinjaValue] = []
      for item in try value.elements() {
        try interpreter.step()
        let mark = folded(try key(item), ignoresCase)
        if seen[mark] == nil {
          try seen.set(mark, .none)
          result.append(item)
        }
      }
      return .list(result)
    },
    "min": { interpreter, value, arguments throws(JinjaError) in
      try extreme(interpreter, value, arguments) { !$0 }
    },
    "max": { interpreter, value, arguments throws(JinjaError) in
      try extreme(interpreter, value, arguments) { $0 }
    },
    "sum": { interpreter, value, arguments throws(JinjaError) in
      let key = try attribute(interpreter, arguments.value(0, "attribute"))
      var result = arguments.value(1, "start") ?? .integer(0)
      for item in try value.elements() { result = try JinjaArithmetic.result(.add, result, try key(item)) }
      return result
    },
    "map": { interpreter, value, arguments throws(JinjaError) in
      var result: [JinjaValue] = []
      // What is empty, or none at all, has nothing to be mapped.
      guard value.isTrue else { return .list([]) }
      if arguments.named.contains(where: { $0.name == "attribute" }) {
        let standard = arguments.named.last { $0.name == "default" }?.value
        let key = try attribute(interpreter, arguments.value(.max, "attribute"))
        for item in try value.elements() {
          try interpreter.step()
          let found = try key(item)
          result.append(found.isUndefined ? standard ?? found : found)
        }
        return .list(result)
      }
      guard case .text(let name)? = arguments.positional.first else { throw JinjaError("map needs a filter") }
      var rest = arguments
      rest.positional.removeFirst()
      for item in try value.elements() { result.append(try interpreter.apply(name.string, to: item, rest)) }
      return .list(result)
    },
    "select": selection(byAttribute: false, keeps: true),
    "reject": selection(byAttribute: false, keeps: false),
    "selectattr": selection(byAttribute: true, keeps: true),
    "rejectattr": selection(byAttribute: true, keeps: false),
    "groupby": { interpreter, value, arguments throws(JinjaError) in
      try arguments.check("groupby", ["attribute", "default", "case_sensitive"])
      let key = try attribute(interpreter, arguments.value(0, "attribute"))
      let ignoresCase = !(arguments.flag(2, "case_sensitive") ?? false)
      func name(_ item: JinjaValue) throws(JinjaError) -> JinjaValue {
        let found = try key(item)
        return found.isUndefined ? arguments.value(1, "default") ?? found : found
      }
      let sorted = try value.elements().sorted { (item) throws(JinjaError) in
        folded(try name(item), ignoresCase)
      }
      var groups: [(name: JinjaValue, items: JinjaList)] = []
      for item in sorted {
        let name = try name(item)
        if let last = groups.last, try folded(last.name, ignoresCase).equals(folded(name, ignoresCase)) {
          last.items.items.append(item)
        } else {
          groups.append((name, JinjaList([item])))
        }
      }
      return .list(groups.map { .list([$0.name, .list($0.items)], isTuple: true) })
    },
    "batch": { _, value, arguments throws(JinjaError) in
      guard let size = try arguments.integer(0, "linecount"), size > 0 else {
        throw JinjaError("batch needs a size")
      }
      let items = try value.elements()
      var batches = stride(from: 0, to: items.count, by: size).map {
        Array(items[$0..<min(items.count, $0 + size)])
      }
      if let filler = arguments.value(1, "fill_with"), let last = batches.last, last.count < size,
        size <= JinjaLimits.size
      {
        batches[batches.count - 1] += Array(repeating: filler, count: size - last.count)
      }
      return .list(batches.map { .list($0) })
    },
    "slice": { _, value, arguments throws(JinjaError) in
      guard let count = try arguments.integer(0, "slices"), count > 0, count <= JinjaLimits.size else {
        throw JinjaError("slice needs a number of slices")
      }
      let items = try value.elements()
      var result: [JinjaValue] = []
      var start = 0
      for index in 0..<count {
        let length = items.count / count + (index < items.count % count ? 1 : 0)
        var part = Array(items[start..<start + length])
        if let filler = arguments.value(1, "fill_with"), index >= items.count % count { part.append(filler) }
        result.append(.list(part))
        start += length
      }
      return .list(result)
    },
    "default": standard, "d": standard,
    "attr": { interpreter, value, arguments throws(JinjaError) in
      guard let name = try arguments.text(0, "name") else { throw JinjaError("attr needs a name") }
      // Unlike `.name` it does not look for an item.
      if case .dictionary = value {
        return JinjaMethods.method(name.string, of: value).map(JinjaValue.function)
          ?? .undefined("a mapping has no attribute '\(name.string)'")
      }
      return try interpreter.attribute(name.string, of: value)
    },
  ]

  private static let count: Filter = { _, value, _ throws(JinjaError) in
    switch value {
    case .text(let text): return .integer(text.characterCount)
    case .list(let list): return .integer(list.items.count)
    case .dictionary(let dictionary): return .integer(dictionary.count)
    case .undefined: return .integer(0)
    default: throw JinjaError("\(value.typeName) has no length")
    }
  }

  private static let standard: Filter = { _, value, arguments throws(JinjaError) in
    try arguments.check("default", ["default_value", "boolean"])
    let isMissing = value.isUndefined || (arguments.flag(1, "boolean") ?? false) && !value.isTrue
    return isMissing ? arguments.value(0, "default_value") ?? .text("") : value
  }

  private static func folded(_ value: JinjaValue, _ ignoresCase: Bool) -> JinjaValue {
    guard ignoresCase, case .text(let text) = value else { return value }
    return .text(JinjaText(text.string.lowercased()))
  }

  /// The function that takes an attribute of a value: `a.b` or a place; without one, the value itself.
  private static func attribute(
    _ interpreter: JinjaInterpreter, _ name: JinjaValue?
  ) throws(JinjaError) -> (JinjaValue) throws(JinjaError) -> JinjaValue {
    guard let name else { return { (value) throws(JinjaError) in value } }
    if case .integer = name { return { (value) throws(JinjaError) in try interpreter.item(name, of: value) } }
    let parts = try name.printed().split([0x2E], limit: .max)
    return { (value) throws(JinjaError) in
      var value = value
      for part in parts {
        let key = Int(part.string).map(JinjaValue.integer) ?? .text(part)
        if value.isUndefined { return value }
        value = try interpreter.item(key, of: value)
      }
      return value
    }
  }

  private static func extreme(
    _ interpreter: JinjaInterpreter, _ value: JinjaValue, _ arguments: JinjaArguments, _ wins: (Bool) -> Bool
  ) throws(JinjaError) -> JinjaValue {
    let key = try attribute(interpreter, arguments.value(1, "attribute"))
    let ignoresCase = !(arguments.flag(0, "case_sensitive") ?? false)
    var best: JinjaValue?
    for item in try value.elements() {
      guard let found = best else {
        best = item
        continue
      }
      let isGreater = try folded(try key(found), ignoresCase).isLess(than: folded(try key(item), ignoresCase))
      let isLess = try folded(try key(item), ignoresCase).isLess(than: folded(try key(found), ignoresCase))
      if wins(true) ? isGreater : isLess { best = item }
    }
    return best ?? .undefined("there is no item")
  }

  /// `select` and its kin: the values of which a test holds, or does not.
  private static func selection(byAttribute: Bool, keeps: Bool) -> Filter {
    { interpreter, value, arguments throws(JinjaError) in
      guard value.isTrue else { return .list([]) }
      var positional = arguments.positional[...]
      var key: (JinjaValue) throws(JinjaError) -> JinjaValue = { (value) throws(JinjaError) in value }
      if byAttribute {
        guard let name = positional.popFirst() else { throw JinjaError("an attribute is missing") }
        key = try attribute(interpreter, name)
      }
      var test: JinjaText?
      if case .text(let name)? = positional.first {
        test = name
        positional.removeFirst()
      }
      let rest = JinjaArguments(positional: Array(positional))
      var result: [JinjaValue] = []
      for item in try value.elements() {
        try interpreter.step()
        let found = try key(item)
        let holds =
          try test.map { (test) throws(JinjaError) in try interpreter.test(test.string, found, rest) }
          ?? found.isTrue
        if holds == keeps { result.append(item) }
      }
      return .list(result)
    }
  }
}
