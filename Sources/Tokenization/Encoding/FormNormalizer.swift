/// Puts texts into a normalization form of Unicode.
struct FormNormalizer {
  private let table: NormalizationTable

  /// Characters between two places where nothing can compose: decomposed, then composed in place.
  /// `change` is as in `AlignedText.put`.
  private var run: [(code: UInt32, combiningClass: UInt8, change: Int)] = []
  private var composed: [(code: UInt32, change: Int)] = []

  init(_ table: NormalizationTable) { self.table = table }

  /// Whether well-formed text is certain to be in Normalization Form C already. O(n), 64 bytes a step over
  /// ASCII.
  func isComposed(_ text: UnsafePointer<UInt8>, count: Int) -> Bool {
    var position = 0
    var lastClass: UInt8 = 0
    while position < count {
      if position + 8 <= count, isASCII(text + position) {
        position = skipASCII(text, from: position + 8, to: count)
        lastClass = 0
        continue
      }
      // A lead byte below 0xCC begins a character below U+0300.
      guard text[position] >= 0xCC else {
        position += text[position] < 0x80 ? 1 : 2
        lastClass = 0
        continue
      }
      let (code, length) = decodeScalar(text + position)
      let properties = table[code]
      let combiningClass = properties.combiningClass
      if properties.mayChange || (combiningClass != 0 && lastClass > combiningClass) { return false }
      lastClass = combiningClass
      position += length
    }
    return true
  }

  /// Normalizes a text. O(n log n).
  mutating func normalize(_ text: inout AlignedText, to form: NormalizationForm) {
    text.begin()
    let old = text.old
    let count = old.count
    old.withUnsafeBufferPointer { old in
      guard let base = old.baseAddress else { return }
      var start = 0
      while start < count {
        // Up to the next character that nothing before it can compose with or stand behind.
        let (first, length) = scalar(base + start)
        var stop = start + length
        var isAlone = isStable(first, form)
        while stop < count {
          let (next, length) = scalar(base + stop)
          if isStable(next, form), table[next].combiningClass == 0 { break }
          isAlone = false
          stop += length
        }
        if isAlone { text.keep(to: stop) } else { normalizeRun(base, start..<stop, &text, form) }
        start = stop
      }
    }
  }

  /// Whether a character by itself stays as it is, and composes with nothing before it.
  private func isStable(_ code: UInt32, _ form: NormalizationForm) -> Bool {
    let properties = table[code]
    switch form {
    case .nfc: return !properties.mayChange
    case .nfkc: return !properties.mayChange && !properties.decomposesCompatibly
    case .nfd: return !properties.decomposes && !Hangul.syllables.contains(code)
    case .nfkd:
      return !properties.decomposes && !properties.decomposesCompatibly && !Hangul.syllables.contains(code)
    }
  }

  private mutating func normalizeRun(
    _ old: UnsafePointer<UInt8>, _ range: Range<Int>, _ text: inout AlignedText, _ form: NormalizationForm
  ) {
    run.removeAll(keepingCapacity: true)
    var position = range.lowerBound
    while position < range.upperBound {
      let (code, length) = scalar(old + position)
      decompose(code, compatibly: form == .nfkc || form == .nfkd)
      position += length
    }
    order()
    if form == .nfc || form == .nfkc {
      compose()
      for (code, change) in composed { text.put(code, change: change) }
    } else {
      for (code, _, change) in run { text.put(code, change: change) }
    }
    text.drop(to: range.upperBound)
  }

  /// Appends a character's full decomposition to the run.
  private mutating func decompose(_ code: UInt32, compatibly: Bool) {
    func append(_ code: UInt32, _ change: Int) {
      run.append((code, table[code].combiningClass, change))
    }
    if Hangul.syllables.contains(code) {
      let (lead, vowel, tail) = Hangul.decomposition(of: code)
      append(lead, 0)
      append(vowel, 1)
      if let tail { append(tail, 1) }
      return
    }
    let properties = table[code]
    let compatibly = compatibly && properties.decomposesCompatibly
    guard compatibly || properties.decomposes else { return append(code, 0) }
    for (index, part) in table.decomposition(of: code, compatibly: compatibly).enumerated() {
      append(part, index == 0 ? 0 : 1)
    }
  }

  /// Sorts each stretch of combining marks by class, keeping the order within a class.
  private mutating func order() {
    var start = 0
    while start < run.count {
      guard run[start].combiningClass != 0 else {
        start += 1
        continue
      }
      let end = run[start...].firstIndex { $0.combiningClass == 0 } ?? run.count
      // Classes and places together are unique, so any sort keeps the order within a class; a stretch is
      // seldom longer than three.
      let sorted = run[start..<end].enumerated().sorted {
        ($0.element.combiningClass, $0.offset) < ($1.element.combiningClass, $1.offset)
      }
      for (index, mark) in sorted.enumerated() { run[start + index] = mark.element }
      start = end
    }
  }

  /// Composes each mark with the last starter unless a mark of its own class or a higher one is between.
  private mutating func compose() {
    composed.removeAll(keepingCapacity: true)
    var starter: Int?
    var lastClass: UInt8?
    for (code, combiningClass, change) in run {
      if let starter, lastClass.map({ $0 < combiningClass }) ?? true,
        let composite = table.composition(composed[starter].code, code)
      {
        composed[starter].code = composite
        composed[starter].change += change - 1
        continue
      }
      composed.append((code, change))
      if combiningClass == 0 {
        starter = composed.count - 1
        lastClass = nil
      } else if starter != nil {
        lastClass = combiningClass
      }
    }
  }
}
