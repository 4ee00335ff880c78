import Foundation
import Streams
import Testing

@Suite(.serialized) struct WorkersTests {
  @Test(arguments: [1, 2, 3, 8])
  func everyIndexOnce(threads: Int) {
    let workers = Workers(threads: threads)
    #expect(workers.count == threads)
    for count in [0, 1, 2, 7, 1000] {
      let calls = Calls(count)
      workers.run(count) { index, worker in
        calls.add(index)
        #expect((0..<threads).contains(worker))
      }
      #expect(calls.all == Array(repeating: 1, count: count))
    }
  }

  /// The caller goes its own way between a loop's start and its end, and what it does then it does alone.
  @Test(arguments: [1, 2, 3])
  func loopsAreStartedAndFinished(threads: Int) {
    let workers = Workers(threads: threads)
    workers.finish()
    var results: [[Int]] = []
    for count in [0, 1, 5, 300] {
      let calls = Calls(count)
      workers.start(count) { index, worker in
        calls.add(index)
        #expect((0..<threads).contains(worker))
      }
      usleep(count % 2 == 0 ? 0 : 3000)
      workers.finish()
      workers.finish()
      results.append(calls.all)
    }
    #expect(results == [0, 1, 5, 300].map { Array(repeating: 1, count: $0) })
  }

  /// Loops much shorter than a thread takes to wake up, one after the other, each reading
  /// what the last one wrote.
  @Test(arguments: [2, 4])
  func loopsFollowEachOther(threads: Int) {
    let workers = Workers(threads: threads)
    let width = 5
    nonisolated(unsafe) let cells = UnsafeMutablePointer<Int>.allocate(capacity: 2 * width)
    defer { cells.deallocate() }
    cells.initialize(repeating: 0, count: 2 * width)
    for round in 0..<20_000 {
      let (from, to) = (round % 2 * width, (round + 1) % 2 * width)
      workers.run(width) { index, _ in cells[to + index] = cells[from + (index + 1) % width] + 1 }
    }
    #expect((0..<width).map { cells[$0] } == Array(repeating: 20_000, count: width))
  }

  /// Pauses longer than the threads spin: they must be woken up again.
  @Test func wakesSleepers() {
    let workers = Workers(threads: 4)
    for _ in 0..<50 {
      usleep(2000)
      let calls = Calls(16)
      workers.run(16) { index, _ in
        usleep(50)
        calls.add(index)
      }
      #expect(calls.all == Array(repeating: 1, count: 16))
    }
  }

  /// Bodies that wait for one another finish only if as many threads run them at a time.
  @Test func runsAtTheSameTime() {
    let workers = Workers(threads: 3)
    for _ in 0..<20 {
      let arrived = Calls(1)
      workers.run(3) { _, _ in
        arrived.add(0)
        while arrived.all[0] < 3 { sched_yield() }
      }
      usleep(500)
    }
  }

  @Test func concurrentCallsHaveDifferentWorkers() {
    let workers = Workers(threads: 4)
    let busy = Calls(4)
    workers.run(2000) { _, worker in
      #expect(busy.add(worker) == 0)
      busy.add(worker, -1)
    }
  }

  @Test func threadsEndWithTheObject() throws {
    func threadCount() throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
    }
    #if os(Linux)
      let before = try threadCount()
      for _ in 0..<20 {
        let workers = Workers(threads: 9)
        workers.run(3) { _, _ in }
      }
      #expect(try threadCount() < before + 100)
    #endif
  }

  @Test func available() {
    let count = Workers.available
    #expect(count >= 1 && count <= ProcessInfo.processInfo.processorCount)
  }
}

/// Counters that any thread may raise. `NSLock`, because the thread sanitizer does not see through `Mutex`.
private final class Calls: Sendable {
  private let lock = NSLock()
  private nonisolated(unsafe) var counts: [Int]

  init(_ count: Int) { counts = Array(repeating: 0, count: count) }

  var all: [Int] { lock.withLock { counts } }

  /// The value before.
  @discardableResult
  func add(_ index: Int, _ amount: Int = 1) -> Int {
    lock.withLock {
      counts[index] += amount
      return counts[index] - amount
    }
  }
}
