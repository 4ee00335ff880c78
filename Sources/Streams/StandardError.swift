/// Messages to the person at the other end.
package enum StandardError {
  /// Writes `text` in one call, so that messages of several processes do not mix.
  ///
  /// A message that cannot be written is lost: there is nowhere else to say so.
  package static func write(_ text: String) {
    let bytes = [UInt8](text.utf8)
    bytes.withUnsafeBytes { _ = FileDescriptor.standardError.writeAll($0) }
  }
}
