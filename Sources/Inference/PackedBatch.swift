/// Token sequences packed end to end for one forward pass.
///
/// A row is one token to be computed. A sequence that begins with the same tokens as the one before it has no
/// rows of its own for them: its positions point at the rows of its predecessor (and so at those of the first
/// of a run). Only positions that a prediction depends on get a row. Building is linear in the tokens.
package struct PackedBatch: Sendable {
  /// A sequence: the row of each of its positions.
  struct Sequence: Sendable {
    let rows: Range<Int>
    /// Longer than `longestShort`.
    let isLong: Bool
  }

  /// A token whose log-probability is wanted: the row before it predicts it.
  struct Prediction: Sendable {
    let row: Int32
    let sequence: Int32
    let position: Int32
    let target: UInt32
  }

  /// Whether sequences share the rows of a common beginning. Off only to show that it changes nothing.
  let sharesPrefixes: Bool
  /// The most tokens of a sequence that a model does not take for a long one, whose numbers differ from its first token on: it
  /// shares no rows with a short one.
  let longestShort: Int

  /// Token, position and sequence of every row.
  private(set) var tokens: [UInt32] = []
  private(set) var positions: [Int32] = []
  private(set) var owners: [Int32] = []
  private(set) var sequences: [Sequence] = []
  /// Rows by position, the sequences one after the other.
  private(set) var rowOfPosition: [Int32] = []
  private(set) var predictions: [Prediction] = []

  private var previous: [UInt32] = []

  /// - Parameter longestShort: `LanguageModel.longestShort` of the model that it is for.
  package init(sharesPrefixes: Bool = true, longestShort: Int = .max) {
    self.sharesPrefixes = sharesPrefixes
    self.longestShort = longestShort
  }

  /// Rows to be computed so far.
  package var rowCount: Int { tokens.count }
  /// Predictions so far, in the order of `append`.
  package var predictionCount: Int { predictions.count }
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
    let needed = max(0, (spans.last { !$0.isEmpty }?.upperBound ?? 0) - 1)
    let sequence = Int32(sequences.count)
    let start = rowOfPosition.count
    var shared = 0
    let isLong = ids.count > longestShort
    if sharesPrefixes, let last = sequences.last, last.isLong == isLong {
      let limit = min(needed, last.rows.count)
      while shared < limit && ids[shared] == previous[shared] { shared += 1 }
      for position in 0..<shared { rowOfPosition.append(rowOfPosition[last.rows.lowerBound + position]) }
    }
    for position in shared..<needed {
      rowOfPosition.append(Int32(tokens.count))
      tokens.append(ids[position])
      positions.append(Int32(position))
      owners.append(sequence)
    }
    sequences.append(Sequence(rows: start..<rowOfPosition.count, isLong: isLong))
    previous = ids
    var added = 0
    for span in spans {
      for position in span where position > 0 {
        predictions.append(
          Prediction(
            row: rowOfPosition[start + position - 1], sequence: sequence, position: Int32(position - 1),
            target: ids[position]))
        added += 1
      }
    }
    return added
  }

  /// Empties the batch and keeps its memory.
  package mutating func removeAll() {
    tokens.removeAll(keepingCapacity: true)
    positions.removeAll(keepingCapacity: true)
    owners.removeAll(keepingCapacity: true)
    sequences.removeAll(keepingCapacity: true)
    rowOfPosition.removeAll(keepingCapacity: true)
    predictions.removeAll(keepingCapacity: true)
    previous.removeAll(keepingCapacity: true)
  }
}
