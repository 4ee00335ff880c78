/// Appends JSON to a byte array: compact, without white space.
///
/// Commas and colons between the parts of a container are put by the writer; every other call appends one value.
///
///     var writer = JSONWriter()
///     writer.beginObject()
///     writer.name("score"); writer.double(-0.25)
///     writer.name("tokens"); writer.array([1, 2, 3])
///     writer.endObject()                     // {"score":-0.25,"tokens":[1,2,3]}
package struct JSONWriter {
  /// What has been written. It may be appended to, and emptied to start again (`removeAll(keepingCapacity:)`).
  package var bytes: [UInt8]

  package init() { bytes = [] }

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
    separate()
    bytes.append(ASCII.quote)
    bytes.append(literal: name)
    bytes.append(literal: "\":")
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
    separate()
    appendDecimal(value, to: &bytes)
  }

  /// The shortest decimal that reads back as the same double. A value that is not finite has no form in JSON; it is
  /// written as `null`.
  package mutating func double(_ value: Double) {
    guard value.isFinite else { return null() }
    separate()
    bytes.append(contentsOf: value.description.utf8)
  }

  /// The shortest decimal that reads back as the same float; not finite, `null`.
  package mutating func float(_ value: Float) {
    guard value.isFinite else { return null() }
    separate()
    bytes.append(contentsOf: value.description.utf8)
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
    bytes.append(contentsOf: value)
  }

  /// A string of a number's 16 hexadecimal digits.
  package mutating func hexadecimal(_ value: UInt64) {
    separate()
    bytes.append(ASCII.quote)
    for index in 0..<16 { appendHexDigit(value >> UInt64(60 - 4 * index) & 15, to: &bytes) }
    bytes.append(ASCII.quote)
  }

  /// An array of integers.
  package mutating func array(_ values: [UInt32]) {
    beginArray()
    values.withUnsafeBufferPointer { appendDecimals($0, to: &bytes) }
    endArray()
  }

  /// A half-open range as an array of its two bounds.
  package mutating func range(_ range: Range<Int>) {
    beginArray()
    int(range.lowerBound)
    int(range.upperBound)
    endArray()
  }

  private mutating func word(_ word: StaticString) {
    separate()
    bytes.append(literal: word)
  }

  /// Puts the comma that a value or name needs after another one. Whatever ends a value or a container is no `{`, `[`
  /// `,` or `:`, and a line or NUL byte after a record begins afresh.
  private mutating func separate() {
    switch bytes.last {
    case nil, ASCII.leftBrace, ASCII.leftBracket, ASCII.comma, ASCII.colon, ASCII.lineFeed, 0: break
    default: bytes.append(ASCII.comma)
    }
  }
}
