/// Python's two ways of putting values into a format.
enum JinjaFormat {
  /// `format % arguments`: `%s`, `%d`, `%i`, `%r`, `%f`, `%x`, `%%`, with flags, width and precision.
  static func formatted(_ format: JinjaText, _ arguments: [JinjaValue]) throws(JinjaError) -> JinjaText {
    var result = JinjaText()
    var rest = arguments[...]
    var position = 0
    let bytes = format.bytes
    while let place = format.firstIndex(of: [0x25], from: position) {
      result.append(format[position..<place])
      var here = place + 1
      var isLeft = false
      var isPadded = false
      while here < bytes.count, bytes[here] == 0x2D || bytes[here] == 0x30 {
        if bytes[here] == 0x2D { isLeft = true } else { isPadded = true }
        here += 1
      }
      let width = number(bytes, &here)
      var precision: Int?
      if here < bytes.count, bytes[here] == 0x2E {
        here += 1
        precision = number(bytes, &here) ?? 0
      }
      guard here < bytes.count, width ?? 0 <= 1000, precision ?? 0 <= 1000 else {
        throw JinjaError("an incomplete format")
      }
      position = here + 1
      if bytes[here] == 0x25 {
        result.append([0x25])
        continue
      }
      guard let value = rest.popFirst() else { throw JinjaError("not enough arguments for a format") }
      let text = try converted(value, bytes[here], precision)
      let filler = JinjaText(isPadded && !isLeft ? "0" : " ")
      result.append(try text.padded(to: width ?? 0, side: isLeft ? .right : .left, with: filler))
    }
    guard rest.isEmpty else { throw JinjaError("too many arguments for a format") }
    result.append(format[position..<bytes.count])
    return result
  }

  private static func number(_ bytes: [UInt8], _ here: inout Int) -> Int? {
    var value: Int?
    while here < bytes.count, (0x30...0x39).contains(bytes[here]), value ?? 0 < 100_000 {
      value = (value ?? 0) * 10 + Int(bytes[here] - 0x30)
      here += 1
    }
    return value
  }

  private static func converted(_ value: JinjaValue, _ letter: UInt8, _ precision: Int?) throws(JinjaError)
    -> JinjaText
  {
    switch letter {
    case UInt8(ascii: "s"):
      let text = try value.printed()
      guard let precision else { return text }
      let offsets = text.characterOffsets
      return text[0..<offsets[min(precision, offsets.count - 1)]]
    case UInt8(ascii: "r"):
      var text = JinjaText()
      try value.appendRepresentation(to: &text, depth: 0)
      return text
    case UInt8(ascii: "d"), UInt8(ascii: "i"), UInt8(ascii: "x"):
      let number: Int?
      switch value.number {
      case .integer(let integer)?: number = integer
      case .float(let double)?: number = Int(exactly: double.rounded(.towardZero))
      case nil: number = nil
      }
      guard let number else { throw JinjaError("a format needs a number, not \(value.typeName)") }
      return JinjaText(String(number, radix: letter == UInt8(ascii: "x") ? 16 : 10))
    case UInt8(ascii: "f"):
      guard let number = value.number?.double, number.magnitude < 1e15 else {
        throw JinjaError("a format needs a number below 1e15, not \(value.typeName)")
      }
      return JinjaText(fixed(number, precision ?? 6))
    default:
      throw JinjaError("the format '%\(String(decoding: [letter], as: UTF8.self))' is not supported")
    }
  }

  /// A number below 2^63 with so many digits after the point: the nearest to its exact value, ties to even.
  static func fixed(_ value: Double, _ precision: Int) -> String {
    var whole = value.magnitude.rounded(.down)
    var fraction = BinaryFraction(value.magnitude - whole)
    var digits = (0..<precision).map { _ in fraction.takeDecimalDigit() }
    let isOdd = (digits.last.map { Int($0) } ?? Int(whole)) & 1 == 1
    if fraction.isOverHalf || fraction.isHalf && isOdd {
      var place = digits.count - 1
      while place >= 0, digits[place] == 9 {
        digits[place] = 0
        place -= 1
      }
      if place >= 0 { digits[place] += 1 } else { whole += 1 }
    }
    let sign = value.sign == .minus ? "-" : ""
    let integer = "\(sign)\(Int(whole))"
    return digits.isEmpty ? integer : integer + "." + digits.map(String.init).joined()
  }

  /// `format.format(arguments)`: `{}`, `{0}`, `{name}` and doubled braces.
  static func replaced(_ format: JinjaText, _ arguments: JinjaArguments) throws(JinjaError) -> JinjaText {
    var result = JinjaText()
    var position = 0
    var next = 0
    let bytes = format.bytes
    while position < bytes.count {
      let byte = bytes[position]
      if byte == 0x7B || byte == 0x7D, position + 1 < bytes.count, bytes[position + 1] == byte {
        result.append([byte])
        position += 2
      } else if byte == 0x7B {
        guard let end = format.firstIndex(of: [0x7D], from: position) else {
          throw JinjaError("a format with '{' alone")
        }
        let name = format[position + 1..<end].string
        let value: JinjaValue?
        if name.isEmpty {
          value = next < arguments.positional.count ? arguments.positional[next] : nil
          next += 1
        } else if let place = Int(name) {
          value = arguments.positional.indices.contains(place) ? arguments.positional[place] : nil
        } else {
          value = arguments.named.last { $0.name == name }?.value
        }
        guard let value else {
          throw JinjaError("a format's '{\(name)}' has no argument, or is not supported")
        }
        result.append(try value.printed())
        position = end + 1
      } else if byte == 0x7D {
        throw JinjaError("a format with '}' alone")
      } else {
        let end = bytes[position...].firstIndex { $0 == 0x7B || $0 == 0x7D } ?? bytes.count
        result.append(format[position..<end])
        position = end
      }
    }
    return result
  }
}

/// The part of a number behind the point, to the last bit.
private struct BinaryFraction {
  /// Digits in base 2^32, the first one after the point first; the last is not zero.
  private var digits: [UInt32] = []

  /// - Parameter value: at least 0 and below 1.
  init(_ value: Double) {
    // Each step is exact: it moves the point, and takes away what is before it.
    var rest = value
    while rest > 0 {
      rest *= 0x1p32
      digits.append(UInt32(rest))
      rest -= rest.rounded(.down)
    }
  }

  /// Moves the point by a decimal place; returns the digit that is then before it, and drops it.
  mutating func takeDecimalDigit() -> UInt8 {
    var carry: UInt64 = 0
    for index in digits.indices.reversed() {
      let product = UInt64(digits[index]) * 10 + carry
      digits[index] = UInt32(truncatingIfNeeded: product)
      carry = product >> 32
    }
    while digits.last == 0 { digits.removeLast() }
    return UInt8(carry)
  }

  var isHalf: Bool { digits == [1 << 31] }

  var isOverHalf: Bool { !isHalf && digits.first ?? 0 >= 1 << 31 }
}
