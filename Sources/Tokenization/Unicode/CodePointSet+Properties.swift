extension CodePointSet {
  /// The property `\p{name}`: a general category or a group of them, short (`Lu`, `L`) or long
  /// (`Uppercase_Letter`); a script (`Han`, also `script=Han`); one of `Any`, `ASCII`, `Assigned`,
  /// `Alphabetic`, `Uppercase`, `Lowercase`, `White_Space`, `Emoji`, `Extended_Pictographic`,
  /// `Ideographic`; or the name of a POSIX class. Case, spaces, hyphens and underscores do not
  /// matter. nil for an unknown name.
  init?(property name: String) {
    let parts = name.split(separator: "=", omittingEmptySubsequences: false).map { Self.loose(String($0)) }
    switch (parts.first, parts.count) {
    case (let wanted?, 1):
      guard let set = Self.category(wanted) ?? Self.script(wanted) ?? Self.binary(wanted) else { return nil }
      self = set
    case ("script", 2), ("sc", 2):
      guard let set = Self.script(parts[1]) else { return nil }
      self = set
    case ("generalcategory", 2), ("gc", 2):
      guard let set = Self.category(parts[1]) else { return nil }
      self = set
    default: return nil
    }
  }

  private static func loose(_ name: String) -> String {
    name.lowercased().filter { $0 != " " && $0 != "_" && $0 != "-" }
  }

  private static func category(_ wanted: String) -> CodePointSet? {
    let short = GeneralCategory.longNames.first { loose($0.key) == wanted }.map { loose($0.value) } ?? wanted
    let categories = GeneralCategory.allCases.filter {
      let abbreviation = loose($0.abbreviation)
      let isCased = $0 == .ll || $0 == .lu || $0 == .lt
      return abbreviation == short || (short.utf8.count == 1 && abbreviation.hasPrefix(short))
        || (short == "lc" && isCased)
    }
    return categories.isEmpty ? nil : CodePointSet { categories.contains($0) }
  }

  private static func script(_ wanted: String) -> CodePointSet? {
    let full = scriptCodes[wanted] ?? wanted
    guard let index = UnicodeData.scripts.firstIndex(where: { loose($0) == full }) else { return nil }
    let runs = UnicodeData.scriptRuns
    var members: [ClosedRange<UInt32>] = []
    for (number, run) in runs.enumerated() where Int(run & 0xFF) == index + 1 {
      let end = number + 1 < runs.count ? runs[number + 1] >> 8 : maximum + 1
      members.append(run >> 8...end - 1)
    }
    return CodePointSet(members)
  }

  /// ISO 15924 codes of the more common scripts.
  private static let scriptCodes = [
    "arab": "arabic", "armn": "armenian", "beng": "bengali", "bopo": "bopomofo", "cyrl": "cyrillic",
    "deva": "devanagari", "ethi": "ethiopic", "geor": "georgian", "grek": "greek", "gujr": "gujarati",
    "guru": "gurmukhi", "hang": "hangul", "hani": "han", "hebr": "hebrew", "hira": "hiragana",
    "kana": "katakana", "khmr": "khmer", "knda": "kannada", "laoo": "lao", "latn": "latin",
    "mlym": "malayalam",
    "mong": "mongolian", "mymr": "myanmar", "sinh": "sinhala", "taml": "tamil", "telu": "telugu",
    "tibt": "tibetan", "zinh": "inherited", "zyyy": "common",
  ]

  private static func binary(_ wanted: String) -> CodePointSet? {
    switch wanted {
    case "any": .all
    case "assigned": CodePointSet { $0 != .cn }
    case "alphabetic": alphabetic
    case "uppercase": uppercase
    case "lowercase": lowercase
    case "whitespace": whiteSpace
    case "emoji": CodePointSet(bounds: UnicodeData.emoji)
    case "extendedpictographic": CodePointSet(bounds: UnicodeData.pictographic)
    case "ideographic": CodePointSet(bounds: UnicodeData.ideographic)
    case "punct": CodePointSet(property: "P")
    case "word": patternWord
    default: CodePointSet(bracket: wanted)
    }
  }

  /// The POSIX class `[:name:]`, as Oniguruma has it for Unicode; nil for an unknown name.
  init?(bracket name: String) {
    switch name {
    case "alnum": self = Self.alphabetic.union(.digits)
    case "alpha": self = .alphabetic
    case "ascii": self.init(0...0x7F)
    case "blank": self = CodePointSet { $0 == .zs }.union(CodePointSet(0x09))
    case "cntrl": self.init { $0 == .cc }
    case "digit": self = .digits
    case "graph": self = .graphic
    case "lower": self = .lowercase
    case "print": self = Self.graphic.union(CodePointSet { $0 == .zs })
    case "punct":
      self.init { category in
        switch category {
        case .pc, .pd, .pe, .pf, .pi, .po, .ps, .sc, .sk, .sm, .so: true
        default: false
        }
      }
    case "space": self = .whiteSpace
    case "upper": self = .uppercase
    case "word": self = .bracketWord
    case "xdigit": self = .hexadecimalDigits
    default: return nil
    }
  }

  static let hexadecimalDigits = CodePointSet([0x30...0x39, 0x41...0x46, 0x61...0x66])

  private static let alphabetic = CodePointSet { category in
    switch category {
    case .ll, .lm, .lo, .lt, .lu, .nl: true
    default: false
    }
  }.union(CodePointSet(bounds: UnicodeData.otherAlphabetic))

  private static let lowercase = CodePointSet { $0 == .ll }
    .union(CodePointSet(bounds: UnicodeData.otherLowercase))

  private static let uppercase = CodePointSet { $0 == .lu }
    .union(CodePointSet(bounds: UnicodeData.otherUppercase))

  private static let graphic = CodePointSet { category in
    switch category {
    case .cc, .cn, .cs, .zl, .zp, .zs: false
    default: true
    }
  }
}
