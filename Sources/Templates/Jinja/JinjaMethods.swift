/// The methods of strings, lists and mappings.
enum JinjaMethods {
  /// A value's method, bound to it; nil if it has none of that name.
  static func method(_ name: String, of owner: JinjaValue) -> JinjaFunction? {
    switch owner {
    case .text(let text):
      texts[name].map { method in
        JinjaFunction(name) { _, arguments throws(JinjaError) in try method(text, arguments) }
      }
    case .list(let list):
      lists[name].map { method in
        JinjaFunction(name) { _, arguments throws(JinjaError) in try method(list, arguments) }
      }
    case .dictionary(let dictionary):
      mappings[name].map { method in
        JinjaFunction(name) { _, arguments throws(JinjaError) in try method(dictionary, arguments) }
      }
    default: nil
    }
  }

  // MARK: Strings

  private typealias TextMethod = @Sendable (JinjaText, JinjaArguments) throws(JinjaError) -> JinjaValue

  private static let texts: [String: TextMethod] = [
    "strip": { text, arguments throws(JinjaError) in
      .text(text.stripped(try set(arguments), left: true, right: true))
    },
    "lstrip": { text, arguments throws(JinjaError) in
      .text(text.stripped(try set(arguments), left: true, right: false))
    },
    "rstrip": { text, arguments throws(JinjaError) in
      .text(text.stripped(try set(arguments), left: false, right: true))
    },
    "upper": { text, _ throws(JinjaError) in .text(text.mapParts { $0.uppercased() }) },
    "lower": { text, _ throws(JinjaError) in .text(text.mapParts { $0.lowercased() }) },
    "casefold": { text, _ throws(JinjaError) in .text(text.mapParts { $0.lowercased() }) },
    "capitalize": { text, _ throws(JinjaError) in .text(text.capitalized) },
    "title": { text, _ throws(JinjaError) in .text(text.titled) },
    "startswith": { text, arguments throws(JinjaError) in
      .boolean(try affixes(arguments).contains { text.bytes.starts(with: $0) })
    },
    "endswith": { text, arguments throws(JinjaError) in
      .boolean(try affixes(arguments).contains { text.bytes.reversed().starts(with: $0.reversed()) })
    },
    "removeprefix": { text, arguments throws(JinjaError) in
      let prefix = try needed(arguments, 0)
      return .text(text.bytes.starts(with: prefix.bytes) ? text[prefix.bytes.count..<text.bytes.count] : text)
    },
    "removesuffix": { text, arguments throws(JinjaError) in
      let suffix = try needed(arguments, 0)
      return .text(
        text.bytes.reversed().starts(with: suffix.bytes.reversed())
          ? text[0..<text.bytes.count - suffix.bytes.count] : text)
    },
    "replace": { text, arguments throws(JinjaError) in
      let limit = try arguments.integer(2, "count") ?? -1
      return .text(
        try text.replacing(
          try needed(arguments, 0).bytes, with: try needed(arguments, 1), limit: limit < 0 ? .max : limit))
    },
    "split": { text, arguments throws(JinjaError) in try split(text, arguments, fromEnd: false) },
    "rsplit": { text, arguments throws(JinjaError) in try split(text, arguments, fromEnd: true) },
    "splitlines": { text, arguments throws(JinjaError) in
      .list(text.lines(keepingEnds: arguments.flag(0, "keepends") ?? false).map(JinjaValue.text))
    },
    "partition": { text, arguments throws(JinjaError) in
      let separator = try separator(arguments)
      guard let place = text.firstIndex(of: separator.bytes) else {
        return .list([.text(text), .text(""), .text("")], isTuple: true)
      }
      return parts(text, place, separator.bytes.count)
    },
    "rpartition": { text, arguments throws(JinjaError) in
      let separator = try separator(arguments)
      guard let place = text.lastIndex(of: separator.bytes) else {
        return .list([.text(""), .text(""), .text(text)], isTuple: true)
      }
      return parts(text, place, separator.bytes.count)
    },
    "find": { text, arguments throws(JinjaError) in
      .integer(try place(text, arguments) { text.firstIndex(of: $0, from: $1) } ?? -1)
    },
    "rfind": { text, arguments throws(JinjaError) in
      .integer(try place(text, arguments) { part, _ in text.lastIndex(of: part) } ?? -1)
    },
    "index": { text, arguments throws(JinjaError) in
      let found = try place(text, arguments) { text.firstIndex(of: $0, from: $1) }
      guard let place = found else { throw JinjaError("substring not found") }
      return .integer(place)
    },
    "count": { text, arguments throws(JinjaError) in
      let part = try needed(arguments, 0)
      guard !part.isEmpty else { return .integer(text.characterCount + 1) }
      return .integer(text.split(part.bytes, limit: .max).count - 1)
    },
    "join": { text, arguments throws(JinjaError) in
      var result = JinjaText()
      for (index, item) in try (arguments.positional.first ?? .none).elements().enumerated() {
        guard case .text(let part) = item else {
          throw JinjaError("join needs strings, not \(item.typeName)")
        }
        if index > 0 { result.append(text) }
        result.append(part)
        guard result.bytes.count <= JinjaLimits.size else { throw JinjaError("a string grows too long") }
      }
      return .text(result)
    },
    "format": { text, arguments throws(JinjaError) in .text(try JinjaFormat.replaced(text, arguments)) },
    "center": { text, arguments throws(JinjaError) in try padded(text, arguments, .both) },
    "ljust": { text, arguments throws(JinjaError) in try padded(text, arguments, .right) },
    "rjust": { text, arguments throws(JinjaError) in try padded(text, arguments, .left) },
    "zfill": { text, arguments throws(JinjaError) in
      let hasSign = text.bytes.first == 0x2D || text.bytes.first == 0x2B
      let digits = hasSign ? text[1..<text.bytes.count] : text
      var result = hasSign ? text[0..<1] : JinjaText()
      result.append(
        try digits.padded(
          to: (try arguments.integer(0, "width") ?? 0) - (hasSign ? 1 : 0), side: .left, with: JinjaText("0"))
      )
      return .text(result)
    },
    "isdigit": { text, _ throws(JinjaError) in
      .boolean(text.all { $0.properties.numericType == .decimal || $0.properties.numericType == .digit })
    },
    "isdecimal": { text, _ throws(JinjaError) in .boolean(text.all { $0.properties.numericType == .decimal })
    },
    "isnumeric": { text, _ throws(JinjaError) in .boolean(text.all { $0.properties.numericType != nil }) },
    "isalpha": { text, _ throws(JinjaError) in .boolean(text.all(\.isLetter)) },
    "isalnum": { text, _ throws(JinjaError) in
      .boolean(text.all { $0.isLetter || $0.properties.numericType != nil })
    },
    "isspace": { text, _ throws(JinjaError) in .boolean(text.all(JinjaText.isSpace)) },
    "isascii": { text, _ throws(JinjaError) in .boolean(text.isASCII) },
    "isupper": { text, _ throws(JinjaError) in .boolean(text.isUppercase) },
    "islower": { text, _ throws(JinjaError) in .boolean(text.isLowercase) },
  ]

  private static func needed(_ arguments: JinjaArguments, _ place: Int) throws(JinjaError) -> JinjaText {
    guard place < arguments.positional.count, case .text(let text) = arguments.positional[place] else {
      throw JinjaError("a string is missing among the arguments of a method")
    }
    return text
  }

  /// The characters to strip: none given, or none's own value, is white space.
  private static func set(_ arguments: JinjaArguments) throws(JinjaError) -> JinjaText? {
    if case .none? = arguments.positional.first { return nil }
    return try arguments.text(0, "chars")
  }

  /// One prefix or suffix, or a tuple of them.
  private static func affixes(_ arguments: JinjaArguments) throws(JinjaError) -> [[UInt8]] {
    guard case .list(let list)? = arguments.positional.first else { return [try needed(arguments, 0).bytes] }
    return try JinjaArguments(positional: list.items).texts().map(\.bytes)
  }

  private static func split(
    _ text: JinjaText, _ arguments: JinjaArguments, fromEnd: Bool
  ) throws(JinjaError) -> JinjaValue {
    try arguments.check("split", ["sep", "maxsplit"])
    let given = try arguments.integer(1, "maxsplit") ?? -1
    let limit = given < 0 ? Int.max : given
    switch arguments.value(0, "sep") {
    case nil, .none?: return .list(text.splitWords(limit: limit, fromEnd: fromEnd).map(JinjaValue.text))
    case .text(let separator)?:
      guard !separator.isEmpty else { throw JinjaError("split needs a separator that is not empty") }
      return .list(text.split(separator.bytes, limit: limit, fromEnd: fromEnd).map(JinjaValue.text))
    case let other?: throw JinjaError("split needs a string, not \(other.typeName)")
    }
  }

  private static func separator(_ arguments: JinjaArguments) throws(JinjaError) -> JinjaText {
    let separator = try needed(arguments, 0)
    guard !separator.isEmpty else { throw JinjaError("partition needs a separator that is not empty") }
    return separator
  }

  private static func parts(_ text: JinjaText, _ place: Int, _ length: Int) -> JinjaValue {
    .list(
      [
        .text(text[0..<place]), .text(text[place..<place + length]),
        .text(text[place + length..<text.bytes.count]),
      ],
      isTuple: true)
  }

  /// Where a part is, in characters.
  private static func place(
    _ text: JinjaText, _ arguments: JinjaArguments, _ find: ([UInt8], Int) -> Int?
  ) throws(JinjaError) -> Int? {
    guard arguments.positional.count <= 2 else { throw JinjaError("find with an end is not supported") }
    let part = try needed(arguments, 0)
    var start = 0
    if let given = try arguments.integer(1, "start") {
      let offsets = text.characterOffsets
      let place = given < 0 ? max(0, given + offsets.count - 1) : given
      guard place < offsets.count else { return nil }
      start = offsets[place]
    }
    return find(part.bytes, start).map { text[0..<$0].characterCount }
  }

  private static func padded(
    _ text: JinjaText, _ arguments: JinjaArguments, _ side: JinjaText.Side
  ) throws(JinjaError) -> JinjaValue {
    .text(
      try text.padded(
        to: try arguments.integer(0, "width") ?? 0, side: side,
        with: try arguments.text(1, "fillchar") ?? JinjaText(" ")))
  }

  // MARK: Lists

  private typealias ListMethod = @Sendable (JinjaList, JinjaArguments) throws(JinjaError) -> JinjaValue

  private static let lists: [String: ListMethod] = [
    "append": { list, arguments throws(JinjaError) in
      guard !list.isTuple, let item = arguments.positional.first else {
        throw JinjaError("append needs a list and an item")
      }
      guard list.items.count < JinjaLimits.size else { throw JinjaError("a list grows too long") }
      list.items.append(item)
      return .none
    },
    "extend": { list, arguments throws(JinjaError) in
      guard !list.isTuple else { throw JinjaError("a tuple cannot be extended") }
      let items = try (arguments.positional.first ?? .none).elements()
      guard list.items.count + items.count <= JinjaLimits.size else {
        throw JinjaError("a list grows too long")
      }
      list.items += items
      return .none
    },
    "insert": { list, arguments throws(JinjaError) in
      guard !list.isTuple, let place = try arguments.integer(0, "index"),
        let item = arguments.value(1, "object")
      else {
        throw JinjaError("insert needs a list, a place and an item")
      }
      let count = list.items.count
      list.items.insert(
        item, at: min(count, max(0, place < 0 ? place.addingReportingOverflow(count).partialValue : place)))
      return .none
    },
    "pop": { list, arguments throws(JinjaError) in
      let place = try arguments.integer(0, "index") ?? -1
      let index = place < 0 ? place.addingReportingOverflow(list.items.count).partialValue : place
      guard !list.isTuple, list.items.indices.contains(index) else {
        throw JinjaError("pop from a place that is not there")
      }
      return list.items.remove(at: index)
    },
    "index": { list, arguments throws(JinjaError) in
      for (place, item) in list.items.enumerated() where try item.equals(arguments.positional.first ?? .none)
      {
        return .integer(place)
      }
      throw JinjaError("the list has no such item")
    },
    "count": { list, arguments throws(JinjaError) in
      var count = 0
      for item in list.items where try item.equals(arguments.positional.first ?? .none) { count += 1 }
      return .integer(count)
    },
    "copy": { list, _ throws(JinjaError) in .list(list.items) },
  ]

  // MARK: Mappings

  private typealias MappingMethod =
    @Sendable (JinjaDictionary, JinjaArguments) throws(JinjaError) -> JinjaValue

  private static let mappings: [String: MappingMethod] = [
    "get": { dictionary, arguments throws(JinjaError) in
      guard let key = arguments.positional.first else { throw JinjaError("get needs a key") }
      return dictionary[key] ?? arguments.value(1, "default") ?? .none
    },
    "items": { dictionary, _ throws(JinjaError) in
      .list(dictionary.entries.map { .list([$0.key, $0.value], isTuple: true) })
    },
    "keys": { dictionary, _ throws(JinjaError) in .list(dictionary.entries.map(\.key)) },
    "values": { dictionary, _ throws(JinjaError) in .list(dictionary.entries.map(\.value)) },
    "copy": { dictionary, _ throws(JinjaError) in
      let copy = JinjaDictionary()
      for (key, value) in dictionary.entries { try copy.set(key, value) }
      return .dictionary(copy)
    },
    "update": { dictionary, arguments throws(JinjaError) in
      if case .dictionary(let other)? = arguments.positional.first {
        for (key, value) in other.entries { try dictionary.set(key, value) }
      }
      for (name, value) in arguments.named { dictionary.set(name, value) }
      return .none
    },
  ]
}

extension JinjaArguments {
  /// All arguments, which are strings.
  fileprivate func texts() throws(JinjaError) -> [JinjaText] {
    var texts: [JinjaText] = []
    for value in positional {
      guard case .text(let text) = value else { throw JinjaError("expected a string, not \(value.typeName)") }
      texts.append(text)
    }
    return texts
  }
}

extension Unicode.Scalar {
  /// Whether it is in one of the categories of letters.
  fileprivate var isLetter: Bool {
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }
}
