/// JSON as RFC 8259 writes it down, one rule a function, for comparison with the parser: it says whether a
/// text is valid, and what its strings are.
struct SlowJSON {
  private var rest: ArraySlice<UInt8>
  private(set) var strings: [String] = []

  private struct Invalid: Error {}

  /// The decoded strings of `text` in order, names too; nil if it is not one JSON value.
  static func strings(of text: [UInt8]) -> [String]? {
    guard let string = String(validating: text, as: UTF8.self), Array(string.utf8) == text else { return nil }
    var parser = SlowJSON(rest: text[...])
    do {
      try parser.value()
      parser.space()
      return parser.rest.isEmpty ? parser.strings : nil
    } catch {
      return nil
    }
  }

  private init(rest: ArraySlice<UInt8>) { self.rest = rest }

  private mutating func space() {
    while let byte = rest.first, " \t\n\r".utf8.contains(byte) { rest.removeFirst() }
  }

  private mutating func take(_ bytes: String) -> Bool {
    guard rest.starts(with: bytes.utf8) else { return false }
    rest.removeFirst(bytes.utf8.count)
    return true
  }

  private mutating func expect(_ bytes: String) throws {
    guard take(bytes) else { throw Invalid() }
  }

  private mutating func value() throws {
    space()
    switch rest.first {
    case UInt8(ascii: "{"):
      rest.removeFirst()
      space()
      if take("}") { return }
      repeat {
        space()
        try string()
        space()
        try expect(":")
        try value()
        space()
      } while take(",")
      try expect("}")
    case UInt8(ascii: "["):
      rest.removeFirst()
      space()
      if take("]") { return }
      repeat {
        try value()
        space()
      } while take(",")
      try expect("]")
    case UInt8(ascii: "\""): try string()
    case UInt8(ascii: "t"): try expect("true")
    case UInt8(ascii: "f"): try expect("false")
    case UInt8(ascii: "n"): try expect("null")
    default: try number()
    }
  }

  private mutating func number() throws {
    _ = take("-")
    if !take("0") { try digits() }
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      try digits()
    }
  }

  private mutating func digits() throws {
    let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard !digits.isEmpty else { throw Invalid() }
    rest.removeFirst(digits.count)
  }

  private mutating func string() throws {
    try expect("\"")
    var units: [UInt16] = []
    while true {
      guard let byte = rest.first, byte >= 0x20 else { throw Invalid() }
      if take("\"") { break }
      if take("\\") {
        guard let letter = rest.popFirst() else { throw Invalid() }
        switch letter {
        case UInt8(ascii: "b"): units.append(8)
        case UInt8(ascii: "t"): units.append(9)
        case UInt8(ascii: "n"): units.append(10)
        case UInt8(ascii: "f"): units.append(12)
        case UInt8(ascii: "r"): units.append(13)
        case UInt8(ascii: "u"):
          let digits = String(decoding: rest.prefix(4), as: UTF8.self)
          guard digits.utf8.count == 4, digits.allSatisfy(\.isHexDigit), let unit = UInt16(digits, radix: 16)
          else { throw Invalid() }
          rest.removeFirst(4)
          units.append(unit)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(UInt16(letter))
        default: throw Invalid()
        }
      } else {
        let plain = rest.prefix { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        units.append(contentsOf: String(decoding: plain, as: UTF8.self).utf16)
        rest.removeFirst(plain.count)
      }
    }
    guard let string = String(validating: units, as: UTF16.self) else { throw Invalid() }
    strings.append(string)
  }
}
