import Streams

/// What records become.
struct RecordOutput: ~Copyable {
  /// The records, each with its separator.
  var bytes: ByteBuffer

  /// The records, where those that say the same as an earlier one are to be left out; otherwise empty.
  private var contents: [Content] = []

  private let separator: UInt8

  /// A record.
  struct Content {
    /// A hash of its group and its response.
    let key: UInt128
    /// Where the record ends, its separator included.
    let end: Int
  }

  init(separator: UInt8, capacity: Int = 1 << 12) {
    self.separator = separator
    bytes = ByteBuffer(capacity: capacity)
  }

  mutating func endRecord() { bytes.append(separator) }

  /// Notes what the record just appended says.
  mutating func noteContent(_ key: UInt128) { contents.append(Content(key: key, end: bytes.count)) }

  /// The records that end in a part of the output, where they have been noted.
  func contents(in range: Range<Int>) -> ArraySlice<Content> {
    contents.drop { $0.end <= range.lowerBound }.prefix { $0.end <= range.upperBound }
  }

  mutating func removeAll() {
    // What records of uncommon length have needed is given back.
    bytes.removeAll(keepingAtMost: 1 << 22)
    contents.removeAll(keepingCapacity: true)
  }
}
