import Commands
import Inference

/// Scored records that wait until it is clear in which mode their group is scored: a fast one, or an exact
/// one where the fast one has put the wrong response first.
///
/// A group is a run of records with one key. Its best response stands apart when every other is below it by
/// more than `margin` · sqrt(1/n + 1/m), for n and m tokens: errors of single tokens average out. Otherwise
/// the best one and those near it are scored exactly. When that leaves the same one the best, the group keeps
/// its fast scores; if not, its other records are scored exactly too, and it has exact scores throughout.
///
/// All this depends on a group's records alone, so that windows, pauses and interruptions
/// do not show in the output.
final class Refinement {
  /// The mode that all records are scored in at first.
  static let fast = Precision.int8
  /// Three standard deviations of the error that int8 has in a difference of two scores of a group, in units
  /// of sqrt(1/n + 1/m): 0.11 on Alpaca's candidates and 0.13 on GSM8K's, under SmolLM2-135M.
  static let defaultMargin = 0.4

  /// A record and its scores, in the fast mode and perhaps in the exact one.
  struct Scored {
    let line: HeldLine
    let tokens: [UInt32]
    let spans: [Range<Int>]
    let fast: TokenScores
    var exact: TokenScores?

    var count: Int { fast.logprobs.count }
  }

  private final class Group {
    let key: [UInt8]
    var records: [Scored] = []
    var bytes = 0
    /// Whether it has exact scores; nil while that is not clear.
    var isExact: Bool?
    var isEnded = false
    /// Records that wait to be scored exactly.
    var waitingCount = 0

    init(_ key: [UInt8], isExact: Bool?) {
      self.key = key
      self.isExact = isExact
    }

    var isReady: Bool { isEnded && waitingCount == 0 && isExact != nil }
  }

  private let exact: ScoringBatch
  private let margin: Double

  /// In the order of the input; the last one may be running.
  private var groups: [Group] = []
  private var running: Group?
  private var bytes = 0
  /// What is in the exact mode's batch.
  private var waiting: [(group: Group, place: Int)] = []
  /// A group that an earlier run has begun to write, and whether with exact scores.
  private var resumed: (key: [UInt8], isExact: Bool)?

  /// Groups so far, those of them with records that were scored again, and those that have exact scores.
  private var groupCount = 0
  private var closeCount = 0
  private var exactCount = 0

  private static let maximumGroupBytes = 16 << 20
  private static let maximumBytes = 64 << 20

  init(_ exact: ScoringBatch, margin: Double) {
    self.exact = exact
    self.margin = margin
  }

  /// The exact mode's model.
  var model: LanguageModel { exact.model }

  /// `40 of 200 groups scored again, 3 changed`.
  var summary: String {
    "\(closeCount) of \(groupCount) groups scored again, \(exactCount) changed"
  }

  /// Learns with which scores a record of a group has been written, for the group's other records.
  func resume(_ key: [UInt8], isExact: Bool) { resumed = (key, isExact) }

  /// Takes a record with its fast scores.
  ///
  /// - Parameter work: what has been computed is added.
  func append(_ record: Scored, key: [UInt8], counting work: inout Work) {
    if running?.key != key {
      endGroup(counting: &work)
      groupCount += 1
      begin(key, isExact: resumed?.key == key ? resumed?.isExact : nil)
      resumed = nil
    }
    guard let group = running else { return }
    group.records.append(record)
    group.bytes += record.line.bytes.count
    bytes += record.line.bytes.count
    guard group.bytes > Self.maximumGroupBytes else { return }
    // It cannot be held to its end: it has exact scores, unless an earlier run has found out that it has not.
    let isExact = group.isExact ?? true
    group.isExact = isExact
    endGroup(counting: &work)
    begin(key, isExact: isExact)
    if bytes > Self.maximumBytes { finish(counting: &work) }
  }

  private func begin(_ key: [UInt8], isExact: Bool?) {
    let group = Group(key, isExact: isExact)
    groups.append(group)
    running = group
  }

  /// Ends the running group.
  func endGroup(counting work: inout Work) {
    guard let group = running else { return }
    running = nil
    group.isEnded = true
    if group.isExact == nil {
      guard let close = closePlaces(in: group) else {
        group.isExact = false
        return
      }
      closeCount += 1
      if close.count == group.records.count { settle(group, isExact: true) }
      request(close, of: group, counting: &work)
    } else if group.isExact == true {
      request(Array(group.records.indices), of: group, counting: &work)
    }
  }

  /// Scores what waits to be scored exactly.
  func finish(counting work: inout Work) {
    while !waiting.isEmpty { scoreWaiting(before: nil, counting: &work) }
  }

  /// Takes the records of the groups at the queue's beginning that are ready, with
  /// the scores they are to have.
  func takeReady() -> [(line: HeldLine, scores: TokenScores, isExact: Bool)] {
    let count = groups.firstIndex { !$0.isReady } ?? groups.count
    let ready = groups[..<count].flatMap { group in
      group.records.map { record in
        let exact = group.isExact == true ? record.exact : nil
        return (record.line, exact ?? record.fast, exact != nil)
      }
    }
    bytes -= groups[..<count].reduce(0) { $0 + $1.bytes }
    groups.removeFirst(count)
    return ready
  }

  // MARK: Scoring again

  /// Puts records into the exact mode's batch, but for those that have exact scores.
  private func request(_ places: [Int], of group: Group, counting work: inout Work) {
    let missing = places.filter { group.records[$0].exact == nil }
    group.waitingCount += missing.count
    for place in missing {
      let record = group.records[place]
      if exact.isFull { scoreWaiting(before: record.tokens, counting: &work) }
      waiting.append((group, place))
      _ = exact.append(record.tokens, spans: record.spans)
    }
  }

  private func scoreWaiting(before next: [UInt32]?, counting work: inout Work) {
    var again = Work()
    let scores = exact.score(before: next, counting: &again)
    work.addAgain(again)
    let scored = waiting
    waiting.removeAll(keepingCapacity: true)
    var at = 0
    for (group, place) in scored {
      let end = at + group.records[place].count
      group.records[place].exact = scores[at..<end]
      group.waitingCount -= 1
      at = end
    }
    for (group, _) in scored where group.waitingCount == 0 && group.isExact == nil {
      settle(group, isExact: best(of: group.records.map(\.exact)) != best(of: group.records.map(\.fast)))
      if group.isExact == true { request(Array(group.records.indices), of: group, counting: &work) }
    }
  }

  private func settle(_ group: Group, isExact: Bool) {
    group.isExact = isExact
    if isExact { exactCount += 1 }
  }

  /// The place of the greatest mean, the first of equal ones, which is what is picked; nil
  /// where a number is not finite.
  private func best(of scores: [TokenScores?]) -> Int? {
    var best: (place: Int, mean: Double)?
    for (place, scores) in scores.enumerated() {
      guard let scores else { continue }
      let mean = scores.mean
      guard mean.isFinite else { return nil }
      if mean > best?.mean ?? -.infinity { best = (place, mean) }
    }
    return best?.place
  }

  /// The places of the records that might be the best if all were scored exactly; nil if that is but one.
  private func closePlaces(in group: Group) -> [Int]? {
    let scores = group.records.map(\.fast)
    guard scores.count > 1 else { return nil }
    guard let best = best(of: scores) else { return Array(scores.indices) }
    let first = scores[best]
    let close = scores.indices.filter { place in
      let other = scores[place]
      // Another record of the same text stays behind it.
      if other.logprobs == first.logprobs { return place == best }
      let tokens = 1 / Double(first.logprobs.count) + 1 / Double(other.logprobs.count)
      return first.mean - other.mean <= margin * tokens.squareRoot()
    }
    return close.count > 1 ? close : nil
  }
}

extension TokenScores {
  /// The mean log-probability.
  fileprivate var mean: Double { logprobs.reduce(0, +) / Double(logprobs.count) }
}

extension Work {
  /// Adds what has been computed for texts that have been counted before.
  fileprivate mutating func addAgain(_ part: Work) {
    computedTokens += part.computedTokens
    multiplyAdds += part.multiplyAdds
  }
}
