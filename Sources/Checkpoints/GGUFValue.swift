/// A value of a GGUF file's metadata.
///
/// Strings and arrays are spans of the mapped file and are valid as long as the file is.
package enum GGUFValue: @unchecked Sendable {
  case unsigned(UInt64)
  case signed(Int64)
  case float(Double)
  case bool(Bool)
  /// UTF-8 by the format's rules, but not checked: vocabularies hold pieces of characters.
  case string(UnsafeRawBufferPointer)
  case array(GGUFArray)

  /// The value as an integer, or nil when it is not an integer or out of range.
  package var int: Int? {
    switch self {
    case .unsigned(let value): Int(exactly: value)
    case .signed(let value): Int(exactly: value)
    default: nil
    }
  }

  /// The value as a number: a float, or an integer converted to one.
  package var double: Double? {
    switch self {
    case .unsigned(let value): Double(value)
    case .signed(let value): Double(value)
    case .float(let value): value
    default: nil
    }
  }

  /// The value as a truth value; numbers are none.
  package var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// A string's bytes.
  package var bytes: UnsafeRawBufferPointer? {
    if case .string(let value) = self { value } else { nil }
  }

  /// A string, for names and configurations; ill-formed UTF-8 is repaired.
  package var string: String? {
    bytes.map { String(decoding: $0, as: UTF8.self) }
  }

  /// An array.
  package var array: GGUFArray? {
    if case .array(let value) = self { value } else { nil }
  }
}

/// The type of a metadata value or of an array's elements, with its number in the file.
package enum GGUFValueType: UInt32, Sendable {
  case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64, float64

  /// Bytes that a value takes; nil for strings and arrays.
  package var size: Int? {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    case .string, .array: nil
    }
  }
}

/// An array of metadata values, all of one type: a random-access view of fixed-size elements, or a sequence
/// of strings.
package struct GGUFArray: @unchecked Sendable {
  package let elementType: GGUFValueType
  package let count: Int
  /// The elements as they lie in the file; strings with their 8-byte lengths before them.
  package let bytes: UnsafeRawBufferPointer

  /// Element `index` of an array of numbers or truth values; nil for an array of strings.
  package subscript(index: Int) -> GGUFValue? {
    precondition(index >= 0 && index < count, "index out of range")
    guard let size = elementType.size, let base = bytes.baseAddress else { return nil }
    return GGUFValue(elementType, at: base + index * size)
  }

  /// The elements of an array of integers; nil when it is something else or one of them is out of range.
  package var ints: [Int]? {
    var result: [Int] = []
    result.reserveCapacity(count)
    for index in 0..<count {
      guard let value = self[index]?.int else { return nil }
      result.append(value)
    }
    return result
  }

  /// The elements of an array of numbers, as floats; nil when it is something else.
  package var floats: [Float]? {
    var result: [Float] = []
    result.reserveCapacity(count)
    for index in 0..<count {
      guard let value = self[index]?.double else { return nil }
      result.append(Float(value))
    }
    return result
  }

  /// The elements of an array of strings, in order, each as its bytes in the file; nothing for other arrays.
  package var strings: Strings { Strings(bytes: bytes, count: elementType == .string ? count : 0) }

  /// The strings of an array. Their lengths were checked when the file was opened.
  package struct Strings: Sequence, IteratorProtocol {
    private var bytes: UnsafeRawBufferPointer
    private var remaining: Int

    init(bytes: UnsafeRawBufferPointer, count: Int) {
      self.bytes = bytes
      self.remaining = count
    }

    package var underestimatedCount: Int { remaining }

    package mutating func next() -> UnsafeRawBufferPointer? {
      guard remaining > 0 else { return nil }
      remaining -= 1
      let length = Int(UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)))
      let string = UnsafeRawBufferPointer(rebasing: bytes[8..<8 + length])
      bytes = UnsafeRawBufferPointer(rebasing: bytes[(8 + length)...])
      return string
    }
  }
}

extension GGUFValue {
  /// The fixed-size value of a type at an address; nil for strings and arrays.
  init?(_ type: GGUFValueType, at address: UnsafeRawPointer) {
    func load<T: FixedWidthInteger>(_: T.Type) -> T { T(littleEndian: address.loadUnaligned(as: T.self)) }
    switch type {
    case .uint8: self = .unsigned(UInt64(load(UInt8.self)))
    case .uint16: self = .unsigned(UInt64(load(UInt16.self)))
    case .uint32: self = .unsigned(UInt64(load(UInt32.self)))
    case .uint64: self = .unsigned(load(UInt64.self))
    case .int8: self = .signed(Int64(load(Int8.self)))
    case .int16: self = .signed(Int64(load(Int16.self)))
    case .int32: self = .signed(Int64(load(Int32.self)))
    case .int64: self = .signed(load(Int64.self))
    case .float32: self = .float(Double(Float(bitPattern: load(UInt32.self))))
    case .float64: self = .float(Double(bitPattern: load(UInt64.self)))
    case .bool: self = .bool(load(UInt8.self) != 0)
    case .string, .array: return nil
    }
  }
}

extension GGUFValue {
  /// The value in a few words, for messages.
  var summary: String {
    switch self {
    case .unsigned(let value): "\(value)"
    case .signed(let value): "\(value)"
    case .float(let value): "\(value)"
    case .bool(let value): "\(value)"
    case .string(let bytes): "\"\(String(decoding: bytes.prefix(80), as: UTF8.self))\""
    case .array(let array): "an array of \(array.count)"
    }
  }
}
