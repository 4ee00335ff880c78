import Records
import Streams

/// What is read from a record: each candidate's record, context and response.
struct Read: Equatable, CustomStringConvertible {
  var record: String
  var context: [String]
  var response: String
  var from: String?

  var description: String { "\(from ?? "-") \(record) \(context) \(response)" }
}

/// What `mapping` finds in a record.
func read(_ record: String, _ mapping: RecordMapping = RecordMapping()) throws -> [Read] {
  var candidate = Candidate()
  func result(_ record: String, from: String?) -> Read {
    Read(
      record: record,
      context: candidate.context.map {
        "\($0.role): \(String(decoding: candidate.text($0.content), as: UTF8.self))"
      },
      response: String(decoding: candidate.text(candidate.response), as: UTF8.self), from: from)
  }
  return try withJSON(record) { value in
    switch try mapping.content(of: value) {
    case .response(let parts):
      try candidate.read(parts, of: value)
      return [result(record, from: nil)]
    case .candidates(let list):
      return try list.map { element in
        var bytes = ByteBuffer()
        try list.append(element, to: &bytes)
        return try withJSON(Array(bytes.raw)) { value in
          try candidate.read(try mapping.parts(ofCandidate: value), of: value)
          return result(String(decoding: bytes.raw, as: UTF8.self), from: element.name)
        }
      }
    }
  }
}

/// Why nothing is found in a record; nil if something is.
func error(_ record: String, _ mapping: RecordMapping = RecordMapping()) -> ShapeError? {
  do {
    _ = try read(record, mapping)
    return nil
  } catch {
    return error as? ShapeError
  }
}
