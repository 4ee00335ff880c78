import Commands
import Streams

/// Has several threads work on records. While the others work on a batch, the calling thread writes the one
/// before it and fills the next; then it takes part.
final class ParallelPipeline<Task: RecordTask & ~Copyable>: RecordPipeline {
  private let filter: Filter
  private let workers: Workers
  /// One for each thread.
  private let tasks: UnsafeMutablePointer<Task>
  /// Takes records.
  private var filling: Batch
  /// Is the threads' until they have finished.
  private var working: Batch
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
    filling = Batch(portions: 16 * workers.count, separator: filter.separator)
    working = Batch(portions: 16 * workers.count, separator: filter.separator)
    writer = RecordWriter(filter)
  }

  deinit {
    workers.finish()
    tasks.deinitialize(count: workers.count)
    tasks.deallocate()
  }

  func append(_ line: SourceLine) throws {
    filling.append(line)
    if filling.isFull { try passOn() }
  }

  func finish() throws {
    try passOn()
    try passOn()
    try writer.endBatch()
  }

  /// Has the batch that was filled worked on, and writes the one that has been.
  private func passOn() throws {
    workers.finish()
    swap(&filling, &working)
    if working.count > 0 {
      let portions = working.portions
      let tasks = tasks
      nonisolated(unsafe) let work = { portions[$0].work(&tasks[$1]) }
      workers.start(working.count) { work($0, $1) }
    }
    defer { filling.removeAll() }
    do {
      try filling.write(to: filter, &writer)
    } catch {
      // Nothing is to be written behind what could not be.
      workers.finish()
      working.removeAll()
      throw error
    }
  }
}
