import Commands

/// Works on each record while it is in the reader, and writes what records become.
final class SerialPipeline<Task: RecordTask & ~Copyable>: RecordPipeline {
  private let filter: Filter
  // A record is worked on when the one before it is done: no access to them needs to
  // be checked for another one.
  @exclusivity(unchecked) private var task: Task
  @exclusivity(unchecked) private var output: RecordOutput
  private var writer: RecordWriter

  /// Bytes that are written at once: so few that they stay in the processor's caches.
  private static var size: Int { 1 << 17 }

  init(_ filter: Filter, _ task: consuming Task) {
    self.filter = filter
    self.task = task
    output = RecordOutput(separator: filter.separator, capacity: 2 * Self.size)
    writer = RecordWriter(filter)
  }

  func append(_ line: SourceLine) throws {
    filter.count(tokens: try task.append(line.bytes, to: &output))
    if output.bytes.count >= Self.size { try finish() }
  }

  func finish() throws {
    defer { output.removeAll() }
    try writer.write(0..<output.bytes.count, of: output)
    try writer.endBatch()
  }
}
