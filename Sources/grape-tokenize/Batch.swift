import Commands
import Streams

/// Records that are worked on together, by several threads, and written in the order in which they came.
final class Batch {
  private let filter: Filter
  private let workers: Workers
  private let lanes: [Lane]
  private var lines: [HeldLine] = []
  private var results: [Result] = []
  private var byteCount = 0
  /// The contents written so far, where repeated ones are left out.
  private var written: Set<UInt128> = []

  /// What one thread works with, and what it has written in this batch.
  private final class Lane {
    let task: any RecordTask
    var output: [UInt8] = []
    var contents: [RecordContent] = []

    init(_ task: any RecordTask) { self.task = task }
  }

  /// What has become of a line: bytes in a lane's output, and what was wrong with it.
  private struct Result {
    var lane = 0
    var range = 0..<0
    /// The records in it, by their places in the lane's list; empty unless repeated ones are left out.
    var contents = 0..<0
    var tokenCount = 0
    var failure: (any Error)?
  }

  /// How much makes a batch: bytes of input for each thread, or records in all.
  private static let bytesPerThread = 1 << 18
  private static let maximumCount = 4096

  /// - Parameters:
  ///   - filter: the run.
  ///   - threads: how many threads share the work.
  ///   - task: makes what one thread does with a record.
  init(_ filter: Filter, threads: Int, task: () -> any RecordTask) {
    self.filter = filter
    workers = Workers(threads: threads)
    lanes = (0..<workers.count).map { _ in Lane(task()) }
  }

  /// Takes a record, and finishes the batch when it is full.
  func append(_ line: HeldLine) throws {
    lines.append(line)
    byteCount += line.bytes.count
    let isFull = lines.count >= Self.maximumCount || byteCount >= Self.bytesPerThread * workers.count
    if isFull || filter.output.lineBuffered { try finish() }
  }

  /// Does the work for the records taken so far, writes the results, and begins anew.
  ///
  /// - Throws: an error of writing; with `--strict` the end of the run, at the first bad record.
  func finish() throws {
    defer {
      lines.removeAll(keepingCapacity: true)
      results.removeAll(keepingCapacity: true)
      byteCount = 0
    }
    work()
    for (line, result) in zip(lines, results) {
      try write(result)
      filter.count(tokens: result.tokenCount)
      switch result.failure {
      case nil: break
      case let error as any RecordError: try filter.reject(line, error.description)
      case let error?: throw error
      }
    }
    if filter.output.lineBuffered { try filter.output.flush() }
  }

  private func write(_ result: Result) throws {
    let lane = lanes[result.lane]
    try lane.output.withUnsafeBytes { output in
      guard !result.contents.isEmpty else {
        return try filter.output.write(UnsafeRawBufferPointer(rebasing: output[result.range]))
      }
      var start = result.range.lowerBound
      for content in lane.contents[result.contents] {
        if written.insert(content.key).inserted {
          try filter.output.write(UnsafeRawBufferPointer(rebasing: output[start..<content.end]))
        }
        start = content.end
      }
    }
  }

  /// Fills `results`: any thread takes any line, and every line has its own place.
  private func work() {
    for lane in lanes {
      lane.output.removeAll(keepingCapacity: true)
      lane.contents.removeAll(keepingCapacity: true)
    }
    results = Array(repeating: Result(), count: lines.count)
    let separator = filter.separator
    results.withUnsafeMutableBufferPointer { results in
      nonisolated(unsafe) let results = results
      nonisolated(unsafe) let lanes = lanes
      let lines = lines
      workers.run(lines.count) { index, worker in
        let lane = lanes[worker]
        let start = lane.output.count
        var result = Result(lane: worker)
        do {
          result.tokenCount = try lines[index].bytes.withUnsafeBytes {
            try lane.task.append($0, separator: separator, to: &lane.output)
          }
        } catch {
          result.failure = error
        }
        result.range = start..<lane.output.count
        result.contents = lane.contents.count..<(lane.contents.count + lane.task.contents.count)
        lane.contents += lane.task.contents
        results[index] = result
      }
    }
  }
}
