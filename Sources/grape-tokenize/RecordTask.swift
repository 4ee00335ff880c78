/// What a thread does with each record. One per thread: it holds the scratch memory, which is reused.
protocol RecordTask: ~Copyable {
  /// Appends what the record in `line` becomes.
  ///
  /// - Returns: how many tokens it has.
  /// - Throws: a `RecordError` if the record is bad, or a part of it is; the rest has then been appended.
  mutating func append(_ line: UnsafeRawBufferPointer, to output: inout RecordOutput) throws -> Int
}
