import Foundation
import TestSupport
import Testing

/// What a finished command left behind.
struct Outcome {
  /// The exit status; 128 and the signal's number for a command that a signal ended, as shells count.
  var status: Int32
  var output: String
  var errors: String
}

/// Runs scripts with `sh`, the built programs first in `PATH`.
enum Shell {
  /// Runs `script` in `folder` to its end, standard input empty.
  ///
  /// Signals have their default actions, whatever those of this process are. A script that takes longer than
  /// two minutes is killed and counts as ended by signal 9.
  static func run(_ script: String, in folder: TemporaryFolder, environment: [String: String] = [:]) throws
    -> Outcome
  {
    let process = try start(script, in: folder, environment: environment)
    let status = process.wait()
    return Outcome(status: status, output: process.output, errors: process.errors)
  }

  /// Starts `script` in `folder`; its standard output and error are collected.
  static func start(
    _ script: String, in folder: TemporaryFolder, environment: [String: String] = [:],
    input: (path: String, flags: Int32) = ("/dev/null", O_RDONLY)
  ) throws -> RunningScript {
    let streams = try TemporaryFolder()
    var variables = ProcessInfo.processInfo.environment
    variables["PATH"] = Repository.products + ":" + (variables["PATH"] ?? "/usr/bin:/bin")
    variables["FIXTURES"] = Repository.fixtures
    variables["XDG_CACHE_HOME"] = cachePath
    variables["NO_COLOR"] = nil
    variables.merge(environment) { $1 }

    var actions = SpawnActions()
    actions.open(0, input.path, input.flags)
    actions.open(1, streams.path + "/out", O_WRONLY | O_CREAT | O_TRUNC)
    actions.open(2, streams.path + "/err", O_WRONLY | O_CREAT | O_TRUNC)
    let words = ["/bin/sh", "-c", "cd \"$1\" && shift && . \"$1\"", "sh", folder.path]
    try streams.file("script", script)
    let identifier = try actions.spawn(words + [streams.path + "/script"], variables)
    return RunningScript(identifier: identifier, streams: streams)
  }
}

/// The compiled tokenizers of one run of the tests, so that each is compiled once; removed at exit.
private let cachePath: String = {
  atexit { try? FileManager.default.removeItem(atPath: cachePath) }
  return FileManager.default.temporaryDirectory.appendingPathComponent("grape-\(getpid())").path
}()

/// A script that was started, in a process group of its own.
final class RunningScript {
  let identifier: pid_t

  private let streams: TemporaryFolder
  private var status: Int32?

  init(identifier: pid_t, streams: TemporaryFolder) {
    self.identifier = identifier
    self.streams = streams
  }

  deinit {
    if status == nil { stop() }
  }

  var output: String { streams.read("out") }
  var errors: String { streams.read("err") }

  /// Waits for the end, at most two minutes.
  func wait() -> Int32 {
    let deadline = Date(timeIntervalSinceNow: 120)
    while status == nil {
      poll()
      if status == nil, Date() > deadline { stop() }
    }
    return status ?? 0
  }

  /// Waits until `condition` holds; false when half a minute was not enough.
  func wait(until condition: (RunningScript) -> Bool) -> Bool {
    let deadline = Date(timeIntervalSinceNow: 30)
    while !condition(self) {
      if Date() > deadline { return false }
      usleep(2000)
    }
    return true
  }

  func stop() {
    kill(-identifier, SIGKILL)
    while status == nil { poll() }
  }

  private func poll() {
    var word: Int32 = 0
    let ended = waitpid(identifier, &word, WNOHANG)
    if ended == identifier {
      let signal = word & 0x7F
      status = signal == 0 ? (word >> 8) & 0xFF : 128 + signal
    } else if ended < 0, errno != EINTR {
      status = -1
    } else {
      usleep(2000)
    }
  }
}

/// `posix_spawn` with all signals at their default actions and unblocked.
private struct SpawnActions {
  #if os(macOS)
    private var actions: posix_spawn_file_actions_t?
    private var attributes: posix_spawnattr_t?
  #else
    private var actions = posix_spawn_file_actions_t()
    private var attributes = posix_spawnattr_t()
  #endif

  init() {
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for signal in [SIGPIPE, SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGCHLD, SIGUSR1] {
      sigaddset(&signals, signal)
    }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
  }

  mutating func open(_ descriptor: Int32, _ path: String, _ flags: Int32) {
    posix_spawn_file_actions_addopen(&actions, descriptor, path, flags, 0o600)
  }

  mutating func spawn(_ words: [String], _ environment: [String: String]) throws -> pid_t {
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    let arguments = words.map { strdup($0) }
    let variables = environment.map { strdup("\($0)=\($1)") }
    defer { for pointer in arguments + variables { free(pointer) } }
    var identifier: pid_t = 0
    let failure = posix_spawn(
      &identifier, words[0], &actions, &attributes, arguments + [nil], variables + [nil])
    try #require(failure == 0, "posix_spawn: \(String(cString: strerror(failure)))")
    return identifier
  }
}
