import Streams

/// A record as it was read, and where it came from. Its bytes live until the next one is read.
package struct SourceLine {
  /// The record without separator.
  package let bytes: UnsafeRawBufferPointer
  package let file: InputFile
  /// The line at which the record begins, from 1.
  package let number: Int
  /// Where the record begins in the file; nil where it cannot be read again.
  let offset: Int?

  /// Whether a carriage return stood before the separator.
  let hasReturn: Bool

  /// Where the bytes can be read again; nil where they cannot.
  package var place: FilePlace? { offset.map { FilePlace(file: file, offset: $0) } }

  /// An owned copy, for a record that is judged only after others have been read.
  package func held() -> HeldLine {
    HeldLine(bytes: [UInt8](bytes), file: file, number: number, hasReturn: hasReturn)
  }
}
