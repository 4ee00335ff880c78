import Commands
import Streams

/// Records that are worked on together, by several threads, and written in the order in which they came.
final class Batch {
  private var lines: [HeldLine] = []
  private var results: [Result] = []
  private let parts: [Part]
  /// Bytes of the records.
  private(set) var byteCount = 0

  var count: Int { lines.count }

  /// What one thread has made of its records.
  private final class Part {
    var output: [UInt8] = []
    var contents: [RecordContent] = []
  }

  /// What has become of a line: bytes in a part's output, and what was wrong with it.
  private struct Result {
    var part = 0
    var range = 0..<0
    /// The records in it, by their places in the part's list; empty unless repeated ones are left out.
    var contents = 0..<0
    var tokenCount = 0
    var failure: (any Error)?
  }

  /// A batch for the threads 0 to `threads` - 1.
  init(threads: Int) { parts = (0..<threads).map { _ in Part() } }

  func append(_ line: HeldLine) {
    lines.append(line)
    byteCount += line.bytes.count
  }

  func removeAll() {
    lines.removeAll(keepingCapacity: true)
    results.removeAll(keepingCapacity: true)
    byteCount = 0
    for part in parts {
      part.output.removeAll(keepingCapacity: true)
      part.contents.removeAll(keepingCapacity: true)
    }
  }

  /// Calls `body` with a function that works on one record, by its place and the thread's number. Any thread may take any
  /// record, and every record once.
  ///
  /// - Parameters:
  ///   - tasks: what each thread does with its records.
  ///   - separator: what ends a record.
  func work(
    _ tasks: [any RecordTask], separator: UInt8,
    _ body: (_ work: @escaping @Sendable (_ index: Int, _ worker: Int) -> Void) -> Void
  ) {
    results = Array(repeating: Result(), count: lines.count)
    results.withUnsafeMutableBufferPointer { results in
      nonisolated(unsafe) let results = results
      nonisolated(unsafe) let parts = parts
      nonisolated(unsafe) let tasks = tasks
      let lines = lines
      body { index, worker in
        let part = parts[worker]
        let task = tasks[worker]
        let start = part.output.count
        var result = Result(part: worker)
        do {
          result.tokenCount = try lines[index].bytes.withUnsafeBytes {
            try task.append($0, separator: separator, to: &part.output)
          }
        } catch {
          result.failure = error
        }
        result.range = start..<part.output.count
        result.contents = part.contents.count..<(part.contents.count + task.contents.count)
        part.contents += task.contents
        results[index] = result
      }
    }
  }

  /// Writes the results, and reports the records that are bad.
  ///
  /// - Parameter written: the contents written so far, where repeated ones are left out.
  /// - Throws: an error of writing; with `--strict` the end of the run, at the first bad record.
  func write(to filter: Filter, _ written: inout Set<UInt128>) throws {
    for (line, result) in zip(lines, results) {
      try write(result, to: filter, &written)
      filter.count(tokens: result.tokenCount)
      switch result.failure {
      case nil: break
      case let error as any RecordError: try filter.reject(line, error.description)
      case let error?: throw error
      }
    }
    if filter.output.lineBuffered { try filter.output.flush() }
  }

  private func write(_ result: Result, to filter: Filter, _ written: inout Set<UInt128>) throws {
    let part = parts[result.part]
    try part.output.withUnsafeBytes { output in
      guard !result.contents.isEmpty else {
        return try filter.output.write(UnsafeRawBufferPointer(rebasing: output[result.range]))
      }
      var start = result.range.lowerBound
      for content in part.contents[result.contents] {
        if written.insert(content.key).inserted {
          try filter.output.write(UnsafeRawBufferPointer(rebasing: output[start..<content.end]))
        }
        start = content.end
      }
    }
  }
}
