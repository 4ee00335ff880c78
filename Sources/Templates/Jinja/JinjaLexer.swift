/// Cuts a template into tokens, with the white space control that transformers asks of Jinja: `trim_blocks`
/// (a newline after a block tag or comment goes) and `lstrip_blocks` (blanks before one that begins its
/// line go), besides `-` and `+`.
struct JinjaLexer {
  private let source: [UInt8]
  private var position = 0
  private var line = 1
  /// Whether what comes next begins a line, as far as `lstrip_blocks` goes.
  private var isLineStart = true
  private(set) var tokens: [(token: JinjaToken, line: Int)] = []

  /// All tokens of a template, `end` the last.
  static func tokens(_ source: [UInt8]) throws(JinjaError) -> [(token: JinjaToken, line: Int)] {
    var lexer = JinjaLexer(source)
    try lexer.run()
    return lexer.tokens
  }

  private init(_ source: [UInt8]) {
    // Newlines of every kind are line feeds; the last one of the template does not count.
    var normalized: [UInt8] = []
    normalized.reserveCapacity(source.count)
    for (index, byte) in source.enumerated() {
      if byte == 0x0A, index > 0, source[index - 1] == 0x0D { continue }
      normalized.append(byte == 0x0D ? 0x0A : byte)
    }
    if normalized.last == 0x0A { normalized.removeLast() }
    self.source = normalized
  }

  private func error(_ reason: String) -> JinjaError { JinjaError(reason, line: line) }

  private func isNext(_ text: StaticString, at offset: Int = 0) -> Bool {
    let start = position + offset
    guard start + text.utf8CodeUnitCount <= source.count else { return false }
    for index in 0..<text.utf8CodeUnitCount where source[start + index] != text.utf8Start[index] {
      return false
    }
    return true
  }

  private mutating func advance(_ count: Int) {
    for byte in source[position..<position + count] where byte == 0x0A { line += 1 }
    position += count
  }

  private mutating func append(_ token: JinjaToken) { tokens.append((token, line)) }

  private mutating func run() throws(JinjaError) {
    var start = position
    while position < source.count {
      if isNext("{%") {
        let isRaw = rawTagLength(named: "raw", at: position) != nil
        appendData(from: start, isBlock: true)
        if isRaw { try readRaw() } else { try readTag(isBlock: true) }
      } else if isNext("{{") {
        appendData(from: start, isBlock: false)
        try readTag(isBlock: false)
      } else if isNext("{#") {
        appendData(from: start, isBlock: true)
        try skipComment()
      } else {
        position += 1
        continue
      }
      start = position
    }
    appendText(source[start...])
    append(.end)
  }

  // MARK: Text between tags

  /// Appends the text from `start` to the tag here, without the white space that the tag takes away.
  private mutating func appendData(from start: Int, isBlock: Bool) {
    var end = position
    let sign = position + 2 < source.count ? source[position + 2] : 0
    if sign == UInt8(ascii: "-") {
      end = start + stripEnd(source[start..<end])
    } else if isBlock, sign != UInt8(ascii: "+") {
      let lineStart = source[start..<end].lastIndex(of: 0x0A).map { $0 + 1 }
      if lineStart != nil || isLineStart, isBlank(source[(lineStart ?? start)..<end]) {
        end = lineStart ?? start
      }
    }
    appendText(source[start..<end])
    // Lines have been counted in the text that is appended; those that went are counted here.
    for byte in source[end..<position] where byte == 0x0A { line += 1 }
  }

  private mutating func appendText(_ text: ArraySlice<UInt8>) {
    if !text.isEmpty { append(.data(Array(text))) }
    for byte in text where byte == 0x0A { line += 1 }
  }

  private func isBlank(_ text: ArraySlice<UInt8>) -> Bool { stripEnd(text) == 0 }

  /// The length of the text without the white space at its end.
  private func stripEnd(_ text: ArraySlice<UInt8>) -> Int {
    JinjaText(Array(text)).stripped(left: false, right: true).bytes.count
  }

  /// Skips white space, as `-%}` does.
  private mutating func skipSpace() {
    let rest = JinjaText(Array(source[position...])).stripped(left: true, right: false)
    advance(source.count - position - rest.bytes.count)
  }

  /// Skips a tag's end of two bytes and the white space that goes with it.
  ///
  /// - Parameters:
  ///   - sign: the byte before the end, if it is `-` or `+`.
  ///   - trims: whether a newline goes too, which it does after blocks and comments.
  private mutating func skipEnd(sign: UInt8?, trims: Bool) {
    let start = position
    advance(sign == nil ? 2 : 3)
    if sign == UInt8(ascii: "-") {
      skipSpace()
    } else if sign == nil, trims, position < source.count, source[position] == 0x0A {
      advance(1)
    }
    isLineStart = position > start && source[position - 1] == 0x0A
  }

  private mutating func skipComment() throws(JinjaError) {
    var end = position + 2
    while end + 1 < source.count, !(source[end] == UInt8(ascii: "#") && source[end + 1] == UInt8(ascii: "}"))
    {
      end += 1
    }
    guard end + 1 < source.count else { throw error("a comment that does not end") }
    let last = end > position + 2 ? source[end - 1] : 0
    let sign = last == UInt8(ascii: "-") || last == UInt8(ascii: "+") ? last : nil
    advance(end - position - (sign == nil ? 0 : 1))
    skipEnd(sign: sign, trims: true)
  }

  // MARK: Raw text

  /// The length of `{% raw %}` or `{% endraw %}` at a place, without what its end takes
  /// away; nil if there is none.
  private func rawTagLength(named name: String, at start: Int) -> Int? {
    var here = start + 2
    if here < source.count, source[here] == UInt8(ascii: "-") || source[here] == UInt8(ascii: "+") {
      here += 1
    }
    while here < source.count, isSpace(source[here]) { here += 1 }
    guard source[here...].starts(with: name.utf8) else { return nil }
    here += name.utf8.count
    while here < source.count, isSpace(source[here]) { here += 1 }
    if here < source.count, source[here] == UInt8(ascii: "-") || source[here] == UInt8(ascii: "+") {
      here += 1
    }
    guard source[min(here, source.count)...].starts(with: "%}".utf8) else { return nil }
    return here + 2 - start
  }

  private mutating func readRaw() throws(JinjaError) {
    guard let length = rawTagLength(named: "raw", at: position) else { return }
    skipRawTag(length, trims: false)
    let start = position
    var end = position
    while end < source.count {
      if source[end...].starts(with: "{%".utf8), let length = rawTagLength(named: "endraw", at: end) {
        position = end
        appendData(from: start, isBlock: true)
        skipRawTag(length, trims: true)
        return
      }
      end += 1
    }
    throw error("a raw block that does not end")
  }

  private mutating func skipRawTag(_ length: Int, trims: Bool) {
    let last = source[position + length - 3]
    let sign = last == UInt8(ascii: "-") || last == UInt8(ascii: "+") ? last : nil
    advance(length - (sign == nil ? 2 : 3))
    skipEnd(sign: sign, trims: trims)
  }

  // MARK: Inside of tags

  private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private mutating func readTag(isBlock: Bool) throws(JinjaError) {
    append(isBlock ? .blockBegin : .variableBegin)
    position += 2
    if position < source.count, source[position] == UInt8(ascii: "-") || source[position] == UInt8(ascii: "+")
    {
      position += 1
    }
    var brackets: [UInt8] = []
    while true {
      while position < source.count, isSpace(source[position]) { advance(1) }
      guard position < source.count else { throw error("a tag that does not end") }
      if brackets.isEmpty, let sign = endSign(isBlock: isBlock) {
        append(isBlock ? .blockEnd : .variableEnd)
        skipEnd(sign: sign == 0 ? nil : sign, trims: isBlock)
        return
      }
      try readToken(&brackets)
    }
  }

  /// Whether the tag ends here: the sign before its end, 0 for none, or nil.
  private func endSign(isBlock: Bool) -> UInt8? {
    let end: StaticString = isBlock ? "%}" : "}}"
    if isNext(end) { return 0 }
    let byte = source[position]
    guard byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") && isBlock, isNext(end, at: 1) else {
      return nil
    }
    return byte
  }

  private static let symbols: [StaticString] = [
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "(", ")", "[", "]", "{", "}", ">", "<",
    "=", ".", ":", "|", ",", ";",
  ]

  private mutating func readToken(_ brackets: inout [UInt8]) throws(JinjaError) {
    let byte = source[position]
    if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") { return try readString(byte) }
    if (0x30...0x39).contains(byte) { return try readNumber() }
    if isNameByte(byte) { return readName() }
    guard let symbol = Self.symbols.first(where: { isNext($0) }) else {
      throw error("unexpected character '\(String(decoding: source[position...].prefix(1), as: UTF8.self))'")
    }
    switch byte {
    case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): brackets.append(byte)
    case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
      let opening = byte == UInt8(ascii: ")") ? byte - 1 : byte - 2
      guard brackets.popLast() == opening else { throw error("unexpected '\(symbol)'") }
    default: break
    }
    append(.symbol(symbol.description))
    position += symbol.utf8CodeUnitCount
  }

  private func isNameByte(_ byte: UInt8) -> Bool {
    byte >= 0x80 || byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte)
      || (0x41...0x5A).contains(byte & 0xDF)
  }

  private mutating func readName() {
    let start = position
    while position < source.count, isNameByte(source[position]) { position += 1 }
    append(.name(String(decoding: source[start..<position], as: UTF8.self)))
  }

  private mutating func readNumber() throws(JinjaError) {
    let start = position
    func digit(_ offset: Int) -> Bool {
      position + offset < source.count && (0x30...0x39).contains(source[position + offset])
    }
    while position < source.count, isNameByte(source[position]), source[position] < 0x80 {
      // An exponent's sign is part of the number.
      if source[position] | 0x20 == UInt8(ascii: "e"), position + 1 < source.count,
        source[position + 1] == UInt8(ascii: "-") || source[position + 1] == UInt8(ascii: "+"), digit(2)
      {
        position += 1
      }
      position += 1
      if position < source.count, source[position] == UInt8(ascii: "."), digit(1) { position += 1 }
    }
    let text = String(decoding: source[start..<position].filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
    let radix = ["0x": 16, "0o": 8, "0b": 2][text.prefix(2).lowercased()]
    if let value = radix.map({ Int(text.dropFirst(2), radix: $0) }) ?? Int(text) {
      append(.integer(value))
    } else if radix == nil, text.contains(where: { ".eE".contains($0) }), let value = Double(text) {
      append(.float(value))
    } else {
      throw error("'\(text)' is no number, or too large a one")
    }
  }

  private mutating func readString(_ quote: UInt8) throws(JinjaError) {
    var end = position + 1
    while end < source.count, source[end] != quote { end += source[end] == UInt8(ascii: "\\") ? 2 : 1 }
    guard end < source.count else { throw error("a string that does not end") }
    let content = source[position + 1..<end]
    append(.string(try unescaped(content)))
    advance(end + 1 - position)
  }

  /// A string literal's text: Python's escapes; a backslash before anything else stands for itself.
  private func unescaped(_ content: ArraySlice<UInt8>) throws(JinjaError) -> [UInt8] {
    var result: [UInt8] = []
    var rest = content
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\"), let letter = rest.popFirst() else {
        result.append(byte)
        continue
      }
      switch letter {
      case 0x0A: break
      case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): result.append(letter)
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "r"): result.append(0x0D)
      case UInt8(ascii: "a"): result.append(0x07)
      case UInt8(ascii: "b"): result.append(0x08)
      case UInt8(ascii: "f"): result.append(0x0C)
      case UInt8(ascii: "v"): result.append(0x0B)
      case UInt8(ascii: "x"): try appendScalar(&rest, digits: 2...2, radix: 16, to: &result)
      case UInt8(ascii: "u"): try appendScalar(&rest, digits: 4...4, radix: 16, to: &result)
      case UInt8(ascii: "U"): try appendScalar(&rest, digits: 8...8, radix: 16, to: &result)
      case UInt8(ascii: "N"): throw error("the escape \\N is not supported")
      case 0x30...0x37:
        rest = content[(rest.startIndex - 1)...]
        try appendScalar(&rest, digits: 1...3, radix: 8, to: &result)
      default: result += [byte, letter]
      }
    }
    return result
  }

  private func appendScalar(
    _ rest: inout ArraySlice<UInt8>, digits: ClosedRange<Int>, radix: Int, to result: inout [UInt8]
  ) throws(JinjaError) {
    var count = 0
    var value: UInt32 = 0
    while count < digits.upperBound,
      let digit = rest.first.flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }),
      digit < radix
    {
      value = value &* UInt32(radix) &+ UInt32(digit)
      rest.removeFirst()
      count += 1
    }
    guard digits.contains(count), let scalar = Unicode.Scalar(value) else {
      throw error("a wrong escape in a string")
    }
    result += Array(String(Character(scalar)).utf8)
  }
}
