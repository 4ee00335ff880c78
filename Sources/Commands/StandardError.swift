import Streams

/// Messages to the person at the other end. A message that cannot be written is lost: there is nowhere else to say so.
enum StandardError {
  /// Writes `text` in one call, so that messages of several processes do not mix.
  static func write(_ text: String) {
    let output = Output(descriptor: Terminal.standardError, name: "<stderr>")
    try? output.write(text)
    try? output.flush()
  }
}
