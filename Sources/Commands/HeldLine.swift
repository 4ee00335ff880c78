import Streams

/// A record kept past its time in the reader, in memory of its own. See `HeldLines` for many at a time.
package struct HeldLine: Sendable {
  package let bytes: [UInt8]
  package let file: InputFile
  package let number: Int

  let hasReturn: Bool

  /// Calls `body` with the record as it was read.
  func withLine<Result>(_ body: (SourceLine) throws -> Result) rethrows -> Result {
    try bytes.withUnsafeBytes { bytes in
      try body(SourceLine(bytes: bytes, file: file, number: number, offset: nil, hasReturn: hasReturn))
    }
  }
}
