import Streams

/// Why no instruction and response are found in a record.
package enum ShapeError: RecordError, Equatable {
  case recordIsNoObject
  case unrecognised(members: [String])
  case notInShape(Shape, members: [String])
  case noPrompt(members: [String])
  case missing(String)
  case notText(String)
  /// An array, an object or null where a text, a number or a boolean is wanted.
  case notScalar(String)
  case notMessages(String)
  case unknownRole(String, role: String)
  case noAssistantTurn(String)
  case emptyResponse
  case noCandidates(String)
  case noResponse
  /// Several members that could be the response, or several sets of candidates.
  case ambiguousResponse([String])
  /// A numbered member beside a numbered prompt.
  case turnOrCandidate(String, beside: String)
  /// A string where a list is wanted that the string spells.
  case listInString(String)
  /// Several candidates where one response is wanted.
  case severalCandidates
  /// Something that a training format has no place for.
  case notKept(String)
  /// So many turns before the response where one instruction is wanted.
  case notOneInstruction(turns: Int)

  package var description: String {
    switch self {
    case .recordIsNoObject: "not a JSON object"
    case .unrecognised(let members):
      "no recognised shape; the members are \(Self.list(members)): see --prompt and --response"
    case .notInShape(let shape, let members):
      "not in the shape '\(shape.rawValue)'; the members are \(Self.list(members))"
    case .noPrompt(let members):
      "a response without a prompt; the members are \(Self.list(members)): see --prompt"
    case .missing(let path): "no value at \(path)"
    case .notText(let place): "\(place) is not a text"
    case .notScalar(let place): "\(place) is not a text, number or boolean"
    case .notMessages(let place): "\(place) is not a message with a role and a content"
    case .unknownRole(let place, let role): "\(place) has the unknown role '\(role)'"
    case .noAssistantTurn(let place): "\(place) has no assistant turn"
    case .emptyResponse: "empty response"
    case .noCandidates(let place): "\(place) is not a list of candidates"
    case .noResponse: "no response"
    case .ambiguousResponse(let names):
      "the response could be any of \(Self.list(names)): choose with --response"
    case .turnOrCandidate(let name, let prompt):
      "\(name) beside \(prompt) may be a turn or a candidate: choose with --prompt and --response"
    case .listInString(let place): "\(place) is a list within a string: take it out first, with jq's fromjson"
    case .severalCandidates: "several candidates in a record: run grape-tokenize first"
    case .notKept(let place): "\(place) has no place in the format"
    case .notOneInstruction(let turns):
      "\(turns) turn\(turns == 1 ? "" : "s") before the response, where the format has one instruction"
    }
  }

  private static func list(_ names: [String]) -> String {
    names.isEmpty ? "none" : names.joined(separator: ", ")
  }
}
