import Commands
import Streams

/// Has several threads work on records: one of them writes a batch while the others work on the next.
final class ParallelPipeline<Task: RecordTask & ~Copyable>: RecordPipeline {
  private let filter: Filter
  private let workers: Workers
  /// One for each thread.
  private let tasks: UnsafeMutablePointer<Task>
  /// Takes records.
  private var filling: Batch
  /// Has been worked on, and waits to be written; empty before the first.
  private var waiting: Batch
  private var writer: RecordWriter

  /// - Parameters:
  ///   - filter: the run.
  ///   - workers: the threads that share the work.
  ///   - task: makes what one thread does with a record.
  init(_ filter: Filter, _ workers: Workers, task: () -> Task) {
    self.filter = filter
    self.workers = workers
    tasks = .allocate(capacity: workers.count)
    for worker in 0..<workers.count { (tasks + worker).initialize(to: task()) }
    // Threads seldom wait for each other where there are several portions for each.
    filling = Batch(portions: 4 * workers.count, separator: filter.separator)
    waiting = filling
    writer = RecordWriter(filter)
  }

  deinit {
    tasks.deinitialize(count: workers.count)
    tasks.deallocate()
  }

  func append(_ line: SourceLine) throws {
    filling.append(line)
    if filling.isFull { try work() }
  }

  func finish() throws {
    try work()
    defer { waiting.removeAll() }
    try waiting.write(to: filter, &writer)
    try writer.endBatch()
  }

  /// Works on the batch that takes records, and writes the one before it.
  private func work() throws {
    var failure: (any Error)?
    let writes = waiting.count > 0 ? 1 : 0
    let count = writes + filling.count
    filling.withPortions { portions in
      // One thread writes, and the others do not touch what it does; each portion is one thread's.
      nonisolated(unsafe) let write = {
        do { try self.waiting.write(to: self.filter, &self.writer) } catch { failure = error }
      }
      nonisolated(unsafe) let work = { portions[$0].work(&self.tasks[$1]) }
      workers.run(count) { index, worker in
        if index < writes { write() } else { work(index - writes, worker) }
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
