import Records

/// What a record says of its log-probabilities, as numbers that could be picked by instead of the score:
/// the length normalizations. Each is nil where the record does not tell it.
struct Normalizations {
  /// The mean over all response tokens: `grape.logprob` over `grape.count`.
  var mean: Double?
  /// The sum over all response tokens: `grape.logprob`.
  var sum: Double?
  /// The mean over the first response tokens of `grape.logprobs`.
  var first: Double?

  var isEmpty: Bool { sum == nil && first == nil }

  init() {}

  /// - Parameters:
  ///   - length: the record's number of response tokens.
  ///   - firstTokens: how many tokens `first` is the mean of; of a shorter response it is that of all.
  init(of member: GrapeMember, length: Int32?, firstTokens: Int) {
    if let logprob = member["logprob"]?.double, logprob.isFinite {
      sum = logprob
      if let length, length > 0 { mean = logprob / Double(length) }
    }
    guard let logprobs = member["logprobs"], logprobs.kind == .array else { return }
    var (total, count) = (0.0, 0)
    for logprob in logprobs.elements {
      guard count < firstTokens else { break }
      guard let logprob = logprob.double else { return }
      total += logprob
      count += 1
    }
    if count > 0, total.isFinite { first = total / Double(count) }
  }
}
