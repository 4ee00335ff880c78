import Checkpoints
import Streams

/// A byte-level BPE tokenizer, compiled and mapped. Immutable; any number of encoders and threads may share it.
package final class Tokenizer: Sendable {
  /// `NAME@8hex`: the model's name and the digest of the tokenizer's source.
  package let identity: String
  /// The ids from 0 up to this cover the vocabulary, added tokens included.
  package let vocabularySize: Int
  /// Tokens that the tokenizer's own post-processor puts before and after a text.
  package let prefix: [UInt32]
  package let suffix: [UInt32]
  /// The beginning-of-text token, where one is configured.
  package let beginning: UInt32?
  /// The end-of-text token, where one is configured.
  package let end: UInt32?
  /// Whether `prefix` begins with `beginning`.
  package var addsBeginning: Bool { beginning != nil && prefix.first == beginning }

  /// Opens the tokenizer of a model: `tokenizer.json` in its folder, or the vocabulary in its GGUF file.
  ///
  /// - Throws: `TokenizerError` when the source is malformed or has what is not supported, `CheckpointError` or
  ///   `IOError` when it cannot be read.
  package static func open(_ location: ModelLocation) throws -> Tokenizer {
    throw TokenizerError.unsupported("\(location)")
  }

  private init() {
    identity = ""
    vocabularySize = 0
    prefix = []
    suffix = []
    beginning = nil
    end = nil
  }
}
