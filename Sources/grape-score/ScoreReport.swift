import Commands
import Inference
import Records
import Streams

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A further number about a response, under `grape.metrics`.
enum Metric: String, CaseIterable {
  /// exp of minus the mean log-probability.
  case perplexity

  /// The metrics that an option's comma-separated value names.
  static func list(_ text: String?) throws(UsageError) -> [Metric] {
    var metrics: [Metric] = []
    for name in text?.split(separator: ",") ?? [] {
      guard let metric = Metric(rawValue: String(name)) else {
        let known = allCases.map(\.rawValue).joined(separator: ", ")
        throw UsageError("option '--metric' takes one or several of \(known), not '\(name)'")
      }
      if !metrics.contains(metric) { metrics.append(metric) }
    }
    return metrics
  }

  func value(meanLogprob: Double) -> Double {
    switch self {
    case .perplexity: exp(-meanLogprob)
    }
  }
}

/// What is written of a record's scores.
struct ScoreReport {
  let isPerToken: Bool
  let metrics: [Metric]
  let keepsTokens: Bool
  /// The identities of the model, in the modes that there are scores in.
  let models: [String]

  init(isPerToken: Bool, metrics: [Metric], keepsTokens: Bool, models: [String]) {
    self.isPerToken = isPerToken
    self.metrics = metrics
    self.keepsTokens = keepsTokens
    self.models = models
  }

  /// Appends the record with its scores; false, and nothing appended, when they are not finite.
  ///
  /// - Parameter model: the one of `models` that they are of.
  func append(
    _ member: GrapeMember, _ scores: TokenScores, _ range: Range<Int>, model: String,
    to bytes: inout ByteBuffer
  ) -> Bool {
    let logprobs = scores.logprobs[range]
    let sum = logprobs.reduce(0, +)
    guard sum.isFinite else { return false }
    let mean = sum / Double(range.count)
    let names = keepsTokens ? Self.results : Self.results + ["tokens", "spans"]
    let others = Self.otherMetrics(of: member)
    member.appendRecord(replacing: names, to: &bytes) { writer in
      writer.name("score")
      writer.double(Self.rounded(mean))
      writer.name("logprob")
      writer.double(Self.rounded(sum))
      writer.name("count")
      writer.int(range.count)
      if !(metrics.isEmpty && others.isEmpty) { writeMetrics(mean, after: others, &writer) }
      if isPerToken {
        writer.name("logprobs")
        writer.beginArray()
        for logprob in logprobs { writer.double(Self.rounded(logprob)) }
        writer.endArray()
        writer.name("ranks")
        writer.beginArray()
        for rank in scores.ranks[range] { writer.int(Int(rank)) }
        writer.endArray()
      }
      writer.name("model")
      writer.string(model)
    }
    return true
  }

  /// Fields that scoring writes, or takes away where an earlier run has written them.
  private static let results: [StaticString] = [
    "score", "logprob", "count", "metrics", "logprobs", "ranks", "model",
  ]

  /// Whether `scored` is what `append` makes of `member`, the numbers themselves aside.
  func isResult(_ scored: GrapeMember, of member: GrapeMember) -> Bool {
    let (head, _, tail) = member.recordAroundMember
    let (scoredHead, _, scoredTail) = scored.recordAroundMember
    guard head.elementsEqual(scoredHead), tail.elementsEqual(scoredTail), scored.score != nil,
      let model = scored["model"]?.string, models.contains(model), (scored["logprobs"] != nil) == isPerToken,
      (scored["tokens"] != nil) == keepsTokens,
      hasMetrics(scored, of: member)
    else { return false }
    return Self.kept.allSatisfy { name in
      switch (member[name], scored[name]) {
      case (nil, nil): true
      case (let first?, let second?): first.raw.elementsEqual(second.raw)
      default: false
      }
    }
  }

  /// Fields that scoring leaves as they are.
  private static let kept: [StaticString] = ["group", "tokenizer", "from", "text", "truncated"]

  /// The metrics that another program has written, which stay.
  private static func otherMetrics(of member: GrapeMember) -> [(key: JSONValue, value: JSONValue)] {
    member["metrics"]?.members.filter { $0.key.string.flatMap(Metric.init) == nil } ?? []
  }

  /// Whether `scored` has the metrics of other programs that `member` has, and behind them those asked for.
  private func hasMetrics(_ scored: GrapeMember, of member: GrapeMember) -> Bool {
    let others = Self.otherMetrics(of: member)
    let found = scored["metrics"].map { Array($0.members) } ?? []
    return found.count == others.count + metrics.count
      && zip(found, others).allSatisfy {
        $0.key.raw.elementsEqual($1.key.raw) && $0.value.raw.elementsEqual($1.value.raw)
      }
      && found.dropFirst(others.count).map(\.key.string) == metrics.map(\.rawValue)
  }

  private func writeMetrics(
    _ mean: Double, after others: [(key: JSONValue, value: JSONValue)], _ writer: inout JSONWriter
  ) {
    writer.name("metrics")
    writer.beginObject()
    for field in others { writer.member(field.key, field.value) }
    for metric in metrics {
      writer.name(metric.rawValue)
      writer.double(Self.rounded(metric.value(meanLogprob: mean)))
    }
    writer.endObject()
  }

  /// To the seventh decimal: past single precision there is only noise.
  private static func rounded(_ value: Double) -> Double {
    let scaled = (value * 1e7).rounded(.toNearestOrEven) / 1e7
    return scaled == 0 ? 0 : scaled
  }
}
