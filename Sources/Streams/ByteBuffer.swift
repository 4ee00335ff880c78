/// Bytes that grow at their end, in memory that is reused: what records are decoded to and written into.
///
/// An array of bytes can do the same, and asks at each append whether somebody else has a copy of it. This
/// has one owner, and is asked for room and nothing else.
@usableFromInline package struct ByteBuffer: ~Copyable {
  @usableFromInline var base: UnsafeMutableRawPointer
  @usableFromInline var capacity: Int

  /// How many bytes there are.
  @usableFromInline package internal(set) var count = 0

  @inlinable
  package init(capacity: Int = 256) {
    self.capacity = max(capacity, 1)
    base = .allocate(byteCount: self.capacity, alignment: 16)
  }

  deinit { base.deallocate() }

  @inlinable package var isEmpty: Bool { count == 0 }

  @inlinable package var last: UInt8? {
    count == 0 ? nil : base.load(fromByteOffset: count &- 1, as: UInt8.self)
  }

  /// The bytes, valid until they change.
  @inlinable package var raw: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// The bytes at a range, valid until they change.
  @inlinable
  package subscript(range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: raw[range])
  }

  @inlinable
  package subscript(place: Int) -> UInt8 {
    get { raw[place] }
    set { UnsafeMutableRawBufferPointer(start: base, count: count)[place] = newValue }
  }

  /// Replaces the bytes at a place by those of an integer.
  @inlinable
  package mutating func store<Word: FixedWidthInteger>(_ word: Word, at place: Int) {
    UnsafeMutableRawBufferPointer(start: base, count: count).storeBytes(
      of: word, toByteOffset: place, as: Word.self)
  }

  // MARK: Appending

  @inlinable @inline(__always)
  package mutating func append(_ byte: UInt8) {
    if count == capacity { grow(1) }
    base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count &+= 1
  }

  @inlinable @inline(__always)
  package mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    room(bytes.count).copyMemory(from: source, byteCount: bytes.count)
    count &+= bytes.count
  }

  @inlinable
  package mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

  /// Appends a text in UTF-8.
  package mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  /// Appends a text of the program's own.
  @inlinable @inline(__always)
  package mutating func append(literal text: StaticString) {
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Appends what `write` stores at the place that it is given: no more bytes than `most`. It returns how
  /// many.
  @inlinable @inline(__always)
  package mutating func append(atMost most: Int, _ write: (UnsafeMutableRawPointer) -> Int) {
    count &+= write(room(most))
  }

  /// Puts bytes before the one at a place.
  package mutating func insert(_ bytes: [UInt8], at place: Int) {
    let next = room(bytes.count)
    let gap = UnsafeMutableRawBufferPointer(start: base, count: capacity)[place...]
    UnsafeMutableRawBufferPointer(rebasing: gap[(place + bytes.count)...]).copyMemory(
      from: UnsafeRawBufferPointer(start: base + place, count: next - (base + place)))
    UnsafeMutableRawBufferPointer(rebasing: gap).copyBytes(from: bytes)
    count += bytes.count
  }

  /// Where the next bytes come, with room for so many.
  @inlinable @inline(__always)
  mutating func room(_ more: Int) -> UnsafeMutableRawPointer {
    if capacity &- count < more { grow(more) }
    return base + count
  }

  @usableFromInline @inline(never)
  mutating func grow(_ more: Int) {
    move(toCapacity: max(2 * capacity, count + more))
  }

  private mutating func move(toCapacity newCapacity: Int) {
    let new = UnsafeMutableRawPointer.allocate(byteCount: newCapacity, alignment: 16)
    new.copyMemory(from: base, byteCount: count)
    base.deallocate()
    base = new
    capacity = newCapacity
  }

  // MARK: Removing

  /// Removes the last byte, if there is one.
  @inlinable
  package mutating func removeLast() { count = max(0, count &- 1) }

  /// Removes all bytes, and keeps the memory.
  @inlinable
  package mutating func removeAll() { count = 0 }

  /// Removes all bytes, and keeps the memory if it is no more than that of so many bytes.
  package mutating func removeAll(keepingAtMost limit: Int) {
    count = 0
    if capacity > limit { move(toCapacity: limit) }
  }
}
