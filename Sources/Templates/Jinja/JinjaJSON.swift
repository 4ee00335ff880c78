import Records

/// JSON in and out of templates.
enum JinjaJSON {
  // MARK: In

  /// The value of a JSON text.
  ///
  /// - Parameters:
  ///   - json: a value of a record.
  ///   - message: of a message's content, the message's place in the conversation: its strings are marked.
  static func value(_ json: JSONValue, message: Int? = nil) throws(JinjaError) -> JinjaValue {
    switch json.kind {
    case .null: return .none
    case .true: return .boolean(true)
    case .false: return .boolean(false)
    case .number:
      let isInteger = !json.raw.contains { $0 == 0x2E || $0 | 0x20 == 0x65 }
      if isInteger {
        guard let value = json.int else { throw JinjaError("an integer of over 64 bits") }
        return .integer(value)
      }
      return .float(json.double ?? 0)
    case .string: return .text(text(json, message: message))
    case .array:
      var items: [JinjaValue] = []
      for element in json.elements { items.append(try value(element, message: message)) }
      return .list(items)
    case .object:
      let dictionary = JinjaDictionary()
      for (key, member) in json.members {
        try dictionary.set(.text(text(key, message: nil)), try value(member, message: message))
      }
      return .dictionary(dictionary)
    }
  }

  static func text(_ json: JSONValue, message: Int?) -> JinjaText {
    var bytes: [UInt8] = []
    json.appendString(to: &bytes)
    return message.map { JinjaText(bytes, message: $0) } ?? JinjaText(bytes)
  }

  // MARK: Out

  /// The JSON text of a value, as Python's `json.dumps` writes it.
  static func text(
    of value: JinjaValue, indent: JinjaText?, separators: (JinjaText, JinjaText)?, sortsKeys: Bool,
    escapesBeyondASCII: Bool
  ) throws(JinjaError) -> JinjaText {
    let writer = Writer(
      indent: indent, comma: separators?.0 ?? JinjaText(indent == nil ? ", " : ","),
      colon: separators?.1 ?? JinjaText(": "), sortsKeys: sortsKeys, escapesBeyondASCII: escapesBeyondASCII)
    var text = JinjaText()
    try writer.append(value, depth: 0, to: &text)
    return text
  }

  private struct Writer {
    let indent: JinjaText?
    let comma: JinjaText
    let colon: JinjaText
    let sortsKeys: Bool
    let escapesBeyondASCII: Bool

    func append(_ value: JinjaValue, depth: Int, to text: inout JinjaText) throws(JinjaError) {
      guard depth < JinjaLimits.depth else { throw JinjaError("values nested too deeply") }
      guard text.bytes.count <= JinjaLimits.size else { throw JinjaError("a string grows too long") }
      func append(_ literal: String) { text.append(Array(literal.utf8)) }
      switch value {
      case .none: append("null")
      case .boolean(let value): append(value ? "true" : "false")
      case .integer(let value): append(String(value))
      case .float(let value):
        append(
          value.isNaN
            ? "NaN" : value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : JinjaValue.python(value))
      case .text(let value): appendString(value, to: &text)
      case .list(let list):
        append("[")
        for (index, item) in list.items.enumerated() {
          if index > 0 { text.append(comma) }
          appendLine(depth + 1, to: &text)
          try self.append(item, depth: depth + 1, to: &text)
        }
        if !list.items.isEmpty { appendLine(depth, to: &text) }
        append("]")
      case .dictionary(let dictionary):
        append("{")
        for (index, entry) in try entries(dictionary).enumerated() {
          if index > 0 { text.append(comma) }
          appendLine(depth + 1, to: &text)
          appendString(entry.key, to: &text)
          text.append(colon)
          try self.append(entry.value, depth: depth + 1, to: &text)
        }
        if dictionary.count > 0 { appendLine(depth, to: &text) }
        append("}")
      case .undefined, .namespace, .loop, .function: throw JinjaError("\(value.typeName) has no JSON form")
      }
    }

    private func entries(_ dictionary: JinjaDictionary) throws(JinjaError) -> [(
      key: JinjaText, value: JinjaValue
    )] {
      var entries: [(key: JinjaText, value: JinjaValue)] = []
      for (key, value) in dictionary.entries {
        switch key {
        case .text(let text): entries.append((text, value))
        case .none: entries.append((JinjaText("null"), value))
        case .boolean(let flag): entries.append((JinjaText(flag ? "true" : "false"), value))
        default: entries.append((try key.printed(), value))
        }
      }
      guard sortsKeys else { return entries }
      return entries.sorted { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }
    }

    private func appendLine(_ depth: Int, to text: inout JinjaText) {
      guard let indent else { return }
      text.append([0x0A])
      for _ in 0..<depth { text.append(indent) }
    }

    private func appendString(_ value: JinjaText, to text: inout JinjaText) {
      text.append([0x22])
      text.append(value.mapParts(escaped))
      text.append([0x22])
    }

    private func escaped(_ text: String) -> String {
      var result = ""
      for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        case "\u{8}": result += "\\b"
        case "\u{C}": result += "\\f"
        default:
          if scalar.value < 0x20 || escapesBeyondASCII && scalar.value >= 0x7F {
            for unit in String(scalar).utf16 {
              let digits = String(unit, radix: 16)
              result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
          } else {
            result.unicodeScalars.append(scalar)
          }
        }
      }
      return result
    }
  }
}
