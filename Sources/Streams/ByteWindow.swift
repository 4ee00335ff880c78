/// The part of an input that is in memory: a buffer whose bytes from `start` to `end` have
/// been read and not yet used.
///
/// Invariant: `0 ≤ start ≤ end ≤ capacity`. Bytes move only in `fill()`, so pointers into
/// the window live until then.
struct ByteWindow: ~Copyable {
  private(set) var base: UnsafeMutableRawPointer
  private(set) var start = 0
  private(set) var end = 0
  private var capacity: Int

  /// The least room a read is given: less, and the window is moved to the front or grown first.
  private static let leastRead = 1 << 16

  init(capacity: Int = 1 << 17) {
    self.capacity = capacity
    base = .allocate(byteCount: capacity, alignment: 64)
  }

  deinit { base.deallocate() }

  var count: Int { end - start }

  /// The first unused byte.
  var first: UnsafeMutableRawPointer { base + start }

  /// Marks the first `length` bytes as used.
  mutating func drop(_ length: Int) { start += length }

  /// Reads more bytes behind those there are; false at the end of the input.
  ///
  /// Amortized linear in the bytes read, however small the reads and long the records: the window moves only
  /// when at least half the buffer lies before it, and doubles otherwise.
  mutating func fill(from file: InputFile) throws(IOError) -> Bool {
    if start == end {
      start = 0
      end = 0
    } else if capacity - end < Self.leastRead {
      if start >= capacity / 2 {
        base.copyMemory(from: first, byteCount: count)
        end -= start
        start = 0
      } else {
        grow()
      }
    }
    let room = UnsafeMutableRawBufferPointer(start: base + end, count: capacity - end)
    let read = try file.read(into: room)
    end += read
    return read > 0
  }

  private mutating func grow() {
    let larger = UnsafeMutableRawPointer.allocate(byteCount: 2 * capacity, alignment: 64)
    larger.copyMemory(from: first, byteCount: count)
    base.deallocate()
    base = larger
    capacity *= 2
    end -= start
    start = 0
  }
}
