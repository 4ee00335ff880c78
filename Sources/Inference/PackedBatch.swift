/// Token sequences packed for one forward pass, as a tree of prefixes.
///
/// A row is one token to be computed, behind all tokens before it: a node of the tree. Sequences that
/// begin with the same tokens have the rows of that beginning in common, wherever they stand in the batch,
/// and so have predictions of the same token behind the same ones. What an earlier batch has left
/// (`KeptPrefix`) has no rows here at all. Only positions that a prediction depends on get a row.
/// Building is linear in the tokens.
///
/// Keys and values lie in pages of `pageSize` positions; a page begins at a multiple of that many. Sequences
/// with the same rows in a block of positions have its page in common.
package struct PackedBatch: Sendable {
  /// Positions in a page.
  static let pageSize = 64

  struct Sequence: Sendable {
    /// The pages of its blocks of positions, in `pageOfBlock`.
    let blocks: Range<Int>
    /// Its tokens, those included that no prediction depends on.
    let length: Int
    /// Longer than `longestShort`.
    let isLong: Bool
  }

  /// A block of positions along a path of the tree.
  struct Page: Sendable {
    /// Its first position is `block * pageSize`.
    let block: Int
    /// The positions at its beginning that come from the kept prefix.
    let keptCount: Int
    /// The rows of the others, in `rowOfSlot`.
    let slots: Range<Int>
  }

  /// A token whose log-probability is wanted: the row before it predicts it.
  struct Prediction: Sendable {
    /// -1 where the kept prefix has that row.
    let row: Int32
    let sequence: Int32
    let position: Int32
    let target: UInt32
  }

  /// Whether sequences share the rows of a common beginning. Off only to show that it changes nothing.
  let sharesPrefixes: Bool
  /// The most tokens of a sequence that a model does not take for a long one, whose numbers differ from its
  /// first token on: it shares no rows with a short one.
  let longestShort: Int

  /// What an earlier batch has left.
  private(set) var kept: KeptPrefix?

  /// Token, position and sequence of every row.
  private(set) var tokens: [UInt32] = []
  private(set) var positions: [Int32] = []
  private(set) var owners: [Int32] = []
  private(set) var sequences: [Sequence] = []
  private(set) var pages: [Page] = []
  /// Rows by page.
  private(set) var rowOfSlot: [Int32] = []
  /// Pages by sequence and block; -1 for the kept prefix's page of the block.
  private(set) var pageOfBlock: [Int32] = []
  /// The predictions to be computed, all different where prefixes are shared.
  private(set) var predictions: [Prediction] = []
  /// Of each prediction that was asked for, in order, its place in `predictions`.
  private(set) var places: [Int32] = []

  /// A child of a node in the tree, or a prediction behind it.
  private struct Step: Hashable {
    let node: Int32
    let token: UInt32
  }
  private var children: [Step: Int32] = [:]
  private var placeOfStep: [Step: Int32] = [:]
  private var pageOfRow: [Int32] = []
  /// The latest sequence: the nodes of its rows, and its tokens.
  private var path: [Int32] = []
  private(set) var latest: [UInt32] = []
  /// The tokens before its last span, which other responses to the same prompt share.
  private(set) var latestPromptCount = 0

  /// - Parameter longestShort: `LanguageModel.longestShort` of the model that it is for.
  package init(sharesPrefixes: Bool = true, longestShort: Int = .max) {
    self.sharesPrefixes = sharesPrefixes
    self.longestShort = longestShort
  }

  /// Rows to be computed so far.
  package var rowCount: Int { tokens.count }
  /// Predictions so far, in the order of `append`.
  package var predictionCount: Int { places.count }
  package var isEmpty: Bool { sequences.isEmpty }

  /// Adds a sequence; the tokens of `spans` are predicted, from left to right, but for one at position 0,
  /// which nothing predicts.
  ///
  /// - Parameters:
  ///   - ids: the whole text.
  ///   - spans: ascending, disjoint, inside `ids`.
  /// - Returns: the number of predictions added.
  @discardableResult
  package mutating func append(_ ids: [UInt32], spans: [Range<Int>]) -> Int {
    let lastSpan = spans.last { !$0.isEmpty } ?? 0..<0
    let needed = max(0, lastSpan.upperBound - 1)
    let isLong = ids.count > longestShort
    let keptCount = keptCount(ids, upTo: needed, isLong: isLong)
    appendRows(ids, keptCount..<needed, isLong: isLong)
    let blocks = appendPages(keptCount: keptCount, needed)
    let sequence = Int32(sequences.count)
    sequences.append(Sequence(blocks: blocks, length: ids.count, isLong: isLong))
    latest.removeAll(keepingCapacity: true)
    latest.append(contentsOf: ids.prefix(needed))
    latestPromptCount = lastSpan.lowerBound
    let before = places.count
    for span in spans {
      for position in span where position > 0 {
        appendPrediction(of: ids[position], at: position - 1, keptCount: keptCount, sequence)
      }
    }
    return places.count - before
  }

  /// Empties the batch and keeps its memory.
  ///
  /// - Parameter kept: what sequences may begin with that an earlier batch has computed.
  package mutating func removeAll(behind kept: KeptPrefix? = nil) {
    self.kept = sharesPrefixes ? kept : nil
    tokens.removeAll(keepingCapacity: true)
    positions.removeAll(keepingCapacity: true)
    owners.removeAll(keepingCapacity: true)
    sequences.removeAll(keepingCapacity: true)
    pages.removeAll(keepingCapacity: true)
    rowOfSlot.removeAll(keepingCapacity: true)
    pageOfBlock.removeAll(keepingCapacity: true)
    predictions.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
    children.removeAll(keepingCapacity: true)
    placeOfStep.removeAll(keepingCapacity: true)
    pageOfRow.removeAll(keepingCapacity: true)
    latest.removeAll(keepingCapacity: true)
  }

  // MARK: Building

  /// Nodes of the tree are rows, and below zero the positions of the kept prefix, the first of them -3;
  /// -1 is the root of short sequences, -2 that of long ones.
  private static func node(keptCount: Int, isLong: Bool) -> Int32 {
    keptCount > 0 ? Int32(-2 - keptCount) : isLong ? -2 : -1
  }

  /// The tokens that a sequence has in common with the kept prefix.
  private func keptCount(_ ids: [UInt32], upTo limit: Int, isLong: Bool) -> Int {
    guard let kept, kept.isLong == isLong else { return 0 }
    return min(limit, Self.sharedCount(ids, kept.tokens))
  }

  /// The tokens that a sequence has in common with those of the latest one that were needed.
  func countSharedByLatest(_ ids: [UInt32]) -> Int { Self.sharedCount(ids, latest) }

  private static func sharedCount(_ first: [UInt32], _ second: [UInt32]) -> Int {
    let limit = min(first.count, second.count)
    return (0..<limit).first { first[$0] != second[$0] } ?? limit
  }

  /// Finds or makes the rows of the positions `range`, and leaves them in `path`.
  private mutating func appendRows(_ ids: [UInt32], _ range: Range<Int>, isLong: Bool) {
    path.removeAll(keepingCapacity: true)
    var node = Self.node(keptCount: range.lowerBound, isLong: isLong)
    for position in range {
      let row = Int32(tokens.count)
      let step = Step(node: node, token: ids[position])
      if sharesPrefixes, let found = children[step] {
        node = found
      } else {
        if sharesPrefixes { children[step] = row }
        tokens.append(ids[position])
        positions.append(Int32(position))
        owners.append(Int32(sequences.count))
        pageOfRow.append(-1)
        node = row
      }
      path.append(node)
    }
  }

  /// Finds or makes the pages of a sequence of `length` positions; their places in `pageOfBlock`.
  private mutating func appendPages(keptCount: Int, _ length: Int) -> Range<Int> {
    let first = pageOfBlock.count
    for start in stride(from: 0, to: length, by: Self.pageSize) {
      let end = min(start + Self.pageSize, length)
      guard end > keptCount else {
        pageOfBlock.append(-1)
        continue
      }
      // The page that holds the last of the rows holds those before it too, and in the same places.
      let found = pageOfRow[Int(path[end - 1 - keptCount])]
      if sharesPrefixes, found >= 0 {
        pageOfBlock.append(found)
        continue
      }
      let rows = path[max(0, start - keptCount)..<end - keptCount]
      let slots = rowOfSlot.count..<rowOfSlot.count + rows.count
      for row in rows where pageOfRow[Int(row)] < 0 { pageOfRow[Int(row)] = Int32(pages.count) }
      rowOfSlot.append(contentsOf: rows)
      pageOfBlock.append(Int32(pages.count))
      pages.append(
        Page(block: start / Self.pageSize, keptCount: max(0, keptCount - start), slots: slots))
    }
    return first..<pageOfBlock.count
  }

  private mutating func appendPrediction(
    of target: UInt32, at position: Int, keptCount: Int, _ sequence: Int32
  ) {
    let isKept = position < keptCount
    let row = isKept ? -1 : path[position - keptCount]
    let step = Step(node: isKept ? Self.node(keptCount: position + 1, isLong: false) : row, token: target)
    if sharesPrefixes, let found = placeOfStep[step] {
      places.append(found)
      return
    }
    if sharesPrefixes { placeOfStep[step] = Int32(predictions.count) }
    places.append(Int32(predictions.count))
    predictions.append(
      Prediction(row: row, sequence: sequence, position: Int32(position), target: target))
  }
}
