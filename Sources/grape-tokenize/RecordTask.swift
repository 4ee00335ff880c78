/// What a thread does with each record. One per thread: it holds the scratch memory, which is reused.
protocol RecordTask: AnyObject {
  /// Appends what the record in `line` becomes, each record of it followed by `separator`.
  ///
  /// - Returns: how many tokens it has.
  /// - Throws: a `RecordError` if the record is bad, or a part of it is; the rest has then been appended.
  func append(_ line: UnsafeRawBufferPointer, separator: UInt8, to output: inout [UInt8]) throws -> Int

  /// What the latest call has appended, record by record, where records that say the same as an earlier one are to be
  /// left out; otherwise empty.
  var contents: [RecordContent] { get }
}

/// A record in a task's output.
struct RecordContent {
  /// A hash of its group and its response.
  let key: UInt128
  /// Where the record ends, its separator included.
  let end: Int
}
