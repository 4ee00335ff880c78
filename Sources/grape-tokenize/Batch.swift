import Commands

/// Portions of records, each of which one thread works on, written in the order in which they came.
struct Batch {
  private var portions: [Portion]
  /// How many portions have records; the last of them takes more.
  private(set) var count = 0
  /// Bytes that the last portion may still take.
  private var room = 0

  /// Bytes of records in a portion: so few that they stay in the processor's caches with what becomes of them.
  private static let portionSize = 1 << 16

  init(portions: Int, separator: UInt8) {
    self.portions = Array(repeating: Portion(separator: separator), count: portions)
  }

  var isFull: Bool { count == portions.count && room <= 0 }

  mutating func append(_ line: SourceLine) {
    if room <= 0 {
      count += 1
      room = Self.portionSize
    }
    portions[count - 1].append(line)
    room -= line.bytes.count
  }

  mutating func removeAll() {
    for index in 0..<count { portions[index].removeAll() }
    count = 0
    room = 0
  }

  /// Calls `body` with the portions that have records: different ones may be worked on at the same time.
  mutating func withPortions(_ body: (UnsafeMutablePointer<Portion>) -> Void) {
    portions.withUnsafeMutableBufferPointer { portions in
      if let first = portions.baseAddress { body(first) }
    }
  }

  /// Writes what the records have become, and reports those that are bad.
  ///
  /// - Throws: an error of writing; with `--strict` the end of the run, at the first bad record.
  func write(to filter: Filter, _ writer: inout RecordWriter) throws {
    for portion in portions[..<count] { try portion.write(to: filter, &writer) }
  }
}
