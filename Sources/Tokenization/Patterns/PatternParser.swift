/// Reads a regular expression in the syntax of Oniguruma (Ruby's), which `tokenizer.json` uses.
///
/// Known: literals, `.`, classes with ranges, negation, nesting and `&&`, `\p{…}` by general category,
/// `\s \d \w \h` and their complements, groups, alternation, the quantifiers `* + ? {n,m}`, lazy, or possessive
/// on a single character or class, `(?i)` on ASCII letters, `(?m)`, and lookahead at one character. Anchors,
/// lookbehind, back references and the rest are refused by name.
package struct PatternParser {
  private let source: String
  private let characters: [UInt32]
  private var position = 0
  private var depth = 0

  /// Options in force: `(?i)`, and `(?m)`, under which `.` matches a newline.
  private struct Options {
    var ignoresCase = false
    var dotMatchesNewline = false
  }

  private var options = Options()

  private static let maximumDepth = 100
  private static let maximumCount = 1000

  /// The syntax tree of a regular expression.
  ///
  /// Throws `TokenizerError.pattern` where it is wrong or has what is not supported.
  package static func parse(_ source: String) throws(TokenizerError) -> Pattern {
    var parser = PatternParser(source)
    let pattern = try parser.alternation()
    guard parser.position == parser.characters.count else { throw parser.error("unmatched )") }
    return pattern
  }

  private init(_ source: String) {
    self.source = source
    characters = source.unicodeScalars.map(\.value)
  }

  private func error(_ reason: String) -> TokenizerError {
    .pattern(source, offset: position, reason: reason)
  }

  // MARK: Characters of the source

  private func isNext(_ character: Unicode.Scalar) -> Bool {
    position < characters.count && characters[position] == character.value
  }

  private func isNext(_ text: String) -> Bool {
    characters[position...].starts(with: text.unicodeScalars.lazy.map(\.value))
  }

  private mutating func skip(_ text: String) -> Bool {
    guard isNext(text) else { return false }
    position += text.unicodeScalars.count
    return true
  }

  private mutating func take() throws(TokenizerError) -> UInt32 {
    guard position < characters.count else { throw error("unexpected end") }
    position += 1
    return characters[position - 1]
  }

  // MARK: Structure

  /// Alternatives up to `)` or the end.
  private mutating func alternation() throws(TokenizerError) -> Pattern {
    let outer = options
    defer { options = outer }
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else { throw error("nested too deeply") }
    var alternatives = [try sequence()]
    while skip("|") { alternatives.append(try sequence()) }
    return alternatives.count == 1 ? alternatives[0] : .alternation(alternatives)
  }

  private mutating func sequence() throws(TokenizerError) -> Pattern {
    var items: [Pattern] = []
    var letterBefore: UInt32?
    while position < characters.count, !isNext("|"), !isNext(")") {
      let start = position
      let atom = try atom()
      if options.ignoresCase { try refuseMultipleFold(&letterBefore, start: start, atom) }
      items.append(try quantified(atom))
    }
    return items.count == 1 ? items[0] : .sequence(items)
  }

  /// Under `(?i)` the reference also matches one character for two letters: ß for ss, ﬁ for fi, ﬆ for st. A
  /// pattern with such a pair of literal letters is refused.
  private func refuseMultipleFold(
    _ before: inout UInt32?, start: Int, _ atom: Pattern
  ) throws(TokenizerError) {
    let letter = characters[start] | 0x20
    let isLiteral = characters[start] != UInt32(UInt8(ascii: "[")) && letter >= 0x61 && letter <= 0x7A
    if let first = before, isLiteral {
      let pair = [first, letter].compactMap(Unicode.Scalar.init).map(String.init).joined()
      if ["ss", "ff", "fi", "fl", "st"].contains(pair) {
        throw error("'\(pair)' without regard to case is not supported")
      }
    }
    before = isLiteral ? letter : nil
  }

  private mutating func quantified(_ atom: Pattern) throws(TokenizerError) -> Pattern {
    var result = atom
    while let (minimum, maximum, isInterval) = try quantifier() {
      if case .lookahead = result { throw error("a quantifier on a lookahead is not supported") }
      if maximum == nil, result.matchesEmpty { throw error("repeating what may be empty is not supported") }
      if skip("?") {
        guard !isInterval || minimum != maximum else { throw error("'{n}?' is not supported") }
        result = .repetition(body: result, minimum: minimum, maximum: maximum, lazy: true)
      } else if !isInterval, skip("+") {
        result = try possessive(result, minimum: minimum, maximum: maximum)
      } else {
        result = .repetition(body: result, minimum: minimum, maximum: maximum, lazy: false)
      }
    }
    return result
  }

  /// `C*+` for a class C takes all the run of C there is and gives nothing back, which is what `C*(?!C)` does.
  private func possessive(
    _ body: Pattern, minimum: Int, maximum: Int?
  ) throws(TokenizerError) -> Pattern {
    guard case .characters(let set) = body else {
      throw error("a possessive quantifier on a group is not supported")
    }
    let notMore = Pattern.lookahead(set.inverted, atEnd: true)
    if maximum == 1 { return .alternation([body, notMore]) }
    return .sequence([.repetition(body: body, minimum: minimum, maximum: maximum, lazy: false), notMore])
  }

  /// The bounds of the quantifier at this place, if one is here; `{` that begins no interval is a literal.
  private mutating func quantifier() throws(TokenizerError) -> (Int, Int?, isInterval: Bool)? {
    if skip("*") { return (0, nil, false) }
    if skip("+") { return (1, nil, false) }
    if skip("?") { return (0, 1, false) }
    guard isNext("{") else { return nil }
    let start = position
    position += 1
    let minimum = try number()
    var maximum = minimum
    if skip(",") { maximum = try number() } else if minimum == nil { position = start }
    guard position > start, skip("}") else {
      position = start
      return nil
    }
    if let minimum, let maximum, minimum > maximum { throw error("the interval's bounds are out of order") }
    return (minimum ?? 0, maximum, true)
  }

  private mutating func number() throws(TokenizerError) -> Int? {
    var value: Int?
    while position < characters.count, (0x30...0x39).contains(characters[position]) {
      value = (value ?? 0) * 10 + Int(characters[position] - 0x30)
      position += 1
      guard let value, value <= Self.maximumCount else { throw error("a count over \(Self.maximumCount)") }
    }
    return value
  }

  private mutating func atom() throws(TokenizerError) -> Pattern {
    if isNext("(") { return try group() }
    if isNext("[") { return .characters(try characterClass()) }
    if skip(".") {
      return .characters(options.dotMatchesNewline ? .all : CodePointSet(0x0A).inverted)
    }
    if isNext("^") || isNext("$") { throw error("anchors are not supported") }
    if isNext("*") || isNext("+") || isNext("?") { throw error("nothing to repeat") }
    if isNext("\\") { return .characters(try escape(inClass: false)) }
    return .characters(try folded(CodePointSet(try take())))
  }

  private mutating func group() throws(TokenizerError) -> Pattern {
    position += 1
    if skip("?") {
      if skip("=") { return try lookahead(negated: false) }
      if skip("!") { return try lookahead(negated: true) }
      if isNext("<=") || isNext("<!") { throw error("lookbehind is not supported") }
      if isNext(">") { throw error("an atomic group is not supported") }
      if !skip(":") {
        let inner = try optionLetters()
        let outer = options
        options = inner
        defer { options = outer }
        if skip(":") { return try closed(alternation()) }
        guard skip(")") else { throw error("this kind of group is not supported") }
        // The options hold to the end of the enclosing group, its further alternatives included.
        return try alternation()
      }
    }
    return try closed(alternation())
  }

  private mutating func closed(_ pattern: Pattern) throws(TokenizerError) -> Pattern {
    guard skip(")") else { throw error("missing )") }
    return pattern
  }

  private mutating func optionLetters() throws(TokenizerError) -> Options {
    var result = options
    var value = true
    while !isNext(":"), !isNext(")") {
      switch try take() {
      case UInt32(UInt8(ascii: "-")): value = false
      case UInt32(UInt8(ascii: "i")): result.ignoresCase = value
      case UInt32(UInt8(ascii: "m")): result.dotMatchesNewline = value
      default: throw error("this kind of group is not supported")
      }
    }
    return result
  }

  private mutating func lookahead(negated: Bool) throws(TokenizerError) -> Pattern {
    let body = try closed(alternation())
    let alternatives = if case .alternation(let items) = body { items } else { [body] }
    var set = CodePointSet()
    for alternative in alternatives {
      guard case .characters(let members) = alternative else {
        throw error("lookahead at more than one character is not supported")
      }
      set = set.union(members)
    }
    return .lookahead(negated ? set.inverted : set, atEnd: negated)
  }

  // MARK: Classes and escapes

  /// `[…]`, with nested classes and `&&`.
  private mutating func characterClass() throws(TokenizerError) -> CodePointSet {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else { throw error("nested too deeply") }
    position += 1
    let isNegated = skip("^")
    guard !isNext("]") else { throw error("an empty class") }
    var result = CodePointSet.all
    repeat { result = result.intersection(try classOperand()) } while skip("&&")
    guard skip("]") else { throw error("missing ]") }
    return isNegated ? result.inverted : result
  }

  /// Members up to `]` or `&&`.
  private mutating func classOperand() throws(TokenizerError) -> CodePointSet {
    var members: [ClosedRange<UInt32>] = []
    while !isNext("]"), !isNext("&&") {
      if isNext("[:") { throw error("a POSIX class is not supported") }
      let first =
        if isNext("[") {
          try characterClass()
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
    return try folded(CodePointSet(members))
  }

  /// The set of an escape: a class such as `\s`, a property, or one character.
  private mutating func escape(inClass: Bool) throws(TokenizerError) -> CodePointSet {
    position += 1
    let character = try take()
    let name = Unicode.Scalar(character).map { Character($0) } ?? "?"
    switch name {
    case "s": return .whiteSpace
    case "S": return CodePointSet.whiteSpace.inverted
    case "d": return .digits
    case "D": return CodePointSet.digits.inverted
    case "w": return .patternWord
    case "W": return CodePointSet.patternWord.inverted
    case "h": return CodePointSet([0x30...0x39, 0x41...0x46, 0x61...0x66])
    case "H": return CodePointSet([0x30...0x39, 0x41...0x46, 0x61...0x66]).inverted
    case "p", "P": return try property(negated: name == "P")
    case "n": return CodePointSet(0x0A)
    case "r": return CodePointSet(0x0D)
    case "t": return CodePointSet(0x09)
    case "f": return CodePointSet(0x0C)
    case "v": return CodePointSet(0x0B)
    case "a": return CodePointSet(0x07)
    case "e": return CodePointSet(0x1B)
    case "x": return try hexadecimal(digits: 2, braces: true)
    case "u": return try hexadecimal(digits: 4, braces: false)
    default:
      let isPunctuation = character < 0x80 && !(name.isLetter || name.isNumber)
      guard isPunctuation || character >= 0x80 else { throw error("'\\\(name)' is not supported") }
      return try folded(CodePointSet(character))
    }
  }

  private mutating func property(negated: Bool) throws(TokenizerError) -> CodePointSet {
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
    return isInverted ? set.inverted : set
  }

  private mutating func hexadecimal(digits: Int, braces: Bool) throws(TokenizerError) -> CodePointSet {
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
    return try folded(CodePointSet(value))
  }

  /// Under `(?i)`, the set with the other cases of its letters, which are known for ASCII only: besides
  /// upper and lower case, `ſ` is an s and the Kelvin sign a k.
  private func folded(_ set: CodePointSet) throws(TokenizerError) -> CodePointSet {
    guard options.ignoresCase else { return set }
    guard set.ranges.allSatisfy({ $0.upperBound < 0x80 }) else {
      throw error("characters outside ASCII without regard to case are not supported")
    }
    var members = set.ranges
    for letter in UInt32(0x61)...0x7A where set.contains(letter) || set.contains(letter - 0x20) {
      members += [letter...letter, letter - 0x20...letter - 0x20]
      if letter == 0x73 { members.append(0x17F...0x17F) }
      if letter == 0x6B { members.append(0x212A...0x212A) }
    }
    return CodePointSet(members)
  }
}

extension CodePointSet {
  /// The only member, when there is just one.
  fileprivate var single: UInt32? {
    guard ranges.count == 1, ranges[0].count == 1 else { return nil }
    return ranges[0].lowerBound
  }
}
