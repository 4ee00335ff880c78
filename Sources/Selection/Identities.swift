import Records

/// The models and tokenizers that scores have come from, numbered as they were first seen.
package struct Identities {
  /// For messages: `SmolLM2-135M@1f0c22aa/bf16`, or `no model`; with the tokenizer's name where there is one.
  package private(set) var names: [String] = []
  private var spellings: [[UInt8]] = []
  private var places: [[UInt8]: Int] = [:]
  private var latest = -1
  private var scratch: [UInt8] = []

  package init() {}

  /// The number of a record's `grape.model` and `grape.tokenizer`.
  ///
  /// - Complexity: O(their length), without allocation when it is the same as the previous record's.
  package mutating func number(of member: GrapeMember) -> Int {
    let model = member["model"]
    let tokenizer = member.tokenizer
    scratch.removeAll(keepingCapacity: true)
    if let model { scratch.append(contentsOf: model.raw) }
    scratch.append(0)
    if let tokenizer { scratch.append(contentsOf: tokenizer.raw) }
    if latest >= 0, spellings[latest] == scratch { return latest }
    if let known = places[scratch] {
      latest = known
    } else {
      latest = names.count
      places[scratch] = latest
      spellings.append(scratch)
      let suffix = tokenizer?.string.map { " (tokenizer \($0))" } ?? ""
      names.append((model?.string ?? "no model") + suffix)
    }
    return latest
  }

  /// Adds a name, without the spelling that it came from, unless it is there.
  package mutating func insert(name: String) {
    guard !names.contains(name) else { return }
    names.append(name)
    spellings.append([])
  }
}
