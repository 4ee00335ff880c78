import Records

/// Reads the keys of groups as bytes.
///
/// A string's key is a quote and its decoded text, any other value's its spelling. So `"1"` and `1` differ,
/// and `"é"` and `"\u00e9"` do not.
struct GroupKeyReader: ~Copyable {
  private var scratch = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  private var decoded: [UInt8] = []

  deinit { scratch.deallocate() }

  /// The key that a value gives.
  ///
  /// - Returns: bytes that are valid until the next call, while the record is; nil for null.
  @inline(__always)
  mutating func key(of value: JSONValue) -> UnsafeRawBufferPointer? {
    if value.hasEscape { return decodedKey(of: value) }
    switch value.kind {
    case .null: return nil
    case .string: return UnsafeRawBufferPointer(rebasing: value.raw.dropLast())
    default: return value.raw
    }
  }

  private mutating func decodedKey(of value: JSONValue) -> UnsafeRawBufferPointer {
    decoded.removeAll(keepingCapacity: true)
    decoded.append(UInt8(ascii: "\""))
    value.appendString(to: &decoded)
    if scratch.count < decoded.count {
      scratch.deallocate()
      scratch = .allocate(byteCount: 2 * decoded.count, alignment: 1)
    }
    scratch.copyBytes(from: decoded)
    return UnsafeRawBufferPointer(rebasing: scratch[..<decoded.count])
  }

  /// A key for messages: a string's without its quote, long ones cut.
  static func text(of key: some Collection<UInt8>) -> String {
    let bytes = key.first == UInt8(ascii: "\"") ? key.dropFirst() : key[...]
    let shown = String(decoding: bytes.prefix(64), as: UTF8.self)
    return shown + (bytes.count > 64 ? "..." : "")
  }
}

/// Whether two keys are the same bytes.
@inline(__always)
func equalBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
  guard left.count == right.count else { return false }
  var offset = 0
  while offset + 8 <= left.count {
    let (a, b) = (
      left.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
      right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    )
    if a != b { return false }
    offset += 8
  }
  while offset < left.count {
    if left[offset] != right[offset] { return false }
    offset += 1
  }
  return true
}
