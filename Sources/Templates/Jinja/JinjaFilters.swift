/// The filters of Jinja that templates of conversations have a use for, as transformers' sandbox has them.
enum JinjaFilters {
  typealias Filter = @Sendable (JinjaInterpreter, JinjaValue, JinjaArguments) throws(JinjaError) -> JinjaValue

  static let all: [String: Filter] = texts.merging(sequences) { first, _ in first }
    .merging(numbers) { first, _ in first }

  // MARK: Texts

  private static let texts: [String: Filter] = [
    "string": { _, value, _ throws(JinjaError) in .text(try value.printed()) },
    "safe": { _, value, _ throws(JinjaError) in
      var text = try value.printed()
      text.isMarkup = true
      return .text(text)
    },
    "trim": { _, value, arguments throws(JinjaError) in
      .text(try value.printed().stripped(try arguments.text(0, "chars"), left: true, right: true))
    },
    "upper": mapped { $0.uppercased() },
    "lower": mapped { $0.lowercased() },
    "capitalize": { _, value, _ throws(JinjaError) in .text(try value.printed().capitalized) },
    "title": { _, value, _ throws(JinjaError) in .text(try value.printed().wordsCapitalized) },
    "escape": escape, "e": escape,
    "forceescape": { _, value, _ throws(JinjaError) in .text(try value.printed().asMarkup) },
    "urlencode": mapped(percentEncoded),
    "striptags": mapped(withoutTags),
    "replace": { _, value, arguments throws(JinjaError) in
      try arguments.check("replace", ["old", "new", "count"])
      guard let old = try arguments.value(0, "old")?.printed(),
        let new = try arguments.value(1, "new")?.printed()
      else {
        throw JinjaError("replace needs an old and a new string")
      }
      let limit = try arguments.integer(2, "count") ?? -1
      return .text(try value.printed().replacing(old.bytes, with: new, limit: limit < 0 ? .max : limit))
    },
    "indent": indent,
    "center": { _, value, arguments throws(JinjaError) in
      .text(try value.printed().padded(to: try arguments.integer(0, "width") ?? 80, side: .both))
    },
    "format": { _, value, arguments throws(JinjaError) in
      .text(try JinjaFormat.formatted(try value.printed(), arguments.positional))
    },
    "truncate": truncate,
    "wordcount": { _, value, _ throws(JinjaError) in
      .integer(try value.printed().splitWords(limit: .max - 1).count)
    },
    "tojson": { _, value, arguments throws(JinjaError) in
      try arguments.check("tojson", ["ensure_ascii", "indent", "separators", "sort_keys"])
      var separators: (JinjaText, JinjaText)?
      if let given = arguments.value(2, "separators"), case .list(let list) = given, list.items.count == 2 {
        separators = (try list.items[0].printed(), try list.items[1].printed())
      }
      let indent: JinjaText?
      switch arguments.value(1, "indent") {
      case nil, .none?: indent = nil
      case .text(let text)?: indent = text
      default: indent = try JinjaArithmetic.repeated(JinjaText(" "), try arguments.integer(1, "indent") ?? 0)
      }
      return .text(
        try JinjaJSON.text(
          of: value, indent: indent, separators: separators,
          sortsKeys: arguments.flag(3, "sort_keys") ?? false,
          escapesBeyondASCII: arguments.flag(0, "ensure_ascii") ?? false))
    },
  ]

  private static func mapped(_ transform: @escaping @Sendable (String) -> String) -> Filter {
    { _, value, _ throws(JinjaError) in .text(try value.printed().mapParts(transform)) }
  }

  private static let escape: Filter = { _, value, _ throws(JinjaError) in
    let text = try value.printed()
    return .text(text.isMarkup ? text : text.asMarkup)
  }

  private static func percentEncoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      let isLetter = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
      if isLetter || "_.-~/".utf8.contains(byte) {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return result
  }

  private static func withoutTags(_ text: String) -> String {
    var result = ""
    var isInside = false
    for scalar in text.unicodeScalars {
      if scalar == "<" { isInside = true }
      if !isInside { result.unicodeScalars.append(scalar) }
      if scalar == ">" { isInside = false }
    }
    return result.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  private static let indent: Filter = { _, value, arguments throws(JinjaError) in
    try arguments.check("indent", ["width", "first", "blank"])
    let space: JinjaText
    if case .text(let text)? = arguments.value(0, "width") {
      space = text
    } else {
      space = try JinjaArithmetic.repeated(JinjaText(" "), max(0, try arguments.integer(0, "width") ?? 4))
    }
    var text = try value.printed()
    text.append([0x0A])
    var result = JinjaText()
    let lines = text.lines(keepingEnds: true)
    for (index, line) in lines.enumerated() {
      let isLast = index == lines.count - 1
      let content = isLast ? line[0..<line.bytes.count - 1] : line
      let isBlank = content.isEmpty || content.bytes == [0x0A]
      let isIndented =
        index == 0 ? arguments.flag(1, "first") ?? false : !isBlank || arguments.flag(2, "blank") ?? false
      if isIndented { result.append(space) }
      result.append(content)
      guard result.bytes.count <= JinjaLimits.size else { throw JinjaError("a string grows too long") }
    }
    return .text(result)
  }

  private static let truncate: Filter = { _, value, arguments throws(JinjaError) in
    try arguments.check("truncate", ["length", "killwords", "end", "leeway"])
    let text = try value.printed()
    let length = try arguments.integer(0, "length") ?? 255
    let end = try arguments.text(2, "end") ?? JinjaText("...")
    let leeway = try arguments.integer(3, "leeway") ?? 5
    let offsets = text.characterOffsets
    let kept = length - end.characterCount
    guard kept >= 0, leeway >= 0 else {
      throw JinjaError("truncate needs a length of at least \(end.characterCount)")
    }
    guard offsets.count - 1 > length.addingReportingOverflow(leeway).partialValue else { return .text(text) }
    var result = text[0..<offsets[kept]]
    if !(arguments.flag(1, "killwords") ?? false), let space = result.lastIndex(of: [0x20]) {
      result = result[0..<space]
    }
    result.append(end)
    return .text(result)
  }

  // MARK: Numbers

  private static func wholePart(_ number: Double) throws(JinjaError) -> Int {
    guard let whole = Int(exactly: number.rounded(.towardZero)) else {
      throw JinjaError("\(number) is too large for a whole number")
    }
    return whole
  }

  private static let numbers: [String: Filter] = [
    "int": { _, value, arguments throws(JinjaError) in
      let standard = arguments.value(0, "default") ?? .integer(0)
      switch value {
      case .text(let text):
        let base = try arguments.integer(1, "base") ?? 10
        let digits = text.stripped(left: true, right: true).string
        if let number = (2...36).contains(base) ? Int(digits, radix: base) : nil { return .integer(number) }
        guard let number = Double(digits), number.isFinite else { return standard }
        return .integer(try wholePart(number))
      default:
        switch value.number {
        case .integer(let number)?: return .integer(number)
        case .float(let number)?: return number.isNaN ? standard : .integer(try wholePart(number))
        case nil: return standard
        }
      }
    },
    "float": { _, value, arguments throws(JinjaError) in
      let standard = arguments.value(0, "default") ?? .float(0)
      if case .text(let text) = value {
        return Double(text.stripped(left: true, right: true).string).map(JinjaValue.float) ?? standard
      }
      return value.number.map { .float($0.double) } ?? standard
    },
    "abs": { _, value, _ throws(JinjaError) in
      switch value.number {
      case .integer(let number)? where number != .min: return .integer(abs(number))
      case .float(let number)?: return .float(abs(number))
      default: throw JinjaError("abs needs a number, not \(value.typeName)")
      }
    },
    "round": { _, value, arguments throws(JinjaError) in
      guard let number = value.number?.double else {
        throw JinjaError("round needs a number, not \(value.typeName)")
      }
      let digits = try arguments.integer(0, "precision") ?? 0
      guard (0...15).contains(digits) else { throw JinjaError("round needs a precision from 0 to 15") }
      var scale = 1.0
      for _ in 0..<digits { scale *= 10 }
      switch try arguments.text(1, "method")?.string ?? "common" {
      case "common":
        if case .integer(let whole)? = value.number { return .integer(whole) }
        // From 2^52 on there is nothing behind the point.
        guard number.magnitude < 0x1p52 else { return .float(number) }
        return .float(Double(JinjaFormat.fixed(number, digits)) ?? number)
      case "ceil": return .float((number * scale).rounded(.up) / scale)
      case "floor": return .float((number * scale).rounded(.down) / scale)
      case let method: throw JinjaError("round has no method '\(method)'")
      }
    },
  ]
}
