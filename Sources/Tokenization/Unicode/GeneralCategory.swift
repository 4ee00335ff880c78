/// A Unicode general category; raw values are those in `UnicodeData.categoryRuns`.
enum GeneralCategory: UInt8, CaseIterable {
  case cn, cc, cf, co, cs, ll, lm, lo, lt, lu, mc, me, mn, nd, nl, no, pc, pd, pe, pf, pi, po, ps, sc, sk, sm
  case so, zl, zp, zs

  /// The two-letter abbreviation, for example `Lu`.
  var abbreviation: String {
    let name = String(describing: self)
    return name.prefix(1).uppercased() + name.dropFirst()
  }

  /// Long names of the categories and of their groups, as regular expressions spell them in `\p{…}`.
  static let longNames: [String: String] = [
    "Other": "C", "Unassigned": "Cn", "Control": "Cc", "Format": "Cf", "Private_Use": "Co", "Surrogate": "Cs",
    "Letter": "L", "Lowercase_Letter": "Ll", "Modifier_Letter": "Lm", "Other_Letter": "Lo",
    "Titlecase_Letter": "Lt", "Uppercase_Letter": "Lu",
    "Mark": "M", "Spacing_Mark": "Mc", "Enclosing_Mark": "Me", "Nonspacing_Mark": "Mn",
    "Number": "N", "Decimal_Number": "Nd", "Letter_Number": "Nl", "Other_Number": "No",
    "Punctuation": "P", "Connector_Punctuation": "Pc", "Dash_Punctuation": "Pd", "Close_Punctuation": "Pe",
    "Final_Punctuation": "Pf", "Initial_Punctuation": "Pi", "Other_Punctuation": "Po",
    "Open_Punctuation": "Ps",
    "Symbol": "S", "Currency_Symbol": "Sc", "Modifier_Symbol": "Sk", "Math_Symbol": "Sm",
    "Other_Symbol": "So",
    "Separator": "Z", "Line_Separator": "Zl", "Paragraph_Separator": "Zp", "Space_Separator": "Zs",
  ]
}

extension CodePointSet {
  /// Code points whose general category satisfies the predicate.
  init(where isMember: (GeneralCategory) -> Bool) {
    let runs = UnicodeData.categoryRuns
    var members: [ClosedRange<UInt32>] = []
    for (index, run) in runs.enumerated() {
      guard let category = GeneralCategory(rawValue: UInt8(run & 0xFF)), isMember(category) else { continue }
      let end = index + 1 < runs.count ? runs[index + 1] >> 8 : Self.maximum + 1
      members.append(run >> 8...end - 1)
    }
    self.init(members)
  }

  /// `\s`: White_Space.
  static let whiteSpace = CodePointSet(bounds: UnicodeData.whiteSpace)

  /// `\d`: decimal digits.
  static let digits = CodePointSet { $0 == .nd }

  /// `\w` of regular expressions: Alphabetic, Mark, Decimal_Number and Connector_Punctuation, and, as
  /// Oniguruma has it, the superscript digits and fractions of Latin-1.
  static let patternWord = alphanumeric.union(CodePointSet([0xB2...0xB3, 0xB9...0xB9, 0xBC...0xBE]))

  /// `[[:word:]]`, which has not those.
  static var bracketWord: CodePointSet { alphanumeric }

  /// What may not stand beside a `single_word` added token: the Rust regex crate's `\w`, which adds
  /// Join_Control.
  static let word = alphanumeric.union(CodePointSet(0x200C...0x200D))

  /// Alphabetic (letters, marks, letter numbers, circled and squared letters), Mark, Decimal_Number and
  /// Connector_Punctuation.
  private static let alphanumeric = CodePointSet {
    switch $0 {
    case .ll, .lm, .lo, .lt, .lu, .mc, .me, .mn, .nd, .nl, .pc: true
    default: false
    }
  }.union(CodePointSet([0x24B6...0x24E9, 0x1F130...0x1F149, 0x1F150...0x1F169, 0x1F170...0x1F189]))

  /// Rust's `char::is_numeric`, which the `Digits` pre-tokenizer uses.
  static let numeric = CodePointSet { $0 == .nd || $0 == .nl || $0 == .no }
    .union(CodePointSet(bounds: UnicodeData.newerNumbers))

  /// What the `Punctuation` pre-tokenizer sets apart.
  static let punctuation = CodePointSet(bounds: UnicodeData.punctuation)
}
