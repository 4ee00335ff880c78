/// The shapes of records that are read, each named after the member that tells it.
package enum Shape: String, CaseIterable, Sendable {
  /// `chosen` and `rejected`, strings beside a `prompt` or lists of messages: two candidates.
  case preference
  /// `messages`, a list of `{"role": …, "content": …}`.
  case messages
  /// `conversations`, a list of `{"from": …, "value": …}`, or of texts that take turns.
  case conversations
  /// `prompt`, `question`, `query` or `input`, and `response`, `completion`, `output`, `generation` or
  /// `answer`: strings or lists of messages.
  case prompt
  /// `instruction`, with or without `input`, and `response`, `completion`, `output` or `generation`.
  case instruction
  /// `problem` or `question`, and `generated_solution` or `solution`.
  case problem
  /// `inputs` and `targets`, as in FLAN.
  case inputs
  /// A list of candidates in `completions`, as in UltraFeedback.
  case completions
  /// A list of candidates in `answers`, as in Nectar.
  case answers
  /// A list of candidates in `generations`.
  case generations
  /// A list of candidates in `responses`.
  case responses
  /// Candidates in members of their own, told apart by a number or a letter: `response_0`, `response_1`.
  case numbered
}
