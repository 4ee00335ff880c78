/// Puts texts into Normalization Form C and keeps track of where each byte comes from.
///
/// Offsets follow the reference: a character that is composed of several ends where the first of them does in the
/// original, and one that has been split off ends where the original character does.
struct Normalizer {
  private let table: NormalizationTable
  /// The normalized text.
  private(set) var bytes: [UInt8] = []
  /// For each byte of it, where its character ends in the original; within unchanged characters, the byte does.
  private(set) var ends: [UInt32] = []

  /// Characters between two places where nothing can compose: decomposed, then composed in place. `change` is the
  /// number of characters the result has more than the original here: 1 for a character split off from the one
  /// before, -n for one that n following characters went into.
  private var run: [(code: UInt32, combiningClass: UInt8, change: Int)] = []
  private var composed: [(code: UInt32, change: Int)] = []

  init(_ table: NormalizationTable) { self.table = table }

  /// Whether well-formed text is certain to be in the form already. O(n), 8 bytes a step below U+0300.
  func isNormalized(_ text: UnsafePointer<UInt8>, count: Int) -> Bool {
    var position = 0
    var lastClass: UInt8 = 0
    while position < count {
      if position + 8 <= count,
        UnsafeRawPointer(text + position).loadUnaligned(as: UInt64.self) & 0x8080_8080_8080_8080 == 0
      {
        position += 8
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

  /// Normalizes well-formed text into `bytes` and `ends`.
  ///
  /// - Parameters:
  ///   - text: the text.
  ///   - count: its length in bytes.
  ///   - offset: where the text begins in the original.
  mutating func normalize(_ text: UnsafePointer<UInt8>, count: Int, offset: Int) {
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    var position = 0
    while position < count {
      // Up to the next character that cannot compose with what is before it.
      let (first, length) = scalar(text + position)
      var stop = position + length
      var isAlone = !table[first].mayChange
      while stop < count {
        let (next, length) = scalar(text + stop)
        let properties = table[next]
        if properties.combiningClass == 0, !properties.mayChange { break }
        isAlone = false
        stop += length
      }
      if isAlone {
        for index in position..<stop { append(text[index], end: offset + index + 1) }
      } else {
        normalizeRun(text, position, stop, offset)
      }
      position = stop
    }
  }

  private mutating func append(_ byte: UInt8, end: Int) {
    bytes.append(byte)
    ends.append(UInt32(truncatingIfNeeded: end))
  }

  private mutating func normalizeRun(
    _ text: UnsafePointer<UInt8>, _ start: Int, _ stop: Int, _ offset: Int
  ) {
    run.removeAll(keepingCapacity: true)
    var position = start
    while position < stop {
      let (code, length) = scalar(text + position)
      decompose(code)
      position += length
    }
    order()
    compose()
    // Characters that have not been added stand for one original character and those that went into them.
    position = start
    for (code, change) in composed {
      let original = position < stop ? scalar(text + position) : (code: 0, count: 0)
      let isUnchanged = change == 0 && code == original.code
      let end = change > 0 ? position : position + original.count
      let (encoded, count) = utf8(code)
      withUnsafeBytes(of: encoded) { encoded in
        for index in 0..<count {
          append(encoded[index], end: offset + (isUnchanged ? position + index + 1 : end))
        }
      }
      for _ in 0..<max(0, 1 - change) where position < stop { position += scalar(text + position).count }
    }
  }

  /// Appends a character's full canonical decomposition to the run.
  private mutating func decompose(_ code: UInt32) {
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
    guard table[code].decomposes else { return append(code, 0) }
    for (index, part) in table.decomposition(of: code).enumerated() { append(part, index == 0 ? 0 : 1) }
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
