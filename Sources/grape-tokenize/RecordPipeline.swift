import Commands
import Streams

/// Takes records, has threads work on them, and writes what they become in the order in which they came.
///
/// With several threads, one of them writes a batch while the others work on the next.
final class RecordPipeline {
  private let filter: Filter
  private let workers: Workers
  private let tasks: [any RecordTask]
  /// Takes records.
  private var filling: Batch
  /// Has been worked on, and waits to be written; empty before the first.
  private var waiting: Batch
  /// The contents written so far, where repeated ones are left out.
  private var written: Set<UInt128> = []

  /// How much makes a batch: bytes of input, or records. One thread takes little, which stays in the processor's caches
  /// with what becomes of it; several take more, so that they seldom wait for each other.
  private let maximumBytes: Int
  private static let maximumCount = 4096

  /// - Parameters:
  ///   - filter: the run.
  ///   - threads: how many threads share the work.
  ///   - task: makes what one thread does with a record.
  init(_ filter: Filter, threads: Int, task: () -> any RecordTask) {
    self.filter = filter
    workers = Workers(threads: threads)
    maximumBytes = workers.count == 1 ? 1 << 16 : workers.count << 18
    tasks = (0..<workers.count).map { _ in task() }
    filling = Batch(threads: workers.count)
    waiting = Batch(threads: workers.count)
  }

  /// Takes a record, and works on the batch when it is full.
  func append(_ line: HeldLine) throws {
    filling.append(line)
    let isFull = filling.count >= Self.maximumCount || filling.byteCount >= maximumBytes
    if filter.output.lineBuffered || isFull && workers.count == 1 {
      try finish()
    } else if isFull {
      try work()
    }
  }

  /// Does the work for the records taken so far, and writes all that is not written.
  ///
  /// - Throws: an error of writing; with `--strict` the end of the run, at the first bad record.
  func finish() throws {
    try work()
    defer { waiting.removeAll() }
    try waiting.write(to: filter, &written)
  }

  /// Works on the batch that takes records, and writes the one before it.
  private func work() throws {
    var failure: (any Error)?
    // One thread writes; the others do not touch what it does.
    nonisolated(unsafe) let this = self
    withUnsafeMutablePointer(to: &failure) { failure in
      nonisolated(unsafe) let failure = failure
      let writes = waiting.count > 0 ? 1 : 0
      filling.work(tasks, separator: filter.separator) { work in
        workers.run(writes + filling.count) { index, worker in
          guard index < writes else { return work(index - writes, worker) }
          do {
            try this.waiting.write(to: this.filter, &this.written)
          } catch {
            failure.pointee = error
          }
        }
      }
    }
    waiting.removeAll()
    swap(&filling, &waiting)
    if let failure {
      // Nothing is to be written behind what could not be.
      waiting.removeAll()
      throw failure
    }
  }
}
