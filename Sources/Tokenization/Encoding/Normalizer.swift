/// Normalizes texts by a tokenizer's steps and keeps track of where each byte comes from.
struct Normalizer {
  private let stages: [NormalizerStage]
  private let classes: ClassTable
  private var forms: FormNormalizer?
  /// The normalized text.
  private(set) var text = AlignedText()
  /// Matches of a pattern to be replaced, and the text between them.
  private var parts: [TextMatcher.Part] = []

  /// nil for a tokenizer that does not normalize.
  init?(_ tables: TokenizerTables) {
    guard !tables.normalizers.isEmpty else { return nil }
    stages = tables.normalizers
    classes = tables.classes
    forms = tables.normalization.map(FormNormalizer.init)
  }

  /// Whether text is certain to stay as it is.
  func isNormalized(_ text: UnsafePointer<UInt8>, count: Int) -> Bool {
    guard stages.count == 1, case .form(.nfc) = stages[0], let forms else { return false }
    return forms.isComposed(text, count: count)
  }

  /// Normalizes a text.
  ///
  /// - Parameters:
  ///   - text: well-formed UTF-8, not empty.
  ///   - count: its length in bytes.
  ///   - offset: where it begins in the given text.
  mutating func normalize(_ text: UnsafePointer<UInt8>, count: Int, offset: Int) {
    self.text.set(text, count: count, offset: offset)
    for stage in stages { apply(stage) }
  }

  private mutating func apply(_ stage: NormalizerStage) {
    if text.bytes.isEmpty { return }
    switch stage {
    case .form(let form): forms?.normalize(&text, to: form)
    case .replace(let matcher, let content): replace(matcher, content)
    case .prepend(let string):
      text.begin()
      text.put(before: string)
      text.keepRest()
    case .strip(let left, let right): strip(left: left, right: right)
    case .lowercase:
      map { code, text in
        let (first, second) = CaseMapping.lowercase(code)
        text.put(first, change: 0)
        if let second { text.put(second, change: 1) }
      }
    case .stripAccents: filter { !CodePointSet.combiningMarks.contains($0) }
    case .nmt:
      filter { !CodePointSet.nmtRemoved.contains($0) }
      map { code, text in text.put(CodePointSet.nmtSpaces.contains(code) ? 0x20 : code, change: 0) }
    case .byteLevel:
      text.begin()
      text.spellBytes(to: text.old.count)
    case .sentencePiece(let normalizer): normalizer.normalize(&text)
    }
  }

  private mutating func map(_ put: (UInt32, inout AlignedText) -> Void) {
    text.begin()
    while let (code, _) = text.next() { put(code, &text) }
  }

  private mutating func filter(_ isKept: (UInt32) -> Bool) {
    text.begin()
    while let (code, count) = text.next() {
      if isKept(code) { text.keep(to: text.position + count) } else { text.skipCharacter() }
    }
  }

  private mutating func replace(_ matcher: TextMatcher, _ content: [UInt8]) {
    parts.removeAll(keepingCapacity: true)
    text.bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      matcher.split(base, 0..<bytes.count, classes, into: &parts)
    }
    text.begin()
    for part in parts {
      if part.isMatch {
        text.drop(to: part.range.upperBound)
        text.put(added: content)
      } else {
        text.keep(to: part.range.upperBound)
      }
    }
  }

  private mutating func strip(left: Bool, right: Bool) {
    text.begin()
    let old = text.old
    let count = old.count
    old.withUnsafeBufferPointer { old in
      guard let base = old.baseAddress else { return }
      var start = 0
      var end = count
      while left, start < count, case let (code, length) = scalar(base + start), isSpace(code) {
        start += length
      }
      while right, end > start, case let (code, length) = scalarBefore(base, end), isSpace(code) {
        end -= length
      }
      text.drop(to: start)
      text.keep(to: end)
    }
  }

  private func isSpace(_ code: UInt32) -> Bool { CodePointSet.whiteSpace.contains(code) }
}

extension CodePointSet {
  /// What `StripAccents` takes away.
  static let combiningMarks = CodePointSet(bounds: UnicodeData.combiningMarks)

  /// What `Nmt` takes away.
  static let nmtRemoved = CodePointSet([
    0x01...0x08, 0x0B...0x0B, 0x0E...0x1F, 0x7F...0x7F, 0x8F...0x8F, 0x9F...0x9F,
  ])

  /// What `Nmt` makes spaces of.
  static let nmtSpaces = CodePointSet([
    0x09...0x0A, 0x0C...0x0D, 0x1680...0x1680, 0x200B...0x200F, 0x2028...0x2029, 0x2581...0x2581,
    0xFEFF...0xFEFF, 0xFFFD...0xFFFD,
  ])
}
