import Streams

/// Ends a `--strict` run at its first bad record.
struct StrictStop: Error {}

/// Something other than reading failed while the reader was about to wait.
private struct PauseFailure: Error {
  let cause: any Error
}

extension Filter {
  /// Calls `body` with every record of every operand, in order; blank lines are skipped.
  /// An interruption ends the input.
  ///
  /// A `RecordError` from `body` makes a bad record: reported, copied to `--rejects`, counted. An operand
  /// that cannot be read, or is of another format altogether, is reported, and the next one is read. `pause`
  /// is called to finish what is in hand: before waiting for input, after which the output is flushed;
  /// after every record with `--line-buffered`; and before a bad record ends a `--strict` run, so that the
  /// records before it are written and a bad one among them is the first.
  ///
  /// - Throws: any other error from `body`, from `pause` and from writing.
  package func records(pause: () throws -> Void = {}, _ body: (SourceLine) throws -> Void) throws {
    let paths = arguments.operands.isEmpty ? ["-"] : arguments.operands
    progress?.expect(paths)
    try withoutActuallyEscaping(pause) { pause in
      for path in paths where !isAtEnd {
        guard let (reader, file) = open(path, pause) else { continue }
        let earlierBytes = progress?.bytes ?? 0
        while !isAtEnd, let line = try next(reader, file, pause) {
          if line.number == 1, !line.isOversize, let format = ForeignFormat(firstLine: line.bytes) {
            skipOperand("cannot read \(file.name): \(format.advice)")
            break
          }
          try take(line, of: reader, file, pause, body)
          if output.lineBuffered { try pause() }
          progress?.bytes = earlierBytes + reader.bytesTaken
          progress?.tick()
        }
      }
    }
  }

  /// Reports a record as bad, copies it to `--rejects` and counts it.
  ///
  /// - Throws: an error of writing; with `--strict`, the end of the run, which is
  ///   not for the caller to catch.
  package func reject(_ line: SourceLine, _ reason: String) throws {
    try reject(line, reason, rest: nil)
  }

  /// The same for a record that was found to be bad after others had been read.
  package func reject(_ line: HeldLine, _ reason: String) throws {
    try line.withLine { try reject($0, reason, rest: nil) }
  }

  /// Counts tokens for the progress report.
  package func count(tokens: Int) {
    guard progress != nil else { return }
    progress?.tokens += tokens
    progress?.tick()
  }

  /// Nil for an operand that cannot be opened, which has then been reported.
  private func open(_ path: String, _ pause: @escaping () throws -> Void) -> (LineReader, InputFile)? {
    do throws(IOError) {
      let file = try InputFile(path: path)
      guard !file.isStandardOutput else {
        skipOperand("cannot read \(file.name): it is the output")
        return nil
      }
      let reader = LineReader(file, separator: separator, maximumLength: maximumLength)
      reader.beforeBlocking = { [unowned self] in
        do {
          try pause()
          try output.flush()
        } catch {
          throw PauseFailure(cause: error)
        }
      }
      return (reader, file)
    } catch {
      skipOperand(error.description)
      return nil
    }
  }

  /// The next record; nil at the end, or where reading fails, which has then been reported.
  private func next(
    _ reader: LineReader, _ file: InputFile, _ pause: () throws -> Void
  ) throws -> LineReader.Line? {
    while true {
      do {
        return try reader.next()
      } catch let error as ArrayError {
        if isStrict { try pause() }
        countBad("\(file.name):\(reader.lineNumber): \(error)")
        if isStrict { throw StrictStop() }
      } catch let error as IOError {
        // What has been read of the next record is not the record.
        if Interruption.signal == nil { skipOperand(error.description) }
        return nil
      } catch let failure as PauseFailure {
        throw failure.cause
      }
    }
  }

  private func take(
    _ line: LineReader.Line, of reader: LineReader, _ file: InputFile, _ pause: () throws -> Void,
    _ body: (SourceLine) throws -> Void
  ) throws {
    if Self.isBlank(line.bytes) { return }
    progress?.records += 1
    let source = SourceLine(
      bytes: line.bytes, file: file, number: line.number, offset: line.offset, hasReturn: line.hasReturn)
    guard !line.isOversize else {
      if isStrict { try pause() }
      return try reject(source, "longer than \(maximumLength) bytes (--max-line)", rest: reader)
    }
    do {
      try body(source)
    } catch let error as any RecordError {
      if isStrict { try pause() }
      try reject(source, error.description)
    }
  }

  /// `rest` holds what follows the bytes at hand of an oversize record.
  private func reject(_ line: SourceLine, _ reason: String, rest: LineReader?) throws {
    countBad("\(line.file.name):\(line.number): \(reason)")
    if let rejects {
      try rejects.write(line.bytes)
      try rest?.copyRest { try rejects.write($0) }
      if line.hasReturn { try rejects.write(byte: UInt8(ascii: "\r")) }
      try rejects.endRecord(separator)
    }
    if isStrict { throw StrictStop() }
  }

  private func countBad(_ message: String) {
    warn(message)
    rejected += 1
    progress?.bad = rejected
  }

  private func skipOperand(_ reason: String) {
    warn(reason)
    isOperandUnreadable = true
  }

  private static func isBlank(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.allSatisfy { $0 == UInt8(ascii: " ") || $0 == 9 || $0 == 10 || $0 == 13 }
  }
}
