/// One entry of the parser's tape: where a value or a member's name lies in the text.
///
/// The tape lists values in the order of the text (pre-order). An array's node is followed by its elements,
/// an object's by name, value, name, value…; `next` leaps over them. A node's kind is told by the first byte
/// of its text, so it is not stored.
@usableFromInline
struct JSONNode {
  /// Offset of the value's first byte; of a string, its opening quote.
  @usableFromInline var start: UInt32

  /// Offset past the value's last byte. Unset while a container is open.
  @usableFromInline var end: UInt32

  /// Index of the node after this value and everything in it. While a container is open: the index of the
  /// container around it.
  @usableFromInline var next: UInt32

  /// What is inside. Of an array, how many elements; of an object, the set of its members' names (see
  /// `nameSet`); of a string, 1 if it holds an escape. Otherwise 0.
  @usableFromInline var inside: UInt32

  @inlinable
  init(start: UInt32, end: UInt32, next: UInt32, inside: UInt32 = 0) {
    self.start = start
    self.end = end
    self.next = next
    self.inside = inside
  }

  /// The set, one of 32, that a name without escapes is in, by its length and the byte behind its opening
  /// quote. Most names that an object does not have are in none of its names' sets: it need not be searched.
  @inlinable
  static func nameSet(length: Int, first: UInt8) -> UInt32 {
    1 &<< (UInt32(truncatingIfNeeded: length) &* 5 &+ UInt32(first))
  }

  /// The sets of a name with escapes, which may be any: all of them.
  @inlinable static var everyNameSet: UInt32 { .max }
}
