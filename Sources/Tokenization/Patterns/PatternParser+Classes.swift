extension PatternParser {
  /// `[…]`, with nested classes and `&&`.
  mutating func characterClass() throws(TokenizerError) -> CodePointSet {
    let (members, isNegated) = try classMembers()
    let set = try folded(members)
    return isNegated ? set.inverted : set
  }

  /// A class's members, and whether it begins with `^`.
  private mutating func classMembers() throws(TokenizerError) -> (CodePointSet, isNegated: Bool) {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else { throw error("nested too deeply") }
    position += 1
    let isNegated = skip("^")
    var result = CodePointSet.all
    var isFirst = true
    repeat {
      result = result.intersection(try classOperand(isFirst: isFirst))
      isFirst = false
    } while skip("&&")
    guard skip("]") else { throw error("missing ]") }
    return (result, isNegated)
  }

  /// Members up to `]` or `&&`. A `]` that comes first is a member.
  private mutating func classOperand(isFirst: Bool) throws(TokenizerError) -> CodePointSet {
    var members: [ClosedRange<UInt32>] = []
    if isFirst, isNext("]") {
      guard characters[(position + 1)...].contains(UInt32(UInt8(ascii: "]"))) else {
        throw error("an empty class")
      }
      members += CodePointSet(try take()).ranges
    }
    while !isNext("]"), !isNext("&&") {
      let first =
        if isNext("[:") {
          try bracket()
        } else if isNext("[") {
          try nestedClass()
        } else if isNext("\\") {
          try escape(inClass: true)
        } else {
          CodePointSet(try take())
        }
      guard isNext("-"), !isNext("-]"), !isNext("-&&"), let low = first.single else {
        members += first.ranges
        continue
      }
      position += 1
      let last = isNext("\\") ? try escape(inClass: true) : CodePointSet(try take())
      guard let high = last.single, low <= high else { throw error("a range that is not one") }
      members.append(low...high)
    }
    return CodePointSet(members)
  }

  private mutating func nestedClass() throws(TokenizerError) -> CodePointSet {
    let (members, isNegated) = try classMembers()
    return isNegated ? members.inverted : members
  }

  /// `[:alpha:]` or `[:^alpha:]`.
  private mutating func bracket() throws(TokenizerError) -> CodePointSet {
    position += 2
    let isNegated = skip("^")
    var name = ""
    while !isNext(":]") {
      if let scalar = Unicode.Scalar(try take()) { name.unicodeScalars.append(scalar) }
    }
    position += 2
    guard let set = CodePointSet(bracket: name) else { throw error("the class [:\(name):] is not supported") }
    return isNegated ? set.inverted : set
  }

  /// The set of an escape: a class such as `\s`, a property, or one character.
  mutating func escape(inClass: Bool) throws(TokenizerError) -> CodePointSet {
    position += 1
    let character = try take()
    let name = Unicode.Scalar(character).map { Character($0) } ?? "?"
    switch name {
    case "s": return .whiteSpace
    case "S": return CodePointSet.whiteSpace.inverted
    case "d": return .digits
    case "D": return CodePointSet.digits.inverted
    case "w": return word(inClass)
    case "W": return word(inClass).inverted
    case "h": return .hexadecimalDigits
    case "H": return CodePointSet.hexadecimalDigits.inverted
    case "N" where !inClass: return Self.newline.inverted
    case "O" where !inClass: return .all
    case "p", "P": return try property(negated: name == "P", inClass)
    case "n": return CodePointSet(0x0A)
    case "r": return CodePointSet(0x0D)
    case "t": return CodePointSet(0x09)
    case "f": return CodePointSet(0x0C)
    case "v": return CodePointSet(0x0B)
    case "a": return CodePointSet(0x07)
    case "e": return CodePointSet(0x1B)
    case "b" where inClass: return CodePointSet(0x08)
    case "x": return try literal(hexadecimal(digits: 2, braces: true), inClass)
    case "u": return try literal(hexadecimal(digits: 4, braces: false), inClass)
    case "0": return try literal(octal(), inClass)
    default:
      let isPunctuation = character < 0x80 && !(name.isLetter || name.isNumber)
      guard isPunctuation || character >= 0x80 else { throw error("'\\\(name)' is not supported") }
      return try literal(character, inClass)
    }
  }

  /// One character; a class disregards case as a whole.
  private func literal(_ character: UInt32, _ inClass: Bool) throws(TokenizerError) -> CodePointSet {
    inClass ? CodePointSet(character) : try folded(CodePointSet(character))
  }

  /// `\w`. Within a class it is without the superscript digits and fractions.
  private func word(_ inClass: Bool) -> CodePointSet { inClass ? .bracketWord : .patternWord }

  private mutating func property(negated: Bool, _ inClass: Bool) throws(TokenizerError) -> CodePointSet {
    guard skip("{") else { throw error("expected { after \\p") }
    let isInverted = skip("^") != negated
    var name = ""
    while !isNext("}") {
      if let scalar = Unicode.Scalar(try take()) { name.unicodeScalars.append(scalar) }
    }
    position += 1
    guard let set = CodePointSet(property: name) else {
      throw error("the property '\(name)' is not supported")
    }
    let result = inClass && set == .patternWord ? .bracketWord : set
    return isInverted ? result.inverted : result
  }

  private mutating func hexadecimal(digits: Int, braces: Bool) throws(TokenizerError) -> UInt32 {
    let isBraced = braces && skip("{")
    var value: UInt32 = 0
    var count = 0
    while count < (isBraced ? 8 : digits), position < characters.count,
      let digit = Unicode.Scalar(characters[position]).flatMap({ Character($0).hexDigitValue })
    {
      value = value << 4 | UInt32(digit)
      position += 1
      count += 1
    }
    guard count > 0, isBraced ? skip("}") : count == digits, value <= CodePointSet.maximum else {
      throw error("expected hexadecimal digits")
    }
    return value
  }

  /// Up to two octal digits after `\0`.
  private mutating func octal() -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<2 {
      guard position < characters.count, (0x30...0x37).contains(characters[position]) else { break }
      value = value << 3 | (characters[position] - 0x30)
      position += 1
    }
    return value
  }
}

extension CodePointSet {
  /// The only member, when there is just one.
  fileprivate var single: UInt32? {
    guard ranges.count == 1, ranges[0].count == 1 else { return nil }
    return ranges[0].lowerBound
  }
}
