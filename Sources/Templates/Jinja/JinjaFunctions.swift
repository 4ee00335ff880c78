import Streams

/// The functions that every template has.
enum JinjaFunctions {
  typealias Body = @Sendable (JinjaInterpreter, JinjaArguments) throws(JinjaError) -> JinjaValue

  static let all: [String: Body] = [
    "range": { interpreter, arguments throws(JinjaError) in
      var bounds: [Int] = []
      for value in arguments.positional {
        guard case .integer(let bound)? = value.number else { throw JinjaError("range needs integers") }
        bounds.append(bound)
      }
      guard (1...3).contains(bounds.count) else { throw JinjaError("range needs one to three integers") }
      let start = bounds.count > 1 ? bounds[0] : 0
      let end = bounds.count > 1 ? bounds[1] : bounds[0]
      let step = bounds.count > 2 ? bounds[2] : 1
      guard step != 0 else { throw JinjaError("range needs a step other than zero") }
      var items: [JinjaValue] = []
      for value in stride(from: start, to: end, by: step) {
        // What Jinja's sandbox allows.
        guard items.count < 100_000 else { throw JinjaError("range is too long") }
        items.append(.integer(value))
      }
      return .list(items)
    },
    "namespace": { _, arguments throws(JinjaError) in
      .namespace(JinjaNamespace(try attributes(arguments)))
    },
    "dict": { _, arguments throws(JinjaError) in
      let dictionary = JinjaDictionary()
      if case .dictionary(let other)? = arguments.positional.first {
        for (key, value) in other.entries { try dictionary.set(key, value) }
      }
      for (name, value) in arguments.named { dictionary.set(name, value) }
      return .dictionary(dictionary)
    },
    "joiner": { _, arguments throws(JinjaError) in
      let separator = try arguments.text(0, "sep") ?? JinjaText(", ")
      var isFirst = true
      return .function(
        JinjaFunction("joiner") { _, _ throws(JinjaError) in
          defer { isFirst = false }
          return .text(isFirst ? JinjaText() : separator)
        })
    },
    "cycler": { _, arguments throws(JinjaError) in
      let items = arguments.positional
      guard !items.isEmpty else { throw JinjaError("cycler needs items") }
      let cycler = JinjaNamespace(["current": items[0]])
      var place = 0
      func method(_ name: String, _ body: @escaping () -> JinjaValue) {
        cycler.attributes[name] = .function(JinjaFunction(name) { _, _ throws(JinjaError) in body() })
      }
      method("next") { [unowned cycler] in
        defer {
          place = (place + 1) % items.count
          cycler.attributes["current"] = items[place]
        }
        return items[place]
      }
      method("reset") { [unowned cycler] in
        place = 0
        cycler.attributes["current"] = items[0]
        return .none
      }
      return .namespace(cycler)
    },
    "raise_exception": { _, arguments throws(JinjaError) in
      throw JinjaError(
        "the template refuses: \(try (arguments.positional.first ?? .text("")).printed().string)")
    },
    "strftime_now": { _, arguments throws(JinjaError) in
      guard let format = try arguments.text(0, "format") else {
        throw JinjaError("strftime_now needs a format")
      }
      return .text(JinjaText(Clock.now(format: format.string)))
    },
  ]

  private static func attributes(_ arguments: JinjaArguments) throws(JinjaError) -> [String: JinjaValue] {
    var attributes: [String: JinjaValue] = [:]
    if case .dictionary(let dictionary)? = arguments.positional.first {
      for (key, value) in dictionary.entries { attributes[try key.printed().string] = value }
    }
    for (name, value) in arguments.named { attributes[name] = value }
    return attributes
  }
}
