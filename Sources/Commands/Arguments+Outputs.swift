import Streams

extension Arguments {
  /// The path of a file that is written; nil when the option was not given.
  ///
  /// - Throws: `UsageError` for a file that is read as well, which writing would destroy.
  package func outputPath(_ name: String) throws(UsageError) -> String? {
    guard let path = string(name) else { return nil }
    let inputs = operands.isEmpty ? ["-"] : operands
    guard !inputs.contains(where: { InputFile.isOperand($0, fileAt: path) }) else {
      throw UsageError("option '--\(name)' would overwrite the input \(path)")
    }
    return path
  }
}
