import Commands

/// Takes records, and writes what they become in the order in which they came.
protocol RecordPipeline: AnyObject {
  /// Takes a record.
  ///
  /// - Throws: a `RecordError` for a bad one, which then has been left out; an error of writing; with
  ///   `--strict` the end of the run, at the first bad record.
  func append(_ line: SourceLine) throws

  /// Does the work for the records taken so far, and writes all that is not written.
  ///
  /// - Throws: an error of writing; with `--strict` the end of the run, at the first bad record.
  func finish() throws
}
