/// A value of a parsed JSON text: a view of its bytes and of the parser's tape.
///
/// Copying one costs nothing and owns nothing. It is valid as long as what the parser's `parse` returned:
/// until the parser parses again, while the text lives.
@usableFromInline package struct JSONValue {
  @usableFromInline package enum Kind: UInt8, Sendable {
    case null, `false`, `true`, number, string, array, object
  }

  @usableFromInline let text: UnsafeRawPointer
  @usableFromInline let tape: UnsafePointer<JSONNode>
  @usableFromInline let index: Int

  @inlinable
  init(text: UnsafeRawPointer, tape: UnsafePointer<JSONNode>, index: Int) {
    self.text = text
    self.tape = tape
    self.index = index
  }

  @inlinable var node: JSONNode { tape[index] }

  @inlinable @inline(__always)
  package var kind: Kind {
    switch text.load(fromByteOffset: Int(node.start), as: UInt8.self) {
    case ASCII.quote: .string
    case ASCII.leftBrace: .object
    case ASCII.leftBracket: .array
    case ASCII.lowerT: .true
    case ASCII.lowerF: .false
    case ASCII.lowerN: .null
    default: .number
    }
  }

  /// The value's exact bytes in the text; a string's include its quotes.
  @inlinable
  package var raw: UnsafeRawBufferPointer {
    let node = node
    return UnsafeRawBufferPointer(start: text + Int(node.start), count: Int(node.end - node.start))
  }

  /// Where `raw` lies in the text, in bytes from its beginning.
  @inlinable
  package var range: Range<Int> {
    let node = node
    return Int(node.start)..<Int(node.end)
  }

  /// Of a member's name: the bytes from it to the end of the member's value.
  package func rawThrough(_ value: JSONValue) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: text + Int(node.start), count: Int(value.node.end - node.start))
  }

  /// Whether both are the same place of one text.
  package func isSame(as other: JSONValue) -> Bool { index == other.index && tape == other.tape }

  /// The number of elements of an array or of members of an object; otherwise 0.
  ///
  /// - Complexity: O(1) for an array, O(number of members) for an object.
  @inlinable
  package var count: Int {
    switch kind {
    case .array: Int(node.inside)
    case .object: members.reduce(0) { count, _ in count + 1 }
    default: 0
    }
  }

  /// The member called `name` of an object, the last one of several; nil if there is
  /// none, or this is no object.
  ///
  /// - Complexity: O(number of members), O(1) for most names that there are not; nothing in the members'
  ///   values is visited.
  @inlinable @inline(__always)
  package subscript(_ name: StaticString) -> JSONValue? {
    member(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
  }

  /// The member called `key` of an object, as `self[_:]` finds it.
  package subscript(key key: String) -> JSONValue? {
    var key = key
    return key.withUTF8 { member(UnsafeRawBufferPointer($0)) }
  }

  /// The member whose decoded name is `name`, as `self[_:]` finds it.
  @inlinable @inline(__always)
  package func member(_ name: UnsafeRawBufferPointer) -> JSONValue? {
    guard kind == .object, hasMember(inSetOf: name) else { return nil }
    return lastMember(name)
  }

  /// False where an object has no member called `name`; true where it may have one. At a glance.
  func mayHaveMember(_ name: StaticString) -> Bool {
    hasMember(inSetOf: UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
  }

  /// Whether an object has a member whose name is in the same set as `name` (see `JSONNode.nameSet`).
  @inlinable @inline(__always)
  func hasMember(inSetOf name: UnsafeRawBufferPointer) -> Bool {
    // Behind the opening quote of an empty name is the closing one.
    node.inside & JSONNode.nameSet(length: name.count, first: name.first ?? ASCII.quote) != 0
  }

  /// The last of an object's members whose decoded name is `name`.
  @usableFromInline
  func lastMember(_ name: UnsafeRawBufferPointer) -> JSONValue? {
    var found = 0
    // Names of another length are passed over at a glance: a string without escapes
    // is its text and two quotes.
    let length = UInt32(truncatingIfNeeded: name.count + 2)
    let end = Int(node.next)
    var place = index + 1
    while place < end {
      let key = tape[place]
      if key.end &- key.start == length || key.inside != 0,
        JSONValue(text: text, tape: tape, index: place).equals(name)
      {
        found = place + 1
      }
      place = Int(tape[place + 1].next)
    }
    return found > 0 ? JSONValue(text: text, tape: tape, index: found) : nil
  }

  /// The element at `position` of an array; nil if it has none there, or this is no array.
  ///
  /// - Complexity: O(`position`).
  package func element(_ position: Int) -> JSONValue? {
    guard position >= 0, position < count, kind == .array else { return nil }
    var elements = elements
    for _ in 0..<position { _ = elements.next() }
    return elements.next()
  }

  /// The elements of an array in order; of any other value, none.
  @inlinable
  package var elements: Elements { Elements(of: self) }

  /// The members of an object in order, duplicates too; of any other value, none.
  @inlinable
  package var members: Members { Members(of: self) }

  /// The elements of an array.
  @usableFromInline package struct Elements: Sequence, IteratorProtocol {
    @usableFromInline let array: JSONValue
    @usableFromInline var index: Int
    @usableFromInline let end: Int

    @inlinable
    init(of value: JSONValue) {
      array = value
      index = value.index + 1
      end = value.kind == .array ? Int(value.node.next) : index
    }

    @inlinable
    package mutating func next() -> JSONValue? {
      guard index < end else { return nil }
      let value = JSONValue(text: array.text, tape: array.tape, index: index)
      index = Int(value.node.next)
      return value
    }
  }

  /// The members of an object.
  @usableFromInline package struct Members: Sequence, IteratorProtocol {
    @usableFromInline let object: JSONValue
    @usableFromInline var index: Int
    @usableFromInline let end: Int

    @inlinable
    init(of value: JSONValue) {
      object = value
      index = value.index + 1
      end = value.kind == .object ? Int(value.node.next) : index
    }

    @inlinable
    package mutating func next() -> (key: JSONValue, value: JSONValue)? {
      guard index < end else { return nil }
      let key = JSONValue(text: object.text, tape: object.tape, index: index)
      let value = JSONValue(text: object.text, tape: object.tape, index: index + 1)
      index = Int(value.node.next)
      return (key, value)
    }
  }
}
