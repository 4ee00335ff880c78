import Commands
import Streams

/// Consecutive records that one thread works on, and what they have become.
struct Portion: ~Copyable {
  private var lines = HeldLines()
  private var output: RecordOutput
  private var failures: [Failure] = []
  private var tokenCount = 0

  /// What was wrong with a record.
  private struct Failure {
    /// The record's index.
    let line: Int
    let error: any Error
    /// Where what it has become nevertheless ends in the output.
    let end: Int
  }

  init(separator: UInt8) { output = RecordOutput(separator: separator) }

  mutating func append(_ line: SourceLine) { lines.append(line) }

  mutating func removeAll() {
    lines.removeAll()
    output.removeAll()
    failures.removeAll(keepingCapacity: true)
    tokenCount = 0
  }

  /// Does the task with each record.
  mutating func work<Task: RecordTask & ~Copyable>(_ task: inout Task) {
    lines.forEach { index, line in
      do {
        tokenCount += try task.append(line, to: &output)
      } catch {
        failures.append(Failure(line: index, error: error, end: output.bytes.count))
      }
    }
  }

  /// Writes what the records have become, and reports those that are bad.
  ///
  /// - Throws: an error of writing; with `--strict` the end of the run, at the first bad record.
  func write(to filter: Filter, _ writer: inout RecordWriter) throws {
    filter.count(tokens: tokenCount)
    var start = 0
    for failure in failures {
      try writer.write(start..<failure.end, of: output)
      start = failure.end
      guard let error = failure.error as? any RecordError else { throw failure.error }
      try lines.withLine(at: failure.line) { try filter.reject($0, error.description) }
    }
    try writer.write(start..<output.bytes.count, of: output)
  }
}
