import Commands
import Records
import Selection
import Streams

/// Writes picked records: as they are, or as rows for training.
struct PickWriter: ~Copyable {
  /// What is written of a record's `grape` member.
  enum Member {
    case none
    case unchanged
    /// It, and the record's standing in it.
    case explained
  }

  private let output: Output
  private let separator: UInt8
  private let member: Member
  private var row: TrainingRow?
  private var buffer = ByteBuffer()

  init(_ member: Member, row: consuming TrainingRow?, output: Output, separator: UInt8) {
    self.output = output
    self.separator = separator
    self.member = member
    self.row = row
  }

  /// Whether a record can be written without a look at its `grape` member.
  var ignoresMember: Bool { member == .none && row == nil }

  /// Whether there are records that cannot be written.
  var isSelective: Bool { row != nil }

  /// Sees to it that a record can be written.
  ///
  /// - Throws: `RecordError` if not.
  mutating func check(_ record: GrapeMember) throws { try row?.check(record) }

  mutating func write(_ record: GrapeMember, _ standing: Standing) throws {
    if try row?.read(record) != nil {
      if let bytes = row?.bytes { try output.write(bytes) }
    } else {
      try writeText(record, standing)
    }
    try output.endRecord(separator)
  }

  private mutating func writeText(_ record: GrapeMember, _ standing: Standing) throws {
    switch member {
    case .none:
      let (head, tail) = record.recordWithoutMember
      try output.write(head)
      try output.write(tail)
    case .unchanged:
      try output.write(record.record.raw)
    case .explained:
      buffer.removeAll()
      record.appendRecord(replacing: ["rank", "margin", "candidates"], to: &buffer) { writer in
        writer.name("rank")
        writer.int(standing.rank)
        if let margin = standing.margin {
          writer.name("margin")
          writer.double(margin)
        }
        writer.name("candidates")
        writer.int(standing.candidates)
      }
      try output.write(buffer.raw)
    }
  }
}
