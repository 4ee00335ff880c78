/// A string of a template, in UTF-8, that knows which of its bytes come from the messages' contents.
///
/// Every operation of templates on strings keeps the marks: what is cut out of a content, trimmed, replaced
/// or joined to something else is still the content's as far as it was. So the response is found in the
/// rendered text without looking for its characters.
struct JinjaText: Hashable {
  /// A range of bytes that come from a message's content.
  struct Mark: Hashable {
    var start: Int
    var end: Int
    /// The message's place in the conversation.
    var message: Int
  }

  private(set) var bytes: [UInt8]
  /// In order and apart.
  private(set) var marks: [Mark] = []
  /// Whether it is HTML by what `safe` or `escape` says: text that is joined to it is escaped.
  var isMarkup = false

  init(_ bytes: [UInt8] = []) { self.bytes = bytes }

  init(_ text: String) { bytes = Array(text.utf8) }

  /// The content of a message.
  init(_ bytes: [UInt8], message: Int) {
    self.bytes = bytes
    if !bytes.isEmpty { marks = [Mark(start: 0, end: bytes.count, message: message)] }
  }

  /// Equal texts have equal bytes, wherever they come from.
  static func == (first: JinjaText, second: JinjaText) -> Bool { first.bytes == second.bytes }

  func hash(into hasher: inout Hasher) { hasher.combine(bytes) }

  var string: String { String(decoding: bytes, as: UTF8.self) }

  var isEmpty: Bool { bytes.isEmpty }

  mutating func append(_ other: JinjaText) {
    let offset = bytes.count
    bytes += other.bytes
    for mark in other.marks { append(mark, offset: offset) }
  }

  mutating func append(_ other: [UInt8]) { bytes += other }

  private mutating func append(_ mark: Mark, offset: Int) {
    let start = mark.start + offset
    if let last = marks.last, last.end == start, last.message == mark.message {
      marks[marks.count - 1].end = mark.end + offset
    } else {
      marks.append(Mark(start: start, end: mark.end + offset, message: mark.message))
    }
  }

  /// The bytes in a range, with their marks.
  subscript(_ range: Range<Int>) -> JinjaText {
    if range.count == bytes.count { return self }
    var result = JinjaText(Array(bytes[range]))
    for mark in marks[firstMark(endingPast: range.lowerBound)...] {
      guard mark.start < range.upperBound else { break }
      result.marks.append(
        Mark(
          start: max(mark.start, range.lowerBound) - range.lowerBound,
          end: min(mark.end, range.upperBound) - range.lowerBound, message: mark.message))
    }
    return result
  }

  /// The first mark that ends past a place. O(log n).
  private func firstMark(endingPast place: Int) -> Int {
    var low = 0
    var high = marks.count
    while low < high {
      let middle = (low + high) / 2
      if marks[middle].end > place { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// The text with `transform` done to each part that has one mark, or none.
  func mapParts(_ transform: (String) -> String) -> JinjaText {
    guard !marks.isEmpty else { return JinjaText(transform(string)) }
    var result = JinjaText()
    var position = 0
    func part(_ range: Range<Int>) -> [UInt8] {
      Array(transform(String(decoding: bytes[range], as: UTF8.self)).utf8)
    }
    for mark in marks {
      result.append(part(position..<mark.start))
      result.append(JinjaText(part(mark.start..<mark.end), message: mark.message))
      position = mark.end
    }
    result.append(part(position..<bytes.count))
    return result
  }

  // MARK: Characters

  /// Whether bytes and characters are the same thing.
  var isASCII: Bool { bytes.allSatisfy { $0 < 0x80 } }

  /// Code points, which is what Python counts.
  var characterCount: Int { bytes.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) } }

  /// Where each character begins, and the end.
  var characterOffsets: [Int] { bytes.indices.filter { bytes[$0] & 0xC0 != 0x80 } + [bytes.count] }

  var characters: [JinjaText] {
    let offsets = characterOffsets
    return zip(offsets, offsets.dropFirst()).map { self[$0..<$1] }
  }

  // MARK: Searching

  /// Where `pattern` first occurs from `start` on; an empty one at once.
  func firstIndex(of pattern: [UInt8], from start: Int = 0) -> Int? {
    guard let first = pattern.first else { return start <= bytes.count ? start : nil }
    var here = start
    let last = bytes.count - pattern.count
    return bytes.withUnsafeBufferPointer { bytes in
      while here <= last {
        if bytes[here] == first, bytes[here..<here + pattern.count].elementsEqual(pattern) { return here }
        here += 1
      }
      return nil
    }
  }

  func lastIndex(of pattern: [UInt8]) -> Int? {
    var here = bytes.count - pattern.count
    while here >= 0 {
      if bytes[here..<here + pattern.count].elementsEqual(pattern) { return here }
      here -= 1
    }
    return nil
  }

  // MARK: Trimming, splitting and replacing

  /// The text without the characters of a set, or white space, at its ends.
  func stripped(_ set: JinjaText? = nil, left: Bool, right: Bool) -> JinjaText {
    let members = set.map { Set($0.string.unicodeScalars) }
    func goes(_ scalar: Unicode.Scalar) -> Bool { members?.contains(scalar) ?? Self.isSpace(scalar) }
    let scalars = string.unicodeScalars
    var start = 0
    var end = bytes.count
    if left {
      for scalar in scalars {
        guard goes(scalar) else { break }
        start += UTF8.width(scalar)
      }
    }
    if right {
      for scalar in scalars.reversed() {
        guard end > start, goes(scalar) else { break }
        end -= UTF8.width(scalar)
      }
    }
    return self[start..<max(start, end)]
  }

  /// Python's `str.isspace`.
  static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
  }

  /// The parts between occurrences of `separator`, which is not empty; at most `limit`
  /// are cut at, from either end.
  func split(_ separator: [UInt8], limit: Int, fromEnd: Bool = false) -> [JinjaText] {
    var places: [Int] = []
    if fromEnd {
      var end = bytes.count
      while places.count < limit, let place = self[0..<end].lastIndex(of: separator) {
        places.append(place)
        end = place
      }
      places.reverse()
    } else {
      var start = 0
      while places.count < limit, let place = firstIndex(of: separator, from: start) {
        places.append(place)
        start = place + separator.count
      }
    }
    var parts: [JinjaText] = []
    var start = 0
    for place in places {
      parts.append(self[start..<place])
      start = place + separator.count
    }
    return parts + [self[start..<bytes.count]]
  }

  /// The words between white space; at most `limit` cuts, from either end, after which the rest is one part.
  func splitWords(limit: Int, fromEnd: Bool = false) -> [JinjaText] {
    var words: [Range<Int>] = []
    var start: Int?
    var position = 0
    for scalar in string.unicodeScalars {
      if Self.isSpace(scalar) {
        if let begun = start { words.append(begun..<position) }
        start = nil
      } else if start == nil {
        start = position
      }
      position += UTF8.width(scalar)
    }
    if let start { words.append(start..<position) }
    guard words.count > limit else { return words.map { self[$0] } }
    // What is not cut keeps its white space at the far end.
    if fromEnd {
      let first = words.count - limit
      return [self[0..<words[first - 1].upperBound]] + words[first...].map { self[$0] }
    }
    return words[..<limit].map { self[$0] } + [self[words[limit].lowerBound..<bytes.count]]
  }

  /// The text with `old` replaced, at most `limit` times, the first ones.
  func replacing(_ old: [UInt8], with new: JinjaText, limit: Int) throws(JinjaError) -> JinjaText {
    var result = JinjaText()
    var start = 0
    var count = 0
    func check() throws(JinjaError) {
      guard result.bytes.count <= JinjaLimits.size else { throw JinjaError("a string grows too long") }
    }
    if old.isEmpty {
      for character in characters where count < limit {
        result.append(new)
        result.append(character)
        start += character.bytes.count
        count += 1
        try check()
      }
      if count < limit { result.append(new) }
      result.append(self[start..<bytes.count])
      return result
    }
    while count < limit, let place = firstIndex(of: old, from: start) {
      result.append(self[start..<place])
      // What stands for a part of a content is the content's.
      let index = firstMark(endingPast: place)
      if index < marks.count, marks[index].start <= place, marks[index].end >= place + old.count {
        result.append(JinjaText(new.bytes, message: marks[index].message))
      } else {
        result.append(new)
      }
      start = place + old.count
      count += 1
      try check()
    }
    if count == 0 { return self }
    result.append(self[start..<bytes.count])
    return result
  }

  /// The lines, without their ends or with them.
  func lines(keepingEnds: Bool) -> [JinjaText] {
    var lines: [JinjaText] = []
    var start = 0
    var position = 0
    let scalars = Array(string.unicodeScalars)
    for (index, scalar) in scalars.enumerated() {
      position += UTF8.width(scalar)
      let ends = [0x0A, 0x0B, 0x0C, 0x0D, 0x1C, 0x1D, 0x1E, 0x85, 0x2028, 0x2029].contains(scalar.value)
      // CR LF is one end.
      let isPair = scalar.value == 0x0D && index + 1 < scalars.count && scalars[index + 1].value == 0x0A
      guard ends, !isPair else { continue }
      var width = UTF8.width(scalar)
      if scalar.value == 0x0A, index > 0, scalars[index - 1].value == 0x0D { width += 1 }
      lines.append(self[start..<(keepingEnds ? position : position - width)])
      start = position
    }
    if start < bytes.count { lines.append(self[start..<bytes.count]) }
    return lines
  }
}
