/// A strict parser of JSON (RFC 8259): one value, optional white space around it, nothing else.
///
/// It checks all of it: UTF-8, escapes and their surrogate pairs, the spelling of numbers, depth. It converts
/// nothing: the result is a tape of offsets into the text, and values are decoded when asked for. The tape is
/// reused, so that a parser that has seen its longest record allocates no more. One parser serves one thread.
///
///     var parser = JSONParser()
///     let record = try parser.parse(line.bytes)
///     let score = record["grape"]?["score"]?.double
///
/// - Complexity: O(n) time for n bytes; 16 bytes of tape for each value and each member name.
package struct JSONParser: ~Copyable {
  private let maximumDepth: Int
  private var tape: UnsafeMutablePointer<JSONNode>
  private var capacity: Int
  private var count = 0

  /// - Parameter maximumDepth: how many containers may enclose each other; a deeper text is an error.
  package init(maximumDepth: Int = 256) {
    self.maximumDepth = maximumDepth
    capacity = 256
    tape = .allocate(capacity: capacity)
  }

  deinit { tape.deallocate() }

  /// Parses `text`, which must be one JSON value.
  ///
  /// The result points into `text` and into the parser: it is valid until the next `parse`, and no longer
  /// than the text and the parser live. The text may end anywhere: no byte past it is read.
  ///
  /// - Throws: `JSONError` at the first byte that no valid text could have there.
  package mutating func parse(_ text: UnsafeRawBufferPointer) throws(JSONError) -> JSONValue {
    guard let base = text.baseAddress, !text.isEmpty else { throw JSONError(.empty, at: 0) }
    guard text.count < UInt32.max else { throw JSONError(.tooLong, at: 0) }
    let scanner = JSONScanner(start: base, end: base + text.count)
    count = 0
    try build(scanner)
    return JSONValue(text: base, tape: UnsafePointer(tape), index: 0)
  }

  private mutating func build(_ scanner: JSONScanner) throws(JSONError) {
    var at = scanner.skipSpace(scanner.start)
    guard at < scanner.end else { throw JSONError(.empty, at: 0) }
    var container = Self.none  // the innermost open container's node
    var inObject = false  // whether that is an object
    var depth = 0

    value: while true {
      // A value begins at `at`, or the text is at its end.
      guard at < scanner.end else { throw scanner.error(.unexpectedEnd, at) }
      let byte = scanner.byte(at)
      switch byte {
      case ASCII.quote:
        at = try appendString(scanner, at)
      case ASCII.leftBrace, ASCII.leftBracket:
        guard depth < maximumDepth else { throw scanner.error(.tooDeep, at) }
        depth += 1
        let opened = UInt32(truncatingIfNeeded: count)
        append(JSONNode(start: scanner.offset(at), end: 0, next: container))
        container = opened
        inObject = byte == ASCII.leftBrace
        at = scanner.skipSpace(at + 1)
        guard at < scanner.end else { throw scanner.error(.unexpectedEnd, at) }
        if scanner.byte(at) != (inObject ? ASCII.rightBrace : ASCII.rightBracket) {
          if inObject { at = try appendName(scanner, at, to: container) }
          continue value
        }
        container = close(container, at: scanner.offset(at) + 1)
        inObject = isObject(container, scanner)
        depth -= 1
        at += 1
      default:
        let end = try scanner.scalarEnd(at)
        append(
          JSONNode(
            start: scanner.offset(at), end: scanner.offset(end), next: UInt32(truncatingIfNeeded: count + 1)))
        at = end
        if !inObject, container != Self.none { at = try appendNumbers(scanner, at, to: container) }
      }

      // A value has ended before `at`: close containers until one goes on.
      while container != Self.none {
        if !inObject { tape[Int(container)].inside &+= 1 }
        at = scanner.skipSpace(at)
        guard at < scanner.end else { throw scanner.error(.unexpectedEnd, at) }
        let byte = scanner.byte(at)
        if byte == ASCII.comma {
          at = scanner.skipSpace(at + 1)
          if inObject { at = try appendName(scanner, at, to: container) }
          continue value
        }
        guard byte == (inObject ? ASCII.rightBrace : ASCII.rightBracket) else {
          throw scanner.error(inObject ? .expectedCommaOrBrace : .expectedCommaOrBracket, at)
        }
        container = close(container, at: scanner.offset(at) + 1)
        inObject = isObject(container, scanner)
        depth -= 1
        at += 1
      }
      at = scanner.skipSpace(at)
      guard at == scanner.end else { throw scanner.error(.trailingBytes, at) }
      return
    }
  }

  /// The index that no node has.
  private static var none: UInt32 { .max }

  /// Ends the open container and returns the one around it.
  @inline(__always)
  private mutating func close(_ container: UInt32, at end: UInt32) -> UInt32 {
    let node = tape + Int(container)
    let outer = node.pointee.next
    node.pointee.end = end
    node.pointee.next = UInt32(truncatingIfNeeded: count)
    return outer
  }

  @inline(__always)
  private func isObject(_ container: UInt32, _ scanner: JSONScanner) -> Bool {
    container != Self.none
      && scanner.byte(scanner.start + Int(tape[Int(container)].start)) == ASCII.leftBrace
  }

  /// Appends the string whose opening quote is at `at`; returns where it ends.
  @inline(__always)
  private mutating func appendString(
    _ scanner: JSONScanner, _ at: UnsafeRawPointer
  ) throws(JSONError) -> UnsafeRawPointer {
    let (end, hasEscape) = try scanner.stringEnd(at)
    append(
      JSONNode(
        start: scanner.offset(at), end: scanner.offset(end), next: UInt32(truncatingIfNeeded: count + 1),
        inside: hasEscape ? 1 : 0))
    return end
  }

  /// Appends the numbers of an array that follow each other from the comma at `at` on, without white space;
  /// returns where they end. The last one is not counted yet, or the element before them if there are none.
  @inline(__always)
  private mutating func appendNumbers(
    _ scanner: JSONScanner, _ at: UnsafeRawPointer, to array: UInt32
  ) throws(JSONError) -> UnsafeRawPointer {
    var at = at
    let before = count
    while scanner.end - at >= 2, scanner.byte(at) == ASCII.comma, scanner.beginsNumber(at + 1) {
      let end = try scanner.numberEnd(at + 1)
      append(
        JSONNode(
          start: scanner.offset(at + 1), end: scanner.offset(end), next: UInt32(truncatingIfNeeded: count + 1)
        ))
      at = end
    }
    tape[Int(array)].inside &+= UInt32(truncatingIfNeeded: count - before)
    return at
  }

  /// Appends the name of an object's member at `at`; returns where its value begins.
  @inline(__always)
  private mutating func appendName(
    _ scanner: JSONScanner, _ at: UnsafeRawPointer, to object: UInt32
  ) throws(JSONError) -> UnsafeRawPointer {
    guard at < scanner.end else { throw scanner.error(.unexpectedEnd, at) }
    guard scanner.byte(at) == ASCII.quote else { throw scanner.error(.expectedKey, at) }
    let end = try appendString(scanner, at)
    tape[Int(object)].inside |=
      tape[count - 1].inside == 0
      ? JSONNode.nameSet(length: end - at - 2, first: scanner.byte(at + 1)) : JSONNode.everyNameSet
    let colon = scanner.skipSpace(end)
    guard colon < scanner.end else { throw scanner.error(.unexpectedEnd, colon) }
    guard scanner.byte(colon) == ASCII.colon else { throw scanner.error(.expectedColon, colon) }
    return scanner.skipSpace(colon + 1)
  }

  @inline(__always)
  private mutating func append(_ node: JSONNode) {
    if count == capacity { grow() }
    (tape + count).initialize(to: node)
    count += 1
  }

  @inline(never)
  private mutating func grow() {
    let larger = UnsafeMutablePointer<JSONNode>.allocate(capacity: 2 * capacity)
    larger.moveInitialize(from: tape, count: count)
    tape.deallocate()
    tape = larger
    capacity *= 2
  }
}
