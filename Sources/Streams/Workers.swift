import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A fixed set of threads that run the iterations of a loop, the calling thread among them.
///
/// Iterations are handed out one at a time by an atomic counter, so which thread runs which is not
/// determined; a result must not depend on it. Between loops the threads spin for half a millisecond,
/// then sleep. A loop waits for the threads that took part in it and for no others: one that the system
/// has not woken up yet costs nothing.
///
/// One loop at a time: `run` must not be called from two threads at once, nor from inside a loop's body,
/// nor between `start` and `finish`.
package final class Workers: Sendable {
  /// Threads that run a loop, the caller included.
  package let count: Int

  private let crew: Crew
  private let threads: [Thread]

  /// Starts `threads - 1` threads; fewer where the system allows no more. With 1,
  /// everything runs on the caller.
  package init(threads wanted: Int) {
    let crew = Crew()
    var threads: [Thread] = []
    while threads.count + 1 < wanted, let thread = Self.start(crew, worker: threads.count + 1) {
      threads.append(thread)
    }
    self.crew = crew
    self.threads = threads
    count = threads.count + 1
  }

  deinit {
    crew.dismiss()
    for thread in threads { pthread_join(thread.handle, nil) }
  }

  /// Calls `body(index, worker)` once for every index in `0..<count`, and returns when all calls have.
  ///
  /// `worker`, in `0..<self.count`, tells concurrent calls apart, for scratch memory; the caller's is 0.
  /// What was written before `run` is visible to the body, and what the body wrote to the caller afterwards.
  package func run(_ count: Int, _ body: @Sendable (_ index: Int, _ worker: Int) -> Void) {
    if count <= 1 || threads.isEmpty {
      for index in 0..<max(0, count) { body(index, 0) }
    } else {
      withoutActuallyEscaping(body) {
        crew.open(Loop(count: count, body: $0), helpers: min(count - 1, threads.count))
        crew.finish()
      }
    }
  }

  /// Has the other threads begin to call `body` as `run` does; the caller takes part when it calls `finish`.
  ///
  /// What `body` works on is not the caller's until then.
  package func start(_ count: Int, _ body: @escaping @Sendable (_ index: Int, _ worker: Int) -> Void) {
    crew.open(Loop(count: count, body: body), helpers: min(count, threads.count))
  }

  /// Takes part in the loop that has been started, and returns when all calls have;
  /// at once where there is none.
  package func finish() { crew.finish() }

  private static func start(_ crew: Crew, worker: Int) -> Thread? {
    let context = Unmanaged.passRetained(Context(crew: crew, worker: worker))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    // Musl's default of 128 KiB is little for numeric code.
    pthread_attr_setstacksize(&attributes, 4 << 20)
    // A number with glibc, a pointer elsewhere.
    #if canImport(Glibc)
      var thread = pthread_t()
    #else
      var thread: pthread_t?
    #endif
    let failure = pthread_create(&thread, &attributes, threadMain, context.toOpaque())
    guard failure == 0 else {
      context.release()
      return nil
    }
    #if canImport(Glibc)
      return Thread(handle: thread)
    #else
      return thread.map(Thread.init)
    #endif
  }
}

/// A thread's handle: a number or a pointer that only `pthread_join` looks at.
private struct Thread: @unchecked Sendable {
  let handle: pthread_t
}

/// What a new thread is told.
private final class Context: Sendable {
  let crew: Crew
  let worker: Int

  init(crew: Crew, worker: Int) {
    self.crew = crew
    self.worker = worker
  }
}

#if canImport(Glibc) || canImport(Musl)
  private func threadMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    enterThread(argument)
  }
#else
  private func threadMain(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    enterThread(argument)
  }
#endif

private func enterThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  let context = Unmanaged<Context>.fromOpaque(argument).takeRetainedValue()
  context.crew.work(as: context.worker)
  return nil
}

private struct Loop {
  let count: Int
  let body: @Sendable (Int, Int) -> Void
}

/// What the threads share: the loop at hand, and where to wait for the next one.
///
/// `state` is the whole protocol: the low 16 bits count the helpers inside the loop, the next bit says that
/// the loop is open to further ones, and the rest is the loop's number.
/// - The caller writes `loop` and `next` only while the loop is closed and nobody is inside.
/// - A helper reads them only inside, which it enters by one compare-and-exchange on an open state.
/// - The caller closes the loop when the indices have run out, and returns when nobody is inside.
private final class Crew: Sendable {
  private let state = Atomic<UInt64>(0)
  private let next = Atomic<Int>(0)
  private let isDismissed = Atomic<Bool>(false)
  private nonisolated(unsafe) var loop: Loop?

  private let sleepers = Atomic<Int>(0)
  private let callerSleeps = Atomic<Bool>(false)
  private nonisolated(unsafe) let mutex: UnsafeMutablePointer<pthread_mutex_t> = .allocate(capacity: 1)
  private nonisolated(unsafe) let opened: UnsafeMutablePointer<pthread_cond_t> = .allocate(capacity: 1)
  private nonisolated(unsafe) let emptied: UnsafeMutablePointer<pthread_cond_t> = .allocate(capacity: 1)

  private static let insideMask: UInt64 = 0xFFFF
  private static let open: UInt64 = 0x1_0000
  private static let number: UInt64 = 0x2_0000

  init() {
    mutex.initialize(to: pthread_mutex_t())
    opened.initialize(to: pthread_cond_t())
    emptied.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(opened, nil)
    pthread_cond_init(emptied, nil)
  }

  deinit {
    pthread_cond_destroy(emptied)
    pthread_cond_destroy(opened)
    pthread_mutex_destroy(mutex)
    emptied.deallocate()
    opened.deallocate()
    mutex.deallocate()
  }

  // MARK: The caller

  /// Opens a loop, and wakes so many of the helpers that sleep.
  func open(_ newLoop: Loop, helpers: Int) {
    loop = newLoop
    next.store(0, ordering: .relaxed)
    // Nobody is inside and the loop is closed, so the low bits are zero; sequentially
    // consistent against `sleepers`.
    let current = state.load(ordering: .relaxed)
    state.store((current &+ Self.number) | Self.open, ordering: .sequentiallyConsistent)
    wake(helpers)
  }

  /// Takes part in the loop, closes it, and waits for the helpers inside.
  func finish() {
    guard let loop else { return }
    iterate(loop, worker: 0)
    let before = state.bitwiseAnd(~Self.open, ordering: .sequentiallyConsistent).oldValue
    if before & Self.insideMask != 0 { waitUntilEmpty() }
    self.loop = nil
  }

  private func wake(_ helpers: Int) {
    let sleeping = sleepers.load(ordering: .sequentiallyConsistent)
    guard sleeping > 0 else { return }
    pthread_mutex_lock(mutex)
    if helpers >= sleeping {
      pthread_cond_broadcast(opened)
    } else {
      for _ in 0..<helpers { pthread_cond_signal(opened) }
    }
    pthread_mutex_unlock(mutex)
  }

  private func waitUntilEmpty() {
    var spin = Spin()
    repeat {
      if state.load(ordering: .acquiring) & Self.insideMask == 0 { return }
    } while spin.again()
    pthread_mutex_lock(mutex)
    callerSleeps.store(true, ordering: .sequentiallyConsistent)
    while state.load(ordering: .sequentiallyConsistent) & Self.insideMask != 0 {
      pthread_cond_wait(emptied, mutex)
    }
    callerSleeps.store(false, ordering: .relaxed)
    pthread_mutex_unlock(mutex)
  }

  func dismiss() {
    pthread_mutex_lock(mutex)
    isDismissed.store(true, ordering: .sequentiallyConsistent)
    pthread_cond_broadcast(opened)
    pthread_mutex_unlock(mutex)
  }

  // MARK: The helpers

  func work(as worker: Int) {
    var last: UInt64 = 0
    while let entered = enter(after: last) {
      last = entered
      if let loop { iterate(loop, worker: worker) }
      leave()
    }
  }

  /// Waits for a loop other than `last` and goes inside; its number, or nil when there will be none.
  private func enter(after last: UInt64) -> UInt64? {
    while true {
      var spin = Spin()
      repeat {
        if let entered = tryEnter(after: last) { return entered }
        if isDismissed.load(ordering: .relaxed) { return nil }
      } while spin.again()
      sleep(after: last)
    }
  }

  private func tryEnter(after last: UInt64) -> UInt64? {
    var current = state.load(ordering: .relaxed)
    while current & Self.open != 0, current & ~(Self.open | Self.insideMask) != last {
      let (entered, actual) = state.weakCompareExchange(
        expected: current, desired: current + 1, successOrdering: .acquiring, failureOrdering: .relaxed)
      if entered { return current & ~(Self.open | Self.insideMask) }
      current = actual
    }
    return nil
  }

  private func leave() {
    let left = state.subtract(1, ordering: .sequentiallyConsistent).newValue
    guard left & (Self.open | Self.insideMask) == 0, callerSleeps.load(ordering: .sequentiallyConsistent)
    else {
      return
    }
    pthread_mutex_lock(mutex)
    pthread_cond_signal(emptied)
    pthread_mutex_unlock(mutex)
  }

  /// Sleeps until a loop other than `last` is open. `sleepers` is raised before the state is looked at,
  /// and the caller opens before it looks at `sleepers`: one of the two sees the other.
  private func sleep(after last: UInt64) {
    pthread_mutex_lock(mutex)
    sleepers.add(1, ordering: .sequentiallyConsistent)
    while !isDismissed.load(ordering: .sequentiallyConsistent) {
      let current = state.load(ordering: .sequentiallyConsistent)
      if current & Self.open != 0, current & ~(Self.open | Self.insideMask) != last { break }
      pthread_cond_wait(opened, mutex)
    }
    sleepers.subtract(1, ordering: .sequentiallyConsistent)
    pthread_mutex_unlock(mutex)
  }

  private func iterate(_ loop: Loop, worker: Int) {
    while true {
      let index = next.add(1, ordering: .relaxed).oldValue
      guard index < loop.count else { return }
      loop.body(index, worker)
    }
  }
}

/// Waiting actively for a short time, yielding the processor to whoever has work for it.
private struct Spin {
  private var turns = 0
  private var deadline: UInt64 = 0

  private static let duration: UInt64 = 500_000

  /// Passes a moment; false when it is time to sleep.
  mutating func again() -> Bool {
    turns += 1
    if turns < 100 { return true }
    sched_yield()
    let now = Clock.nanoseconds()
    if deadline == 0 { deadline = now + Self.duration }
    return now < deadline
  }
}
