/// The added tokens and the tries in which they are found.
struct AddedTokenTable {
  /// One of the two tries: for texts as they are, and for normalized texts.
  enum Root: Int {
    case plain = 0
    case normalized = 1
  }

  private let tokens: UnsafeBufferPointer<UInt32>
  private let nodes: UnsafeBufferPointer<UInt32>
  private let edges: UnsafeBufferPointer<UInt32>

  /// nil when some number leads outside.
  init?(
    tokens: UnsafeBufferPointer<UInt32>, nodes: UnsafeBufferPointer<UInt32>,
    edges: UnsafeBufferPointer<UInt32>,
    vocabularySize: UInt32
  ) {
    guard tokens.count.isMultiple(of: 2), nodes.count.isMultiple(of: 3), nodes.count >= 6 else { return nil }
    for index in stride(from: 0, to: tokens.count, by: 2) where tokens[index] >= vocabularySize { return nil }
    for index in stride(from: 0, to: nodes.count, by: 3) {
      guard Int(nodes[index]) + Int(nodes[index + 1]) <= edges.count,
        Int(nodes[index + 2]) <= tokens.count / 2
      else { return nil }
    }
    guard edges.allSatisfy({ Int($0 & 0xFF_FFFF) < nodes.count / 3 }) else { return nil }
    self.tokens = tokens
    self.nodes = nodes
    self.edges = edges
  }

  var count: Int { tokens.count / 2 }

  /// The added token at a place in the table.
  subscript(index: Int) -> (id: UInt32, flags: AddedToken.Flags) {
    (tokens[index * 2], AddedToken.Flags(rawValue: tokens[index * 2 + 1]))
  }

  /// Whether a token is one of the special ones. O(number of added tokens).
  func isSpecial(_ id: UInt32) -> Bool {
    (0..<tokens.count / 2).contains { self[$0].id == id && self[$0].flags.contains(.special) }
  }

  /// The bytes with which the tokens of a trie begin.
  func firstBytes(_ root: Root) -> [UInt8] {
    let first = Int(nodes[root.rawValue * 3])
    return (first..<first + Int(nodes[root.rawValue * 3 + 1])).map { UInt8(edges[$0] >> 24) }
  }

  /// The longest token of a trie that begins at `position`: its place in the table and where it ends.
  func longest(
    _ root: Root, _ text: UnsafePointer<UInt8>, at position: Int, to end: Int
  ) -> (token: Int, end: Int)? {
    var node = root.rawValue * 3
    var here = position
    var found: (token: Int, end: Int)?
    while here < end, let next = child(node, text[here]) {
      node = next * 3
      here += 1
      if nodes[node + 2] != 0 { found = (Int(nodes[node + 2]) - 1, here) }
    }
    return found
  }

  /// The node that a byte leads to; edges are sorted by it.
  private func child(_ node: Int, _ byte: UInt8) -> Int? {
    var low = Int(nodes[node])
    var high = low + Int(nodes[node + 1])
    while low < high {
      let middle = (low + high) / 2
      if edges[middle] >> 24 < UInt32(byte) { low = middle + 1 } else { high = middle }
    }
    guard low < Int(nodes[node]) + Int(nodes[node + 1]), edges[low] >> 24 == UInt32(byte) else { return nil }
    return Int(edges[low] & 0xFF_FFFF)
  }

  /// The tables of two tries, of tokens' bytes and their places.
  static func build(
    plain: [(bytes: [UInt8], token: Int)], normalized: [(bytes: [UInt8], token: Int)]
  ) -> (nodes: [UInt32], edges: [UInt32]) {
    var children: [[UInt8: Int]] = [[:], [:]]
    var tokens = [0, 0]
    for (root, words) in [plain, normalized].enumerated() {
      for word in words {
        var node = root
        for byte in word.bytes {
          let next = children[node][byte] ?? children.count
          if next == children.count {
            children[node][byte] = next
            children.append([:])
            tokens.append(0)
          }
          node = next
        }
        tokens[node] = word.token + 1
      }
    }
    var nodes: [UInt32] = []
    var edges: [UInt32] = []
    for (node, targets) in children.enumerated() {
      nodes += [UInt32(edges.count), UInt32(targets.count), UInt32(tokens[node])]
      for (byte, target) in targets.sorted(by: { $0.key < $1.key }) {
        edges.append(UInt32(byte) << 24 | UInt32(target))
      }
    }
    return (nodes, edges)
  }
}
