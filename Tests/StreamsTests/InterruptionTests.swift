import Foundation
import Streams
import Testing

/// Signals and non-blocking descriptors make system calls fail halfway; nothing may be lost by that.
@Suite(.serialized) struct InterruptionTests {
  private static let lines = (0..<3000).map { "line \($0) " + String(repeating: "x", count: $0 % 200) }
  private static let contents = bytes(lines.joined(separator: "\n") + "\n")

  /// A reader that waits most of the time, and that a signal interrupts a thousand times a second meanwhile.
  @Test func interruptedReads() throws {
    ignoreQuietly(SIGUSR1)
    let (path, _, keep) = try pipeInput(pieces(of: Self.contents, 3997), every: 3000)
    let reader = pthread_self()
    let pest = Pest { pthread_kill(reader, SIGUSR1) }
    defer { pest.stop() }
    let lines = LineReader(try InputFile(path: path), separator: 10, maximumLength: 1000)
    #expect(try drain(lines).records.map(\.text) == Self.lines)
    #expect(pest.count > 10)
    _ = keep
  }

  /// A writer whose pipe is full most of the time, interrupted as often.
  @Test func interruptedWrites() throws {
    ignoreQuietly(SIGUSR1)
    let sink = try Sink()
    let writer = pthread_self()
    let pest = Pest { pthread_kill(writer, SIGUSR1) }
    defer { pest.stop() }
    let output = Output(descriptor: sink.descriptor, name: "pipe")
    for line in Self.lines {
      try output.write(line)
      try output.endRecord(10)
    }
    try output.close()
    #expect(sink.received() == Self.contents)
    #expect(pest.count > 10)
  }

  @Test func nonblockingWrites() throws {
    let sink = try Sink()
    #expect(fcntl(sink.descriptor, F_SETFL, O_NONBLOCK) == 0)
    let output = Output(descriptor: sink.descriptor, name: "pipe")
    for piece in pieces(of: Self.contents, 1000) { try output.write(piece) }
    try output.close()
    #expect(sink.received() == Self.contents)
  }

  private func pieces(of bytes: [UInt8], _ length: Int) -> [[UInt8]] {
    stride(from: 0, to: bytes.count, by: length).map { Array(bytes[$0..<min($0 + length, bytes.count)]) }
  }

  /// Gives this thread a handler that does nothing, and that system calls are not restarted after.
  private func ignoreQuietly(_ signal: Int32) {
    var action = sigaction()
    #if os(Linux)
      action.__sigaction_handler.sa_handler = { _ in }
    #else
      action.__sigaction_u.__sa_handler = { _ in }
    #endif
    sigaction(signal, &action, nil)
    // The threads that tests run on may have it blocked.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, signal)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }
}

/// Does something about a thousand times a second until it is stopped.
private final class Pest: @unchecked Sendable {
  private(set) var count = 0

  private let done = DispatchSemaphore(value: 0)
  private let lock = NSLock()
  private var isStopped = false

  init(_ act: @escaping @Sendable () -> Void) {
    Thread.detachNewThread { [self] in
      while lock.withLock({ !isStopped }) {
        act()
        count += 1
        usleep(1000)
      }
      done.signal()
    }
  }

  func stop() {
    lock.withLock { isStopped = true }
    done.wait()
  }
}

/// A pipe that is read slowly, in small pieces.
private final class Sink: @unchecked Sendable {
  let descriptor: Int32

  private let done = DispatchSemaphore(value: 0)
  private var bytes: [UInt8] = []

  init() throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    descriptor = ends[1]
    Thread.detachNewThread { [self, end = ends[0]] in
      var piece = [UInt8](repeating: 0, count: 5000)
      while true {
        let count = read(end, &piece, piece.count)
        guard count > 0 else { break }
        bytes += piece[..<count]
        usleep(2000)
      }
      close(end)
      done.signal()
    }
  }

  /// Everything, once the writer has closed its end.
  func received() -> [UInt8] {
    done.wait()
    return bytes
  }
}
