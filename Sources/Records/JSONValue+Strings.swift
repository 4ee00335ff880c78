import CKernels
import Streams

extension JSONValue {
  /// Whether this is a string without a character: `""`.
  @inlinable
  package var isEmptyString: Bool { kind == .string && node.end - node.start == 2 }

  /// The bytes between a string's quotes, escapes as they stand.
  @inlinable
  package var stringContent: UnsafeRawBufferPointer {
    let node = node
    return UnsafeRawBufferPointer(start: text + Int(node.start) + 1, count: Int(node.end - node.start) - 2)
  }

  /// Whether a string holds an escape; if not, `stringContent` is its text.
  @inlinable
  package var hasEscape: Bool { kind == .string && node.inside != 0 }

  /// Appends the text of a string, decoded, in UTF-8. Appends nothing for any other value.
  package func appendString(to bytes: inout ByteBuffer) {
    guard kind == .string else { return }
    let content = stringContent
    guard hasEscape else { return bytes.append(content) }
    bytes.append(atMost: content.count) { decode(content, into: $0) }
  }

  /// Appends the text of a string, decoded, in UTF-8. Appends nothing for any other value.
  package func appendString(to bytes: inout [UInt8]) {
    guard kind == .string else { return }
    let content = stringContent
    guard hasEscape else { return bytes.append(contentsOf: content) }
    let start = bytes.count
    // As many bytes as there can be, to be written over.
    bytes.append(contentsOf: content)
    let length = bytes.withUnsafeMutableBytes {
      $0.baseAddress.map { decode(content, into: $0 + start) } ?? 0
    }
    bytes.removeLast(content.count - length)
  }
}

/// Decodes the inside of a JSON string that the parser has checked.
///
/// At `target` there is room for as many bytes as `content` has: decoding never lengthens. The result is the
/// number of bytes written.
private func decode(_ content: UnsafeRawBufferPointer, into target: UnsafeMutableRawPointer) -> Int {
  guard let source = content.baseAddress else { return 0 }
  var read = 0
  var written = 0
  while read < content.count {
    var step = 0
    written += grape_json_decode(
      (source + read).assumingMemoryBound(to: UInt8.self), content.count - read,
      (target + written).assumingMemoryBound(to: UInt8.self), &step)
    read += step
    // Whole steps are copied with what follows an escape in them; that is overwritten. As written <=
    // read, they stay within the target.
    while content.count - read >= 16 {
      let bytes = source.loadUnaligned(fromByteOffset: read, as: SIMD16<UInt8>.self)
      target.storeBytes(of: bytes, toByteOffset: written, as: SIMD16<UInt8>.self)
      let escapes = bytes .== SIMD16<UInt8>(repeating: ASCII.backslash)
      let plain = firstTrue(unsafeBitCast(escapes, to: SIMD2<UInt64>.self)) ?? 16
      read += plain
      written += plain
      if plain < 16 { decodeEscape(source, &read, target, &written) }
    }
    while read < content.count, content.count - read < 16 {
      let byte = content[read]
      if byte == ASCII.backslash {
        decodeEscape(source, &read, target, &written)
      } else {
        target.storeBytes(of: byte, toByteOffset: written, as: UInt8.self)
        read += 1
        written += 1
      }
    }
  }
  return written
}

/// Decodes the escape at `read` (a surrogate pair is one), and moves both offsets past it.
@inline(__always)
private func decodeEscape(
  _ source: UnsafeRawPointer, _ read: inout Int, _ target: UnsafeMutableRawPointer, _ written: inout Int
) {
  let letter = source.load(fromByteOffset: read + 1, as: UInt8.self)
  read += 2
  // Nearly all are line feeds, or quotes, backslashes and slashes, which stand for themselves.
  var byte = letter == ASCII.lowerN ? ASCII.lineFeed : letter
  if byte > ASCII.backslash {
    switch letter {
    case ASCII.lowerT: byte = ASCII.tab
    case UInt8(ascii: "r"): byte = ASCII.carriageReturn
    case UInt8(ascii: "b"): byte = 0x08
    case ASCII.lowerF: byte = 0x0C
    default:
      var scalar = decodeUnit(source + read)
      read += 4
      if scalar & 0xFC00 == 0xD800 {
        scalar = 0x10000 + (scalar & 0x3FF) << 10 + decodeUnit(source + read + 2) & 0x3FF
        read += 6
      }
      written += encodeUTF8(scalar, into: target + written)
      return
    }
  }
  target.storeBytes(of: byte, toByteOffset: written, as: UInt8.self)
  written += 1
}

/// The code unit of four hexadecimal digits that have been checked.
private func decodeUnit(_ digits: UnsafeRawPointer) -> UInt32 {
  var unit: UInt32 = 0
  for index in 0..<4 {
    unit = unit << 4 | (hexDigit(digits.load(fromByteOffset: index, as: UInt8.self)) ?? 0)
  }
  return unit
}

/// Writes a scalar value's UTF-8 form; returns its length, 1 to 4.
private func encodeUTF8(_ scalar: UInt32, into target: UnsafeMutableRawPointer) -> Int {
  func store(_ bits: UInt32, at offset: Int) {
    target.storeBytes(of: UInt8(truncatingIfNeeded: bits), toByteOffset: offset, as: UInt8.self)
  }
  func continuation(_ shift: UInt32) -> UInt32 { 0x80 | (scalar >> shift) & 0x3F }
  switch scalar {
  case ..<0x80:
    store(scalar, at: 0)
    return 1
  case ..<0x800:
    store(0xC0 | scalar >> 6, at: 0)
    store(continuation(0), at: 1)
    return 2
  case ..<0x10000:
    store(0xE0 | scalar >> 12, at: 0)
    store(continuation(6), at: 1)
    store(continuation(0), at: 2)
    return 3
  default:
    store(0xF0 | scalar >> 18, at: 0)
    store(continuation(12), at: 1)
    store(continuation(6), at: 2)
    store(continuation(0), at: 3)
    return 4
  }
}
