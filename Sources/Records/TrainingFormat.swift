/// A shape of rows that training programs read. Every row of a format has the same members
/// with values of the same types.
package enum TrainingFormat: String, CaseIterable, Sendable {
  /// `messages`, a list of `{"role", "content"}`: TRL, axolotl, torchtune and most others.
  case messages
  /// `prompt` and `completion`, each a list of messages: TRL, which then trains on the completion only.
  case promptCompletion = "prompt-completion"
  /// `conversations`, a list of `{"from", "value"}`: LLaMA-Factory, axolotl, torchtune.
  case sharegpt
  /// `instruction`, `input` and `output`: one instruction and its response.
  case alpaca
  /// `input_ids`, and `labels`, which are -100 where a token is no part of the response.
  case tokens
}
