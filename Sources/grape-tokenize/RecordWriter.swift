import Commands

/// Writes records, without those that say what an earlier one has said where these are left out.
struct RecordWriter {
  private let filter: Filter
  /// The contents written so far.
  private var written: Set<UInt128> = []

  init(_ filter: Filter) { self.filter = filter }

  /// Writes a part of an output; parts come in order.
  ///
  /// - Throws: an error of writing.
  mutating func write(_ range: Range<Int>, of output: borrowing RecordOutput) throws {
    var start = range.lowerBound
    for content in output.contents(in: range) {
      if written.insert(content.key).inserted { try filter.output.write(output.bytes[start..<content.end]) }
      start = content.end
    }
    try filter.output.write(output.bytes[start..<range.upperBound])
  }

  /// Hands what has been written to the system where every record is to be seen at once.
  func endBatch() throws {
    if filter.output.lineBuffered { try filter.output.flush() }
  }
}
