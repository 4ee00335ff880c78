/// What is wrong with a checkpoint: the file, and what was expected and what was found there.
///
/// One line, ready for a diagnostic: `model.safetensors: tensor model.norm.weight: data range 0..<128 is
/// outside the file's 64 bytes`.
package struct CheckpointError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file or folder, spelled as it was opened.
  package let file: String
  /// What was expected and what was found.
  package let reason: String

  package init(_ file: String, _ reason: String) {
    self.file = file
    self.reason = reason
  }

  package var description: String { "\(file): \(reason)" }
}
