#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Records in a stream, without copying: lines, NUL-separated records, or the elements of JSON arrays.
///
/// A stream whose first byte other than white space is `[` is a JSON array (or several, one after the other),
/// and its elements are the records; each comes as one line. A UTF-8 byte order mark at the beginning is
/// skipped. The last record needs no separator. Memory is at most some four times the longest record or
/// `maximumLength`, whichever is less. Lines: one `memchr` over the bytes read.
package final class LineReader {
  package struct Line {
    /// The record without separator and trailing CR, valid until the reader's next call.
    package let bytes: UnsafeRawBufferPointer
    /// A CR stood between the record and its separator.
    package let hasReturn: Bool
    /// The line at which the record begins, from 1; among NUL-separated records the record's number.
    package let number: Int
    /// Longer than `maximumLength`: `bytes` is only the beginning.
    package let isOversize: Bool
    /// Where the record begins in the file, in bytes; nil where it cannot be read again, as it comes from a
    /// pipe or has been moved together.
    package let offset: Int?
  }

  /// Called when no complete record is left in memory and reading on would wait for the writer.
  package var beforeBlocking: (() throws -> Void)?
  /// Bytes of the file that have been handed out, separators included.
  package var bytesTaken: Int { bytesRead - window.count }

  /// How many milliseconds without input make a pause: enough for a writer that is at
  /// work to be scheduled again.
  private static let patience: Int32 = 2

  /// The line the reader has come to.
  package var lineNumber: Int { number + array.lineBreaks }

  private enum Framing { case unknown, lines, array, unterminatedArray, ended }

  private let file: InputFile
  private let separator: UInt8
  private let maximumLength: Int
  // Changed by a record's steps alone, one after the other: no access to them needs to
  // be checked for another one.
  @exclusivity(unchecked) private var window = ByteWindow()
  @exclusivity(unchecked) private var bytesRead = 0
  @exclusivity(unchecked) private var framing = Framing.unknown
  @exclusivity(unchecked) private var array = ArrayFramer()
  @exclusivity(unchecked) private var number = 1
  /// An oversize record was returned, and its rest is still to be read.
  private var hasRest = false

  package init(_ file: InputFile, separator: UInt8, maximumLength: Int) {
    self.file = file
    self.separator = separator
    self.maximumLength = maximumLength
  }

  /// The next record, or nil at the end.
  ///
  /// - Throws: `IOError` of a read; `ArrayError`, after which the next call goes on behind the trouble;
  ///   and whatever `beforeBlocking` throws.
  package func next() throws -> Line? {
    if hasRest { try copyRest { _ in } }
    if framing == .unknown { try detectFraming() }
    switch framing {
    case .lines: return try nextLine()
    case .array: return try nextElement()
    case .unterminatedArray:
      framing = .ended
      throw ArrayError.unterminated
    case .unknown, .ended: return nil
    }
  }

  /// Hands on what follows an oversize record's beginning, in pieces: all up to its separator.
  package func copyRest(to sink: (UnsafeRawBufferPointer) throws -> Void) throws {
    guard hasRest else { return }
    while true {
      let done = framing == .array ? try copyElementRest(sink) : try copyLineRest(sink)
      if done { break }
      guard try fill() else {
        if framing == .array { framing = .unterminatedArray }
        break
      }
    }
    hasRest = false
  }

  // MARK: Lines

  private func nextLine() throws -> Line? {
    var searched = 0
    while true {
      if let hit = memchr(window.first + searched, Int32(separator), window.count - searched) {
        return takeLine(length: UnsafeRawPointer(hit) - UnsafeRawPointer(window.first), hasSeparator: true)
      }
      searched = window.count
      // The record may still turn out to fit when only CR and the separator are missing.
      if searched >= maximumLength, searched - maximumLength >= 2 { return takeBeginning() }
      guard try fill() else { break }
    }
    return window.count > 0 ? takeLine(length: window.count, hasSeparator: false) : nil
  }

  private func takeLine(length: Int, hasSeparator: Bool) -> Line {
    let text = window.first
    let newline = UInt8(ascii: "\n")
    let hasReturn =
      separator == newline && length > 0 && text.load(fromByteOffset: length - 1, as: UInt8.self) == 13
    let content = hasReturn ? length - 1 : length
    guard content <= maximumLength else { return takeBeginning() }
    let offset = file.isRegular ? file.start + bytesTaken : nil
    defer { number += 1 }
    window.drop(hasSeparator ? length + 1 : length)
    return Line(
      bytes: UnsafeRawBufferPointer(start: text, count: content),
      hasReturn: hasReturn, number: number, isOversize: false, offset: offset)
  }

  /// The first `maximumLength` bytes of a record that is longer.
  private func takeBeginning() -> Line {
    let beginning = UnsafeRawBufferPointer(start: window.first, count: maximumLength)
    window.drop(maximumLength)
    hasRest = true
    defer { number += 1 }
    return Line(bytes: beginning, hasReturn: false, number: number, isOversize: true, offset: nil)
  }

  private func copyLineRest(_ sink: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool {
    let text = window.first
    let hit = memchr(text, Int32(separator), window.count)
    let length = hit.map { UnsafeRawPointer($0) - UnsafeRawPointer(text) } ?? window.count
    window.drop(hit == nil ? length : length + 1)
    try sink(UnsafeRawBufferPointer(start: text, count: length))
    return hit != nil
  }

  // MARK: Elements of an array

  private func nextElement() throws -> Line? {
    while !array.isInElement {
      let (used, step) = array.skipToElement(text)
      window.drop(used)
      switch step {
      case .element: continue
      case .failed(let error): throw error
      case .closed: if try !beginNextArray() { return nil }
      case .more:
        guard try fill() else {
          framing = .ended
          throw ArrayError.unterminated
        }
      }
    }
    let first = number + array.lineBreaks
    while case .more = array.scanElement(text, limit: maximumLength.addingReportingOverflow(1).partialValue) {
      guard try fill() else {
        framing = .unterminatedArray
        break
      }
    }
    return takeElement(number: first)
  }

  private func takeElement(number: Int) -> Line {
    let isOversize = array.scanned > maximumLength
    let element = UnsafeRawBufferPointer(start: window.first, count: array.length)
    window.drop(array.scanned)
    hasRest = isOversize && array.isInElement
    array.restart()
    return Line(bytes: element, hasReturn: false, number: number, isOversize: isOversize, offset: nil)
  }

  private func copyElementRest(_ sink: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool {
    _ = array.scanElement(text, limit: .max)
    let piece = UnsafeRawBufferPointer(start: window.first, count: array.length)
    window.drop(array.scanned)
    array.restart()
    try sink(piece)
    return !array.isInElement
  }

  private var text: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: window.first, count: window.count)
  }

  /// Behind an array's end: false at the end of the input; another array is read on.
  private func beginNextArray() throws -> Bool {
    number += array.lineBreaks
    array = ArrayFramer()
    switch try firstByte(skipBlanks: true) {
    case nil:
      framing = .ended
      return false
    case UInt8(ascii: "["):
      window.drop(1)
      return true
    default:
      framing = .ended
      throw ArrayError.trailingText
    }
  }

  // MARK: Beginning

  private func detectFraming() throws {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    while window.count < mark.count, mark.starts(with: text), try fill() {}
    if text.starts(with: mark) { window.drop(mark.count) }
    if try firstByte(skipBlanks: false) == UInt8(ascii: "[") {
      _ = try firstByte(skipBlanks: true)
      window.drop(1)
      framing = .array
    } else {
      framing = .lines
    }
  }

  /// The first byte that is not JSON white space, or nil at the end of the input, or where a window full of
  /// blanks holds none. The blanks before it are used, and their lines counted, with `skipBlanks`.
  private func firstByte(skipBlanks: Bool) throws -> UInt8? {
    var offset = 0
    while true {
      while offset < window.count {
        let byte = text[offset]
        guard Self.isBlank(byte) else { return byte }
        if skipBlanks {
          if byte == UInt8(ascii: "\n") { number += 1 }
          window.drop(1)
        } else {
          offset += 1
        }
      }
      if offset >= 1 << 16 { return nil }
      guard try fill() else { return nil }
    }
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || (9...10).contains(byte) || byte == 13
  }

  /// Reads on; false at the end.
  private func fill() throws -> Bool {
    if let beforeBlocking, file.wouldBlock(for: Self.patience) { try beforeBlocking() }
    let before = window.count
    defer { bytesRead += window.count - before }
    return try window.fill(from: file)
  }
}
