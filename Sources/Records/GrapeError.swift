import Streams

/// Why a record's `grape` member cannot be read or written.
package enum GrapeError: RecordError, Equatable {
  case recordIsNoObject
  case memberIsNoObject
  case repeatedMember
  case missing(String)
  case wrongValue(String, expected: String)

  package var description: String {
    switch self {
    case .recordIsNoObject: "not a JSON object"
    case .memberIsNoObject: "grape is not an object"
    case .repeatedMember: "more than one grape member"
    case .missing("group"): "no grape.group: run grape-tokenize first"
    case .missing(let name):
      "no grape.\(name): run grape-tokenize first; grape-score keeps it with --keep-tokens"
    case .wrongValue(let name, let expected): "grape.\(name) is not \(expected)"
    }
  }
}
