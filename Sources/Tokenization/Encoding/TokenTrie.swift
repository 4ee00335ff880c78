/// A trie of tokens' bytes where it lies in the compiled tokenizer.
///
/// A node is three numbers: its first edge, their number, and one more than the token that ends there.
/// An edge is byte << 24 | the target's number; edges are sorted within a node. Node 0 is the root.
struct TokenTrie {
  private let nodes: UnsafePointer<UInt32>
  private let edges: UnsafePointer<UInt32>

  /// Nodes are numbered below this.
  static let maximumCount = 1 << 24

  /// nil when some number leads outside.
  init?(nodes: UnsafeBufferPointer<UInt32>, edges: UnsafeBufferPointer<UInt32>, vocabularySize: UInt32) {
    guard nodes.count.isMultiple(of: 3), let nodeBase = nodes.baseAddress, nodes.count >= 3 else {
      return nil
    }
    for index in stride(from: 0, to: nodes.count, by: 3) {
      guard Int(nodes[index]) + Int(nodes[index + 1]) <= edges.count, nodes[index + 2] <= vocabularySize
      else {
        return nil
      }
    }
    guard edges.allSatisfy({ Int($0 & 0xFF_FFFF) < nodes.count / 3 }) else { return nil }
    self.nodes = nodeBase
    self.edges = edges.baseAddress ?? nodeBase
  }

  /// The token that ends at a node.
  @inline(__always)
  func token(_ node: Int) -> UInt32? {
    let token = nodes[node &* 3 &+ 2]
    return token == 0 ? nil : token &- 1
  }

  /// The node that a byte leads to.
  @inline(__always)
  func child(_ node: Int, _ byte: UInt8) -> Int? {
    var low = Int(nodes[node &* 3])
    var count = Int(nodes[node &* 3 &+ 1])
    let key = UInt32(byte) << 24
    // The last edge that is not greater than any with this byte.
    while count > 1 {
      let half = count / 2
      if edges[low &+ half] < key { low &+= half }
      count &-= half
    }
    while count > 0, edges[low] < key {
      low &+= 1
      count &-= 1
      if low == Int(nodes[node &* 3]) &+ Int(nodes[node &* 3 &+ 1]) { return nil }
    }
    guard nodes[node &* 3 &+ 1] > 0, edges[low] >> 24 == UInt32(byte) else { return nil }
    return Int(edges[low] & 0xFF_FFFF)
  }

  /// The token with these bytes.
  func find(_ bytes: UnsafePointer<UInt8>, count: Int) -> UInt32? {
    var node = 0
    for index in 0..<count {
      guard let next = child(node, bytes[index]) else { return nil }
      node = next
    }
    return token(node)
  }

  /// The sections of a trie of tokens; nil when there are too many nodes.
  static func build(_ tokens: [(bytes: [UInt8], id: UInt32)]) -> (nodes: [UInt32], edges: [UInt32])? {
    let sorted = tokens.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    var nodes: [UInt32] = []
    var edges: [UInt32] = []
    /// For each node, the tokens that begin with what leads to it, and how many bytes that are.
    var pending: [(range: Range<Int>, depth: Int)] = [(0..<sorted.count, 0)]
    var index = 0
    while index < pending.count {
      let (range, depth) = pending[index]
      var here = range.lowerBound
      var token: UInt32 = 0
      while here < range.upperBound, sorted[here].bytes.count == depth {
        token = sorted[here].id + 1
        here += 1
      }
      let first = edges.count
      while here < range.upperBound {
        let byte = sorted[here].bytes[depth]
        var end = here
        while end < range.upperBound, sorted[end].bytes[depth] == byte { end += 1 }
        guard pending.count < maximumCount else { return nil }
        edges.append(UInt32(byte) << 24 | UInt32(pending.count))
        pending.append((here..<end, depth + 1))
        here = end
      }
      nodes += [UInt32(first), UInt32(edges.count - first), token]
      index += 1
    }
    return (nodes, edges)
  }
}
