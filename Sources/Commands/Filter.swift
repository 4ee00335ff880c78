import Streams

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A filter's life: options, operands in order, diagnostics, rejects, progress, exit status.
///
/// Exit status 0: all done. 1: some records were bad, or nothing was found. 2: usage or input/output error.
package final class Filter {
  package let program: Program
  package let arguments: Arguments
  /// Standard output, or what `redirect` has put in its place.
  package private(set) var output: Output
  /// What ends a record on both sides: newline, or NUL with `--null`.
  package let separator: UInt8
  /// Bad records so far.
  package internal(set) var rejected = 0
  /// Set by a tool whose result is empty: exit status 1 instead of 0.
  package var isFruitless = false
  /// What the last line of the progress report says at its end.
  package var summary: String?
  /// What a user who has interrupted the run may want to know, as part of a sentence.
  package var interruptionAdvice: String?

  let rejects: Output?
  let isStrict: Bool
  let maximumLength: Int
  /// Read and changed between records only, so that no access needs to be checked for another one.
  @exclusivity(unchecked) var progress: Progress?
  var isOperandUnreadable = false
  private var isStopped = false

  private static let defaultMaximumLength = 64 << 20

  /// Parses the command line. `--help`, `--version`, `--completions` and a wrong
  /// command line end the process.
  package convenience init(_ program: Program) {
    do {
      let arguments = try Arguments(parsing: Array(CommandLine.arguments.dropFirst()), for: program)
      if let answer = try Self.answer(to: arguments, program) {
        let output = Output(descriptor: Terminal.standardOutput, name: Self.outputName)
        try output.write(answer)
        try output.close()
        exit(0)
      }
      try self.init(program, arguments)
    } catch {
      Self.complain(error, program)
      exit(Self.status(of: error))
    }
  }

  private init(_ program: Program, _ arguments: Arguments) throws {
    self.program = program
    self.arguments = arguments
    output = Output(
      descriptor: Terminal.standardOutput, name: Self.outputName,
      lineBuffered: arguments[flag: "line-buffered"])
    separator = arguments[flag: "null"] ? 0 : UInt8(ascii: "\n")
    isStrict = arguments[flag: "strict"]
    maximumLength = try arguments.bytes("max-line") ?? Self.defaultMaximumLength
    rejects = try arguments.outputPath("rejects").map { try Output(creating: $0, lineBuffered: true) }
    progress = Progress(isRequested: arguments[flag: "progress"], name: program.name)
  }

  /// Runs a filter from its command line to its exit status.
  ///
  /// - Parameter endsGently: whether SIGINT and SIGTERM end the input, so that the records in hand are
  ///   finished; for filters whose output for the first records does not depend on the others.
  package static func main(
    _ program: Program, endsGently: Bool = false, _ body: (Filter) throws -> Void
  ) -> Never {
    let filter = Filter(program)
    if endsGently { Interruption.install() }
    do {
      try body(filter)
    } catch is StrictStop {
      filter.finish()
    } catch {
      filter.abandon(error)
    }
    filter.finish()
  }

  /// Ends the input behind the present record.
  package func stop() { isStopped = true }

  /// Whether no more records are wanted.
  var isAtEnd: Bool { isStopped || Interruption.signal != nil }

  /// Writes what follows somewhere else than to standard output.
  package func redirect(to output: Output) { self.output = output }

  // MARK: Messages and endings

  /// Writes `grape-x: message` to standard error.
  package func warn(_ message: String) {
    progress?.erase()
    StandardError.write("\(program.name): \(message)\n")
  }

  /// Says why, writes out what is done, and ends with status 2.
  package func fail(_ message: String) -> Never {
    warn(message)
    saveWhatIsDone()
    exit(2)
  }

  /// Writes out everything and ends: with status 0; 128 and the signal's number after an interruption;
  /// 2 after an operand that could not be read; or 1 after bad records or when nothing was found.
  package func finish() -> Never {
    progress?.finish(summary)
    if rejected > 0 {
      let records = "\(grouped(rejected)) bad record\(rejected == 1 ? "" : "s")"
      warn(rejects.map { "\(records), copied to \($0.name)" } ?? records)
    }
    do {
      try output.close()
      try rejects?.close()
    } catch {
      abandon(error)
    }
    if let signal = Interruption.signal {
      warn("interrupted\(interruptionAdvice.map { "; \($0)" } ?? "")")
      exit(128 + signal)
    }
    exit(isOperandUnreadable ? 2 : rejected > 0 || isFruitless ? 1 : 0)
  }

  /// Ends after an error that no single record is to blame for.
  private func abandon(_ error: any Error) -> Never {
    progress?.erase()
    Self.complain(error, program)
    saveWhatIsDone()
    exit(Self.status(of: error))
  }

  /// Writes out both files as far as possible. The trouble has been reported; more of it adds nothing.
  private func saveWhatIsDone() {
    try? output.close()
    try? rejects?.close()
  }

  private static let outputName = "<stdout>"

  private static func complain(_ error: any Error, _ program: Program) {
    switch error {
    case let error as IOError where error.isBrokenPipe: break
    case let error as UsageError:
      StandardError.write(
        "\(program.name): \(error)\n\(program.usage)\nTry '\(program.name) --help' for the options.\n")
    default: StandardError.write("\(program.name): \(error)\n")
    }
  }

  /// Where SIGPIPE is ignored, a reader that has seen enough is no error.
  private static func status(of error: any Error) -> Int32 {
    (error as? IOError)?.isBrokenPipe ?? false ? 0 : 2
  }

  private static func answer(to arguments: Arguments, _ program: Program) throws -> String? {
    if arguments[flag: "help"] { return program.help }
    if arguments[flag: "version"] { return program.versionLine + "\n" }
    return try arguments.choice("completions", of: Shell.self).map(program.completions)
  }
}
