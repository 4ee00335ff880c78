import Streams

/// Where the records that may be picked are: those of regular files stay there, those
/// of pipes are kept in a spool.
///
/// A record's place is a number that changes only in `compact`, and places rise in the order of the input.
/// Reading at rising places is one pass over files and spool.
final class RecordStore {
  /// A stretch of places: those of records from one file, or of records that are kept one after the other.
  private struct Segment {
    /// The place of the segment's first byte.
    let start: Int
    /// What a record's offset in the file or in the spool is less than its place by.
    let shift: Int
    /// Nil: the records are in the spool.
    let file: InputFile?
  }

  private let spool: Spool
  private var segments: [Segment] = []
  private var files = 0
  /// Where the segments end.
  private var end = 0
  /// The segment that is read from, and its file.
  private var current = 0
  private var reader: PieceReader?

  /// Records of further files are kept in the spool: there is a limit to the number of open files.
  private static let mostFiles = 64

  /// Makes an empty store.
  ///
  /// - Parameters:
  ///   - memoryLimit: bytes of records to keep in memory.
  ///   - chunkSize: bytes to take from the system at a time.
  init(memoryLimit: Int, chunkSize: Int) {
    spool = Spool(memoryLimit: memoryLimit, chunkSize: chunkSize)
  }

  /// Bytes of records that are in a temporary file.
  var spilled: Int { spool.spilled }

  /// Takes in a record that comes after all others.
  ///
  /// - Parameters:
  ///   - place: where the record is, if it can be read again; nil: it is kept.
  ///   - parts: what is kept otherwise, the parts one after the other.
  /// - Returns: the record's place, and how many bytes are there.
  func append(
    at place: FilePlace?, _ record: UnsafeRawBufferPointer,
    orKeeping parts: (head: UnsafeRawBufferPointer, tail: UnsafeRawBufferPointer)
  ) throws(IOError) -> (place: Int, count: Int) {
    if let place, beginSegment(of: place.file) {
      let start = place.offset + segments[segments.count - 1].shift
      end = start + record.count
      return (start, record.count)
    }
    if segments.last.map({ $0.file != nil }) ?? true {
      segments.append(Segment(start: end, shift: end - spool.count, file: nil))
    }
    let count = parts.head.count + parts.tail.count
    let start = try spool.append(parts.head, parts.tail) + segments[segments.count - 1].shift
    end = start + count
    return (start, count)
  }

  /// Sees to it that the last segment is the file's; false where the file is one too many.
  private func beginSegment(of file: InputFile) -> Bool {
    if let last = segments.last, last.file === file { return true }
    guard files < Self.mostFiles else { return false }
    files += 1
    spool.fix()
    segments.append(Segment(start: end, shift: end - file.start, file: file))
    return true
  }

  /// The bytes of a record, valid until the next call, and the file that they were read from again.
  ///
  /// - Returns: nil bytes where the file has become too short.
  func read(_ place: Int, count: Int) throws(IOError) -> (bytes: UnsafeRawBufferPointer?, file: InputFile?) {
    find(place)
    let segment = segments[current]
    guard let file = segment.file else {
      return (try spool.read(place - segment.shift, count: count), nil)
    }
    let reader = self.reader ?? PieceReader(file)
    self.reader = reader
    return (try reader.read(place - segment.shift, count: count), file)
  }

  /// Makes the segment that holds `place` the current one.
  private func find(_ place: Int) {
    let before = current
    if place < segments[current].start { current = 0 }
    while current + 1 < segments.count, segments[current + 1].start <= place { current += 1 }
    if current != before { reader = nil }
  }

  // MARK: Taking out

  /// Leaves all records where they are from now on.
  func fix() { spool.fix() }

  /// Says that a record will not be read.
  func release(_ place: Int, count: Int) {
    guard let last = segments.last, last.file == nil, place >= last.start else { return }
    spool.release(place - last.shift, count: count)
  }

  /// Whether there are so many records in memory that will not be read that `compact` pays.
  var isWasteful: Bool { spool.isWasteful }

  /// Where the records begin that can be moved.
  var movableStart: Int { spool.movableStart + (segments.last?.shift ?? 0) }

  /// Moves together the records in memory that are still wanted.
  ///
  /// - Parameter records: all that are wanted from `movableStart` on, in the order of their places.
  /// - Returns: their new places, in the same order.
  func compact(_ records: [(place: Int, count: Int)]) -> [Int] {
    guard let last = segments.last, last.file == nil else { return records.map(\.place) }
    let moved = spool.compact(records.map { ($0.place - last.shift, $0.count) })
    end = spool.count + last.shift
    return moved.map { $0 + last.shift }
  }

  /// Forgets everything but one chunk of memory.
  func removeAll() {
    segments.removeAll(keepingCapacity: true)
    (files, end, current, reader) = (0, 0, 0, nil)
    spool.removeAll()
  }
}
