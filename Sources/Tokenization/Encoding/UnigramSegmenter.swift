/// Finds the most probable segmentation of a piece (Viterbi's algorithm): at each place, of all tokens
/// that end there the one with the best sum of scores up to there, the first of equals. Takes O(n k)
/// for n bytes and tokens of at most k.
final class UnigramSegmenter: PieceSegmenter {
  /// The last token of the best way to a place.
  private struct Step {
    var score: Double
    var token: UInt32
    /// Where the token begins; -1 where there is no way yet.
    var start: Int32
  }

  private let model: UnigramModel
  private var steps: [Step] = []
  private var path: [Step] = []

  /// SentencePiece begins sums anew where they exceed this, lest digits get lost.
  private static let largestSum = 100_000.0

  init(_ model: UnigramModel) { self.model = model }

  func segment(
    _ piece: UnsafePointer<UInt8>, count: Int, ids: UnsafeMutablePointer<UInt32>,
    ends: UnsafeMutablePointer<UInt32>, offset: UInt32
  ) -> Int {
    if steps.count <= count {
      steps += repeatElement(Step(score: 0, token: 0, start: -1), count: count + 1 - steps.count)
    }
    steps.withUnsafeMutableBufferPointer { steps in
      for index in 0...count { steps[index] = Step(score: 0, token: 0, start: -1) }
      findWays(piece, count, steps)
    }
    path.removeAll(keepingCapacity: true)
    var end = count
    while end > 0 {
      let step = steps[end]
      path.append(step)
      end = Int(step.start)
    }
    return write(piece, count, ids, ends, offset)
  }

  private func findWays(
    _ piece: UnsafePointer<UInt8>, _ count: Int, _ steps: UnsafeMutableBufferPointer<Step>
  ) {
    let model = model
    func sum(_ first: Double, _ second: Double) -> Double {
      model.isSingle ? Double(Float(first) + Float(second)) : first + second
    }
    func offer(_ score: Double, _ token: UInt32, _ start: Int, _ end: Int) {
      guard steps[end].start < 0 || score > steps[end].score else { return }
      steps[end] = Step(score: score, token: token, start: Int32(truncatingIfNeeded: start))
    }
    var here = 0
    var frontier = 0
    while here < count {
      let length = scalar(piece + here).count
      if model.isSingle, abs(steps[here].score) > Self.largestSum {
        let base = steps[here].score
        for index in here...max(here, frontier) where index == here || steps[index].start >= 0 {
          steps[index].score = sum(steps[index].score, -base)
        }
      }
      let score = steps[here].score
      var hasCharacter = false
      var node = 0
      var end = here
      while end < count, let next = model.trie.child(node, piece[end]) {
        node = next
        end += 1
        guard let token = model.trie.token(node) else { continue }
        frontier = max(frontier, end)
        offer(sum(model.score(token), score), token, here, end)
        if end - here == length { hasCharacter = true }
      }
      if !hasCharacter {
        frontier = max(frontier, here + length)
        offer(sum(model.unknownScore, score), model.unknown, here, here + length)
      }
      here += length
    }
  }

  /// Writes the tokens of `path`, which is from back to front; runs of the unknown token as one.
  private func write(
    _ piece: UnsafePointer<UInt8>, _ count: Int, _ ids: UnsafeMutablePointer<UInt32>,
    _ ends: UnsafeMutablePointer<UInt32>, _ offset: UInt32
  ) -> Int {
    var made = 0
    func put(_ id: UInt32, _ end: Int) {
      ids[made] = id
      ends[made] = UInt32(truncatingIfNeeded: end) &+ offset
      made += 1
    }
    func putUnknown(_ start: Int, _ end: Int) {
      if model.findsUnknownRuns, let token = model.trie.find(piece + start, count: end - start) {
        return put(token, end)
      }
      for index in start..<end where model.byteTokens[Int(piece[index])] == CacheSection.none {
        return put(model.unknown, end)
      }
      for index in start..<end { put(model.byteTokens[Int(piece[index])], end) }
    }
    /// Where the run of unknown tokens begins that is not written yet.
    var unknownStart: Int?
    for index in path.indices.reversed() {
      let start = Int(path[index].start)
      let end = index > 0 ? Int(path[index - 1].start) : count
      if path[index].token == model.unknown {
        unknownStart = unknownStart ?? start
        continue
      }
      if let first = unknownStart { putUnknown(first, start) }
      unknownStart = nil
      put(path[index].token, end)
    }
    if let first = unknownStart { putUnknown(first, count) }
    return made
  }
}
