/// Finds where the elements of a JSON array begin and end, a piece of text at a time.
///
/// It knows strings, brackets and commas and nothing else: whether an element is JSON is for a parser to say.
/// A wrong byte costs one record where the text allows it; the elements after it are found again.
///
/// A record is one line of output, so line breaks between an element's tokens go, and the indentation after
/// them; all other bytes stay. The bytes are moved together in place.
struct ArrayFramer {
  /// What a stretch of text ended with.
  enum Step {
    /// All the text was used, and more is needed.
    case more
    /// An element begins; or it is complete, or has reached the limit.
    case element
    /// The array's closing bracket was used.
    case closed
    /// The text at hand does not go on as an array does.
    case failed(ArrayError)
  }

  private enum Place {
    case beforeFirst, beforeElement, inElement, afterElement
  }

  private var place = Place.beforeFirst
  private var depth = 0
  private var isScalar = false
  private var isString = false
  private var isEscaped = false
  private var skipsIndentation = false

  /// Line breaks used so far.
  private(set) var lineBreaks = 0
  /// Bytes of the current element that have been looked at, before and after line breaks were taken out.
  private(set) var scanned = 0
  private(set) var length = 0

  /// Whether the text ends inside an element.
  var isInElement: Bool { place == .inElement }

  /// Begins the next element's bytes where they are now counted from 0: after one was used, whole or in part.
  mutating func restart() {
    scanned = 0
    length = 0
  }

  /// Uses the bytes between elements, from the start of `text`, up to the next element's first byte.
  ///
  /// - Returns: how many bytes were used, and `.element` when an element begins there.
  mutating func skipToElement(_ text: UnsafeMutableRawBufferPointer) -> (used: Int, step: Step) {
    var used = 0
    while used < text.count {
      let byte = text[used]
      switch (byte, place) {
      case (UInt8(ascii: "\n"), _):
        lineBreaks += 1
      case (UInt8(ascii: " "), _), (UInt8(ascii: "\t"), _), (UInt8(ascii: "\r"), _):
        break
      case (UInt8(ascii: ","), .afterElement):
        place = .beforeElement
      case (UInt8(ascii: ","), _):
        return (used + 1, .failed(.expectedElement))
      case (UInt8(ascii: "]"), .beforeElement):
        place = .beforeFirst
        return (used, .failed(.expectedElement))
      case (UInt8(ascii: "]"), _):
        return (used + 1, .closed)
      case (_, .afterElement):
        place = .beforeElement
        return (used, .failed(.expectedComma))
      default:
        place = .inElement
        begin(with: byte)
        return (used, .element)
      }
      used += 1
    }
    return (used, .more)
  }

  /// Looks at an element's bytes from `scanned` on, until it ends or `limit` bytes have been looked at.
  ///
  /// `text` begins with the element; its first `length` bytes then are the element's, on one line.
  mutating func scanElement(_ text: UnsafeMutableRawBufferPointer, limit: Int) -> Step {
    let end = min(text.count, limit)
    while scanned < end {
      if isString {
        if scanString(text, end: end) { return finish() }
      } else if isScalar {
        if length > 0, Self.endsScalar(text[scanned]) { return finish() }
        keep(text[scanned], in: text)
      } else if scanStructure(text[scanned], in: text) {
        return finish()
      }
    }
    return scanned >= limit ? .element : .more
  }

  /// The next bytes inside a string, up to `end`; true when they end the element.
  private mutating func scanString(_ text: UnsafeMutableRawBufferPointer, end: Int) -> Bool {
    if !isEscaped { keepPlain(text, end: end) }
    guard scanned < end else { return false }
    let byte = text[scanned]
    if isEscaped {
      isEscaped = false
    } else if byte == UInt8(ascii: "\\") {
      isEscaped = true
    } else if byte == UInt8(ascii: "\"") {
      isString = false
    }
    if byte == UInt8(ascii: "\n") { lineBreaks += 1 }
    keep(byte, in: text)
    return !isString && depth == 0
  }

  /// Keeps the bytes before the next quote, backslash or newline, eight at a time and as far as eight can be
  /// looked at.
  private mutating func keepPlain(_ text: UnsafeMutableRawBufferPointer, end: Int) {
    while scanned + 8 <= end {
      let word = text.loadUnaligned(fromByteOffset: scanned, as: UInt64.self)
      let special =
        Self.marks(of: UInt8(ascii: "\""), in: word) | Self.marks(of: UInt8(ascii: "\\"), in: word)
        | Self.marks(of: UInt8(ascii: "\n"), in: word)
      guard special == 0 else {
        // The lowest mark is the first byte's in memory.
        for _ in 0..<special.trailingZeroBitCount / 8 { keep(text[scanned], in: text) }
        return
      }
      if length != scanned { text.storeBytes(of: word, toByteOffset: length, as: UInt64.self) }
      length += 8
      scanned += 8
    }
  }

  /// Not zero exactly when one of the eight bytes of `word` is `byte` (Warren, Hacker's
  /// Delight, "Find First 0-Byte").
  private static func marks(of byte: UInt8, in word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let zeroed = word ^ (ones &* UInt64(byte))
    return (zeroed &- ones) & ~zeroed & (ones &* 0x80)
  }

  /// One byte of an object, an array or a string's beginning; true when it ends the element.
  private mutating func scanStructure(_ byte: UInt8, in text: UnsafeMutableRawBufferPointer) -> Bool {
    switch byte {
    case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
      if byte == UInt8(ascii: "\n") { lineBreaks += 1 }
      skipsIndentation = true
      scanned += 1
      return false
    case UInt8(ascii: " ") where skipsIndentation, UInt8(ascii: "\t") where skipsIndentation:
      scanned += 1
      return false
    case UInt8(ascii: "\""):
      isString = true
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      depth += 1
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      depth -= 1
    default:
      break
    }
    skipsIndentation = false
    keep(byte, in: text)
    return depth == 0 && !isString
  }

  private static func endsScalar(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: ","),
      UInt8(ascii: "]"), UInt8(ascii: "}"):
      true
    default:
      false
    }
  }

  private mutating func begin(with byte: UInt8) {
    restart()
    depth = 0
    isString = false
    isEscaped = false
    skipsIndentation = false
    isScalar = byte != UInt8(ascii: "{") && byte != UInt8(ascii: "[") && byte != UInt8(ascii: "\"")
  }

  @inline(__always)
  private mutating func keep(_ byte: UInt8, in text: UnsafeMutableRawBufferPointer) {
    if length != scanned { text[length] = byte }
    length += 1
    scanned += 1
  }

  private mutating func finish() -> Step {
    place = .afterElement
    return .element
  }
}

/// What is wrong with the array around the records.
package enum ArrayError: RecordError, Equatable {
  case expectedElement
  case expectedComma
  case unterminated
  case trailingText

  package var description: String {
    switch self {
    case .expectedElement: "expected an element of the array here"
    case .expectedComma: "expected ',' or ']' after an element of the array"
    case .unterminated: "the array has no closing ']'"
    case .trailingText: "expected nothing after the array; the rest of the input is not read"
    }
  }
}
