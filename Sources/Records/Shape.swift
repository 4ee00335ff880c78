/// The shapes of records that are read, each named after the member that tells it.
package enum Shape: String, CaseIterable, Sendable {
  /// `chosen` and `rejected`, strings beside a `prompt` or lists of messages: two candidates.
  case preference
  /// `messages`, a list of `{"role": …, "content": …}`.
  case messages
  /// `conversations`, a list of `{"from": …, "value": …}`.
  case conversations
  /// `prompt` and `response`, `completion` or `output`: strings or lists of messages.
  case prompt
  /// `instruction`, with or without `input`, and `response`, `completion` or `output`.
  case instruction
  /// A list of candidates in `completions`, as in UltraFeedback.
  case completions
  /// A list of candidates in `answers`, as in Nectar.
  case answers
  /// A list of candidates in `generations`.
  case generations
  /// A list of candidates in `responses`.
  case responses
}
