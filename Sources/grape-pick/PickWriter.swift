import Records
import Selection
import Streams

/// Writes picked records.
struct PickWriter: ~Copyable {
  private let output: Output
  private let separator: UInt8
  private var parser = JSONParser()
  private var edit = GrapeEdit()
  private var buffer: [UInt8] = []

  init(output: Output, separator: UInt8) {
    self.output = output
    self.separator = separator
  }

  /// Writes a record as it is.
  func write(_ record: UnsafeRawBufferPointer) throws {
    try output.write(record)
    try output.endRecord(separator)
  }

  /// Writes a record with its standing in its `grape` member.
  mutating func write(_ record: UnsafeRawBufferPointer, _ standing: Standing) throws {
    edit.removeAll()
    edit.set("rank", standing.rank)
    if let margin = standing.margin { edit.set("margin", margin) } else { edit.drop("margin") }
    edit.set("candidates", standing.candidates)
    buffer.removeAll(keepingCapacity: true)
    edit.append(record: try GrapeMember(of: parser.parse(record)), to: &buffer)
    try buffer.withUnsafeBytes { try output.write($0) }
    try output.endRecord(separator)
  }
}
