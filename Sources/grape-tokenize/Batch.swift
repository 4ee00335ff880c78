import Commands

/// Portions of records, each of which one thread works on, written in the order in which they came.
final class Batch {
  /// Different ones may be worked on at the same time.
  let portions: UnsafeMutablePointer<Portion>
  /// How many portions have records; the last of them takes more.
  private(set) var count = 0
  private let capacity: Int
  /// Bytes that the last portion may still take.
  private var room = 0

  /// Bytes of records in a portion: threads that have none left do not wait long for the others.
  private static let portionSize = 1 << 14

  init(portions capacity: Int, separator: UInt8) {
    self.capacity = capacity
    portions = .allocate(capacity: capacity)
    for index in 0..<capacity { (portions + index).initialize(to: Portion(separator: separator)) }
  }

  deinit {
    portions.deinitialize(count: capacity)
    portions.deallocate()
  }

  var isFull: Bool { count == capacity && room <= 0 }

  /// Takes a record; the batch must not be full.
  func append(_ line: SourceLine) {
    if room <= 0 {
      count += 1
      room = Self.portionSize
    }
    portions[count - 1].append(line)
    room -= line.bytes.count
  }

  func removeAll() {
    for index in 0..<count { portions[index].removeAll() }
    count = 0
    room = 0
  }

  /// Writes what the records have become, and reports those that are bad.
  ///
  /// - Throws: an error of writing; with `--strict` the end of the run, at the first bad record.
  func write(to filter: Filter, _ writer: inout RecordWriter) throws {
    for index in 0..<count { try portions[index].write(to: filter, &writer) }
  }
}
