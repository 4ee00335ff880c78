import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// SIGINT and SIGTERM as a request: the first one asks the program to finish what is in hand,
/// a second one ends it at once.
package enum Interruption {
  private static let received = Atomic<Int32>(0)

  /// The signal that has come; nil for none.
  package static var signal: Int32? {
    let number = received.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  /// Takes the signals from now on. One that is ignored, as `nohup` has it, stays ignored.
  package static func install() {
    for number in [SIGINT, SIGTERM] {
      var action = sigaction()
      guard sigaction(number, nil, &action) == 0, !isIgnored(action) else { continue }
      #if canImport(Glibc)
        action.__sigaction_handler.sa_handler = handle
      #elseif canImport(Musl)
        action.__sa_handler.sa_handler = handle
      #else
        action.__sigaction_u.__sa_handler = handle
      #endif
      // Calls that wait are to end, not to be taken up again; the second signal finds the handler gone.
      action.sa_flags = Int32(truncatingIfNeeded: SA_RESETHAND)
      sigemptyset(&action.sa_mask)
      _ = sigaction(number, &action, nil)
    }
  }

  /// Only what is allowed in a signal handler: one store, and the other signal's handler removed too.
  private static let handle: @convention(c) (Int32) -> Void = { number in
    Interruption.received.store(number, ordering: .relaxed)
    #if canImport(Glibc)
      _ = Glibc.signal(number == SIGINT ? SIGTERM : SIGINT, SIG_DFL)
    #elseif canImport(Musl)
      _ = Musl.signal(number == SIGINT ? SIGTERM : SIGINT, SIG_DFL)
    #else
      _ = Darwin.signal(number == SIGINT ? SIGTERM : SIGINT, SIG_DFL)
    #endif
  }

  private static func isIgnored(_ action: sigaction) -> Bool {
    #if canImport(Glibc)
      let handler = action.__sigaction_handler.sa_handler
    #elseif canImport(Musl)
      let handler = action.__sa_handler.sa_handler
    #else
      let handler = action.__sigaction_u.__sa_handler
    #endif
    return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
