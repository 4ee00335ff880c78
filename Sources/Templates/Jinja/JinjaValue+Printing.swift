extension JinjaValue {
  /// What printing the value writes: Python's `str`.
  func printed() throws(JinjaError) -> JinjaText {
    switch self {
    case .text(let text): return text
    case .undefined: return JinjaText()
    default:
      var text = JinjaText()
      try appendRepresentation(to: &text, depth: 0)
      return text
    }
  }

  /// Appends Python's `repr`.
  func appendRepresentation(to text: inout JinjaText, depth: Int) throws(JinjaError) {
    guard depth < JinjaLimits.depth else { throw JinjaError("values nested too deeply") }
    guard text.bytes.count <= JinjaLimits.size else { throw JinjaError("a string grows too long") }
    func append(_ literal: String) { text.append(Array(literal.utf8)) }
    switch self {
    case .undefined: append("Undefined")
    case .none: append("None")
    case .boolean(let value): append(value ? "True" : "False")
    case .integer(let value): append(String(value))
    case .float(let value): append(Self.python(value))
    case .text(let value): appendQuoted(value, to: &text)
    case .list(let list):
      append(list.isTuple ? "(" : "[")
      for (index, item) in list.items.enumerated() {
        if index > 0 { append(", ") }
        try item.appendRepresentation(to: &text, depth: depth + 1)
      }
      append(list.isTuple ? (list.items.count == 1 ? ",)" : ")") : "]")
    case .dictionary(let dictionary):
      append("{")
      for (index, entry) in dictionary.entries.enumerated() {
        if index > 0 { append(", ") }
        try entry.key.appendRepresentation(to: &text, depth: depth + 1)
        append(": ")
        try entry.value.appendRepresentation(to: &text, depth: depth + 1)
      }
      append("}")
    case .namespace: append("<Namespace>")
    case .loop: append("<LoopContext>")
    case .function(let function): append("<function \(function.name)>")
    }
  }

  /// A string in quotes, single ones unless it has such and no double ones.
  private func appendQuoted(_ value: JinjaText, to text: inout JinjaText) {
    let quote = value.bytes.contains(0x27) && !value.bytes.contains(0x22) ? "\"" : "'"
    text.append(Array(quote.utf8))
    text.append(
      value.mapParts { part in
        var result = ""
        for scalar in part.unicodeScalars { result += Self.quoted(scalar, quote) }
        return result
      })
    text.append(Array(quote.utf8))
  }

  private static func quoted(_ scalar: Unicode.Scalar, _ quote: String) -> String {
    func hexadecimal(_ mark: String, _ digits: Int) -> String {
      let text = String(scalar.value, radix: 16)
      return "\\" + mark + String(repeating: "0", count: digits - text.count) + text
    }
    switch scalar {
    case "\\": return "\\\\"
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    default: break
    }
    if String(scalar) == quote { return "\\" + quote }
    if scalar.value < 0x20 || scalar.value == 0x7F { return hexadecimal("x", 2) }
    guard scalar.value >= 0x80 else { return String(scalar) }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
      .spaceSeparator:
      return scalar.value < 0x100
        ? hexadecimal("x", 2) : scalar.value < 0x10000 ? hexadecimal("u", 4) : hexadecimal("U", 8)
    default: return String(scalar)
    }
  }

  /// A float as Python spells it: the shortest digits that give it back, an exponent
  /// below 1e-4 and from 1e16 on.
  static func python(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    if value == 0 { return value.sign == .minus ? "-0.0" : "0.0" }
    let shortest = value.magnitude.description
    let parts = shortest.split(separator: "e")
    let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let fraction = mantissa.count > 1 && mantissa[1] != "0" ? String(mantissa[1]) : ""
    var digits = String(mantissa[0]) + fraction
    // The value is 0.digits · 10^point.
    var point = mantissa[0].count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
    while digits.hasPrefix("0"), digits.count > 1 {
      digits.removeFirst()
      point -= 1
    }
    while digits.hasSuffix("0"), digits.count > 1 { digits.removeLast() }
    let sign = value < 0 ? "-" : ""
    let exponent = point - 1
    if exponent < -4 || exponent >= 16 {
      let rest = digits.dropFirst()
      let power = abs(exponent) < 10 ? "0\(abs(exponent))" : "\(abs(exponent))"
      return sign + digits.prefix(1) + (rest.isEmpty ? "" : "." + rest) + "e" + (exponent < 0 ? "-" : "+")
        + power
    }
    if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
    if digits.count <= point {
      return sign + digits + String(repeating: "0", count: point - digits.count) + ".0"
    }
    return sign + digits.prefix(point) + "." + digits.dropFirst(point)
  }
}
