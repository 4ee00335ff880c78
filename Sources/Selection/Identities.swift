import Records

/// What a score comes from: a model, and the tokenizer and template that made its tokens.
package struct Identity: Hashable, Sendable, CustomStringConvertible {
  /// `grape.model`, such as `SmolLM2-135M@1f0c22aa/bf16`.
  package let model: String?
  /// `grape.tokenizer`.
  package let tokenizer: String?

  package init(model: String?, tokenizer: String?) {
    self.model = model
    self.tokenizer = tokenizer
  }

  package var description: String {
    (model ?? "no model") + (tokenizer.map { " (tokenizer \($0))" } ?? "")
  }
}

/// The identities of scores, numbered as they were first seen.
package struct Identities {
  package private(set) var list: [Identity] = []
  private var numbers: [Identity: Int] = [:]
  /// How the previous record spells its model and its tokenizer, empty for none, and
  /// the number of that identity.
  private var latestModel: [UInt8] = []
  private var latestTokenizer: [UInt8] = []
  private var latestNumber: Int?

  package init() {}

  /// The number of a record's identity.
  ///
  /// - Complexity: O(its length), without allocation when it is spelled as the previous record's.
  package mutating func number(of record: GrapeMember) -> Int {
    let model = record["model"]
    let tokenizer = record.tokenizer
    if let latestNumber, Self.isSpelled(model, latestModel), Self.isSpelled(tokenizer, latestTokenizer) {
      return latestNumber
    }
    let number = insert(Identity(model: model?.string, tokenizer: tokenizer?.string))
    latestModel = model.map { Array($0.raw) } ?? []
    latestTokenizer = tokenizer.map { Array($0.raw) } ?? []
    latestNumber = number
    return number
  }

  @inline(__always)
  private static func isSpelled(_ value: JSONValue?, _ spelling: [UInt8]) -> Bool {
    guard let value else { return spelling.isEmpty }
    return spelling.withUnsafeBytes { equalBytes($0, value.raw) }
  }

  /// Adds an identity unless it is there.
  ///
  /// - Returns: its number.
  @discardableResult
  package mutating func insert(_ identity: Identity) -> Int {
    if let number = numbers[identity] { return number }
    numbers[identity] = list.count
    list.append(identity)
    return list.count - 1
  }
}
