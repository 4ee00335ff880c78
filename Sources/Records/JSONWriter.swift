import Streams

/// Appends JSON to a byte buffer: compact, without white space.
///
/// Commas and colons between the parts of a container are put by the writer; every other call appends one
/// value.
///
///     var writer = JSONWriter()
///     writer.beginObject()
///     writer.name("score"); writer.double(-0.25)
///     writer.name("tokens"); writer.array([1, 2, 3])
///     writer.endObject()                     // {"score":-0.25,"tokens":[1,2,3]}
package struct JSONWriter: ~Copyable {
  /// What has been written. It may be appended to, and emptied to start again.
  package var bytes: ByteBuffer

  /// - Parameter bytes: where it is written, behind what is there.
  package init(_ bytes: consuming ByteBuffer = ByteBuffer()) { self.bytes = bytes }

  /// Ends writing, and gives the bytes back.
  package consuming func finish() -> ByteBuffer { bytes }

  // MARK: Containers

  package mutating func beginObject() {
    separate()
    bytes.append(ASCII.leftBrace)
  }

  package mutating func endObject() { bytes.append(ASCII.rightBrace) }

  package mutating func beginArray() {
    separate()
    bytes.append(ASCII.leftBracket)
  }

  package mutating func endArray() { bytes.append(ASCII.rightBracket) }

  /// Begins a member of an object, whose name must need no escapes; its value must follow.
  package mutating func name(_ name: StaticString) {
    put(atMost: name.utf8CodeUnitCount + 3) { pen in
      pen.put(ASCII.quote)
      pen.put(name)
      pen.put(ASCII.quote)
      pen.put(ASCII.colon)
    }
  }

  /// Begins a member of an object; its value must follow.
  @_disfavoredOverload
  package mutating func name(_ name: String) {
    string(name)
    bytes.append(ASCII.colon)
  }

  // MARK: Values

  package mutating func null() { word("null") }

  package mutating func bool(_ value: Bool) { word(value ? "true" : "false") }

  package mutating func int(_ value: Int) {
    put(atMost: BytePen.longestDecimal) { pen in pen.put(decimal: value) }
  }

  /// The shortest decimal that reads back as the same double. A value that is not finite has no form in JSON;
  /// it is written as `null`.
  package mutating func double(_ value: Double) {
    guard value.isFinite else { return null() }
    separate()
    bytes.append(value.description)
  }

  /// The shortest decimal that reads back as the same float; not finite, `null`.
  package mutating func float(_ value: Float) {
    guard value.isFinite else { return null() }
    separate()
    bytes.append(value.description)
  }

  package mutating func string(_ text: String) {
    var text = text
    text.withUTF8 { string(UnsafeRawBufferPointer($0)) }
  }

  /// A string of valid UTF-8.
  package mutating func string(_ utf8: UnsafeRawBufferPointer) {
    separate()
    appendEscaped(utf8, to: &bytes)
  }

  /// A string of valid UTF-8.
  package mutating func string(_ utf8: [UInt8]) {
    utf8.withUnsafeBytes { string($0) }
  }

  /// Bytes that are one JSON value already, as they are.
  package mutating func raw(_ value: UnsafeRawBufferPointer) {
    separate()
    bytes.append(value)
  }

  /// A member of another object, spelled as it is there.
  package mutating func member(_ name: JSONValue, _ value: JSONValue) {
    raw(name.raw)
    bytes.append(ASCII.colon)
    raw(value.raw)
  }

  /// A string of a number's 16 hexadecimal digits.
  package mutating func hexadecimal(_ value: UInt64) {
    put(atMost: 18) { pen in
      pen.put(ASCII.quote)
      for index in 0..<16 { pen.put(hexadecimalDigit(value >> UInt64(60 - 4 * index) & 15)) }
      pen.put(ASCII.quote)
    }
  }

  /// An array of integers.
  package mutating func array(_ values: [UInt32]) {
    beginArray()
    elements(values[...])
    endArray()
  }

  /// Integers in an array that has begun.
  package mutating func elements(_ values: ArraySlice<UInt32>) {
    guard !values.isEmpty else { return }
    separate()
    values.withUnsafeBufferPointer { appendDecimals($0, to: &bytes) }
    // The comma behind the last.
    bytes.removeLast()
  }

  /// One value, as it is spelled, so many times in an array that has begun.
  package mutating func elements(repeating value: StaticString, count: Int) {
    guard count > 0 else { return }
    separate()
    for _ in 1..<count {
      bytes.append(literal: value)
      bytes.append(ASCII.comma)
    }
    bytes.append(literal: value)
  }

  /// A half-open range as an array of its two bounds.
  package mutating func range(_ range: Range<Int>) {
    put(atMost: 2 * BytePen.longestDecimal + 3) { pen in
      pen.put(ASCII.leftBracket)
      pen.put(decimal: range.lowerBound)
      pen.put(ASCII.comma)
      pen.put(decimal: range.upperBound)
      pen.put(ASCII.rightBracket)
    }
  }

  private mutating func word(_ word: StaticString) {
    separate()
    bytes.append(literal: word)
  }

  /// Appends a value or name of at most so many bytes, with the comma that it needs.
  @inline(__always)
  private mutating func put(atMost most: Int, _ write: (inout BytePen) -> Void) {
    let needsComma = needsComma
    bytes.write(atMost: most + 1) { pen in
      if needsComma { pen.put(ASCII.comma) }
      write(&pen)
    }
  }

  private mutating func separate() {
    if needsComma { bytes.append(ASCII.comma) }
  }

  /// Whether a value or name needs a comma before it. Whatever ends a value or a container is no `{`, `[`
  /// `,` or `:`, and a line or NUL byte after a record begins afresh.
  private var needsComma: Bool {
    switch bytes.last {
    case nil, ASCII.leftBrace, ASCII.leftBracket, ASCII.comma, ASCII.colon, ASCII.lineFeed, 0: false
    default: true
    }
  }
}
