/// Who speaks in a turn of a conversation.
///
/// The raw values are part of what `grape.group` is the hash of: they stay.
package enum Role: UInt8, Sendable {
  case system = 0
  case user = 1
  case assistant = 2
  case tool = 3

  /// The name in `role` that all programs know.
  package var name: String {
    switch self {
    case .system: "system"
    case .user: "user"
    case .assistant: "assistant"
    case .tool: "tool"
    }
  }

  /// The name in `from` that ShareGPT's records have.
  var shareGPTName: String {
    switch self {
    case .system: "system"
    case .user: "human"
    case .assistant: "gpt"
    case .tool: "tool"
    }
  }

  /// The role that a message names in `role` or `from`, in any of the spellings in use;
  /// nil if it names none of these.
  init?(of message: JSONValue) {
    guard let name = message.roleName else { return nil }
    for (spelling, role) in Self.spellings where name.equals(spelling) {
      self = role
      return
    }
    // A few data sets write names in capitals, or begin them so.
    guard let small = name.string?.lowercased(), name.kind == .string,
      let (_, role) = Self.spellings.first(where: { $0.0.description == small })
    else { return nil }
    self = role
  }

  private static let spellings: [(StaticString, Role)] = [
    ("user", .user), ("assistant", .assistant), ("system", .system), ("human", .user), ("gpt", .assistant),
    ("tool", .tool), ("developer", .system), ("prompter", .user), ("model", .assistant),
    ("chatgpt", .assistant),
    ("bot", .assistant), ("bard", .assistant), ("bing", .assistant), ("function_call", .assistant),
    ("function", .tool), ("observation", .tool), ("ipython", .tool), ("environment", .tool),
    ("chatbot", .assistant), ("function-call", .assistant), ("tool_call", .assistant),
    ("function-response", .tool), ("function_response", .tool), ("tool_response", .tool),
  ]
}

extension JSONValue {
  /// A message's `role`, or its `from`.
  var roleName: JSONValue? { self["role"] ?? self["from"] }

  /// A message's `content`, or its `value`.
  var messageContent: JSONValue? { self["content"] ?? self["value"] }
}
