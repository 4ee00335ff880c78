/// Reads a regular expression in the syntax of Oniguruma, which `tokenizer.json` uses.
///
/// Known: literals, `.`, classes with ranges, negation, nesting, POSIX brackets and `&&`, `\p{…}` by
/// general category, script or a few other properties, `\s \d \w \h \R \N \O` and complements, groups,
/// alternation, the quantifiers `* + ? {n,m}`, greedy, lazy or possessive, `(?i)`, `(?m)`, atomic groups,
/// lookahead, lookbehind at one character and the anchors `^ $ \A \z \Z \b \B`. Possessive quantifiers and
/// atomic groups are rewritten by `Pattern.atomic` and refused where it cannot. Back references, `\X`,
/// `\G` and the rest are refused by name.
package struct PatternParser {
  let source: String
  let characters: [UInt32]
  var position = 0
  var depth = 0

  /// Options in force: `(?i)`, and `(?m)`, under which `.` matches a newline.
  struct Options {
    var ignoresCase = false
    var dotMatchesNewline = false
  }

  var options = Options()

  static let maximumDepth = 100
  private static let maximumCount = 1000
  private static let maximumLength = 1 << 16
  /// The size of a pattern that has been rewritten; nested ones double.
  private static let maximumSize = 2000

  /// The syntax tree of a regular expression.
  ///
  /// Throws `TokenizerError.pattern` where it is wrong or has what is not supported.
  package static func parse(_ source: String) throws(TokenizerError) -> Pattern {
    var parser = PatternParser(source)
    guard parser.characters.count <= maximumLength else {
      throw .unsupported("a regular expression of \(parser.characters.count) characters")
    }
    let pattern = try parser.alternation()
    guard parser.position == parser.characters.count else { throw parser.error("unmatched )") }
    return pattern
  }

  private init(_ source: String) {
    self.source = source
    characters = source.unicodeScalars.map(\.value)
  }

  func error(_ reason: String) -> TokenizerError {
    .pattern(source, offset: position, reason: reason)
  }

  // MARK: Characters of the source

  func isNext(_ character: Unicode.Scalar) -> Bool {
    position < characters.count && characters[position] == character.value
  }

  func isNext(_ text: String) -> Bool {
    characters[position...].starts(with: text.unicodeScalars.lazy.map(\.value))
  }

  mutating func skip(_ text: String) -> Bool {
    guard isNext(text) else { return false }
    position += text.unicodeScalars.count
    return true
  }

  mutating func take() throws(TokenizerError) -> UInt32 {
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
    var literals: [UInt32] = []
    while position < characters.count, !isNext("|"), !isNext(")") {
      if skip("(?#") {
        while try take() != UInt32(UInt8(ascii: ")")) {}
        continue
      }
      let first = position
      let atom = try atom()
      if options.ignoresCase { try refuseMultipleFold(atom, from: first, after: &literals) }
      items.append(try quantified(atom))
    }
    return items.count == 1 ? items[0] : .sequence(items)
  }

  private mutating func quantified(_ atom: Pattern) throws(TokenizerError) -> Pattern {
    var result = atom
    while let (minimum, maximum, isInterval) = try quantifier() {
      if result.isAssertion { throw error("a quantifier on an assertion is not supported") }
      if maximum == nil, result.matchesEmpty { throw error("repeating what may be empty is not supported") }
      if skip("?") {
        if isInterval, minimum == maximum {
          // All or nothing, and greedy.
          result = .repetition(body: result, minimum: minimum, maximum: maximum, lazy: false)
          result = .repetition(body: result, minimum: 0, maximum: 1, lazy: false)
          continue
        }
        result = .repetition(body: result, minimum: minimum, maximum: maximum, lazy: true)
        continue
      }
      result = .repetition(body: result, minimum: minimum, maximum: maximum, lazy: false)
      if !isInterval, skip("+") {
        guard let atomic = result.atomic, atomic.size <= Self.maximumSize else {
          throw error("a possessive quantifier on a group like this is not supported")
        }
        result = atomic
      }
    }
    return result
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
    guard position > start, minimum != nil || maximum != nil, skip("}") else {
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
    if skip(".") { return .characters(options.dotMatchesNewline ? .all : Self.newline.inverted) }
    if skip("^") {
      return .alternation([
        Self.atStart, .sequence([.lookbehind(Self.newline, atStart: false), .lookahead(.all, atEnd: false)]),
      ])
    }
    if skip("$") { return .lookahead(Self.newline, atEnd: true) }
    if isNext("*") || isNext("+") || isNext("?") { throw error("nothing to repeat") }
    if isNext("\\") { return try escapedAtom() }
    return .characters(try folded(CodePointSet(try take())))
  }

  static let newline = CodePointSet(0x0A)
  private static let atStart = Pattern.lookbehind(CodePointSet(), atStart: true)
  private static let atEnd = Pattern.lookahead(CodePointSet(), atEnd: true)

  /// An anchor, `\R`, or a set of characters.
  private mutating func escapedAtom() throws(TokenizerError) -> Pattern {
    if skip("\\A") { return Self.atStart }
    if skip("\\z") { return Self.atEnd }
    if skip("\\Z") {
      return .alternation([
        Self.atEnd, .condition(.sequence([.characters(Self.newline), Self.atEnd]), negated: false),
      ])
    }
    if isNext("\\b") || isNext("\\B") {
      let isWord = Pattern.lookbehind(.patternWord, atStart: false)
      let isNotWord = Pattern.lookbehind(CodePointSet.patternWord.inverted, atStart: true)
      let word = Pattern.lookahead(.patternWord, atEnd: false)
      let notWord = Pattern.lookahead(CodePointSet.patternWord.inverted, atEnd: true)
      let isBoundary = isNext("\\b")
      position += 2
      return .alternation([
        .sequence([isWord, isBoundary ? notWord : word]),
        .sequence([isNotWord, isBoundary ? word : notWord]),
      ])
    }
    if skip("\\R") {
      let carriageReturn = Pattern.characters(CodePointSet(0x0D))
      return .alternation([
        .sequence([carriageReturn, .characters(Self.newline)]),
        .sequence([carriageReturn, .lookahead(Self.newline.inverted, atEnd: true)]),
        .characters(CodePointSet([0x0A...0x0C, 0x85...0x85, 0x2028...0x2029])),
      ])
    }
    return .characters(try escape(inClass: false))
  }

  private mutating func group() throws(TokenizerError) -> Pattern {
    position += 1
    guard skip("?") else { return try closed(alternation()) }
    if skip("=") { return try closed(alternation()).ahead(negated: false) }
    if skip("!") { return try closed(alternation()).ahead(negated: true) }
    if skip("<=") { return try lookbehind(negated: false) }
    if skip("<!") { return try lookbehind(negated: true) }
    if skip(">") {
      guard let atomic = try closed(alternation()).atomic, atomic.size <= Self.maximumSize else {
        throw error("an atomic group like this is not supported")
      }
      return atomic
    }
    if isNext("<") || isNext("'") {
      let end: UInt8 = isNext("<") ? UInt8(ascii: ">") : UInt8(ascii: "'")
      position += 1
      while try take() != UInt32(end) {}
      return try closed(alternation())
    }
    if skip(":") { return try closed(alternation()) }
    let inner = try optionLetters()
    let outer = options
    options = inner
    defer { options = outer }
    if skip(":") { return try closed(alternation()) }
    guard skip(")") else { throw error("this kind of group is not supported") }
    // The options hold to the end of the enclosing group, its further alternatives included.
    return try alternation()
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
      case UInt32(UInt8(ascii: "x")) where !value: break
      default: throw error("this kind of group is not supported")
      }
    }
    return result
  }

  /// `(?<=…)` and `(?<!…)`, after the sign. Alternatives are looked for one by one.
  private mutating func lookbehind(negated: Bool) throws(TokenizerError) -> Pattern {
    let body = try closed(alternation())
    let alternatives = if case .alternation(let items) = body { items } else { [body] }
    var looks: [Pattern] = []
    for alternative in alternatives {
      if !negated, alternative.onlyAsserts {
        looks.append(alternative)
      } else if case .lookbehind(let set, let atStart)? = alternative.reversed?.ahead(negated: negated)
        .reversed
      {
        looks.append(.lookbehind(set, atStart: atStart))
      } else {
        throw error("lookbehind at more than one character is not supported")
      }
    }
    return looks.count == 1 ? looks[0] : negated ? .sequence(looks) : .alternation(looks)
  }
}
