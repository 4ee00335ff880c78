import Records
import Streams

/// Parses JSON from a file or a part of it and hands it to `body`; the value is valid until `body` returns.
///
/// - Throws: a `CheckpointError` that names `file` when the bytes are not a JSON object,
///   and what `body` throws.
func withJSONObject<T>(
  _ bytes: UnsafeRawBufferPointer, file: String, _ body: (JSONValue) throws -> T
) throws -> T {
  var parser = JSONParser(maximumDepth: 64)
  let value: JSONValue
  do {
    value = try parser.parse(bytes)
  } catch {
    throw CheckpointError(file, error.description)
  }
  guard value.kind == .object else {
    throw CheckpointError(file, "expected a JSON object, found another value")
  }
  return try body(value)
}

/// The members of an object of a configuration file, each checked as it is read; errors
/// name the file and the member.
///
/// A member that is null counts as absent.
struct JSONFields {
  let object: JSONValue
  let file: String
  /// Where the object is in the file: empty, or `rope_scaling.`.
  var path = ""

  func error(_ name: StaticString, _ reason: String) -> CheckpointError {
    CheckpointError(file, "\(path)\(name): \(reason)")
  }

  /// What is there, for messages: the value's text if it is short.
  private func found(_ value: JSONValue) -> String {
    value.raw.count <= 80 ? String(decoding: value.raw, as: UTF8.self) : "\(value.kind)"
  }

  subscript(name: StaticString) -> JSONValue? {
    guard let value = object[name], value.kind != .null else { return nil }
    return value
  }

  /// Whether a member is there and null, which says "none" where an absent one has a default.
  func isNull(_ name: StaticString) -> Bool { object[name]?.kind == .null }

  func has(_ name: StaticString) -> Bool { self[name] != nil }

  /// An integer in a range.
  func size(
    _ name: StaticString, from least: Int = 1, limit: Int = 1 << 31
  ) throws(CheckpointError) -> Int? {
    guard let value = self[name] else { return nil }
    guard let int = value.int, (least...limit).contains(int) else {
      throw error(name, "expected an integer from \(least) to \(limit), found \(found(value))")
    }
    return int
  }

  /// A finite number above 0.
  func positive(_ name: StaticString) throws(CheckpointError) -> Double? {
    guard let value = self[name] else { return nil }
    guard let number = value.double, number > 0, number.isFinite else {
      throw error(name, "expected a number above 0, found \(found(value))")
    }
    return number
  }

  func bool(_ name: StaticString) throws(CheckpointError) -> Bool? {
    guard let value = self[name] else { return nil }
    guard let bool = value.bool else { throw error(name, "expected true or false, found \(found(value))") }
    return bool
  }

  func string(_ name: StaticString) throws(CheckpointError) -> String? {
    guard let value = self[name] else { return nil }
    guard let string = value.string else { throw error(name, "expected a string, found \(found(value))") }
    return string
  }

  /// A finite number.
  func number(_ name: StaticString) throws(CheckpointError) -> Double? {
    guard let value = self[name] else { return nil }
    guard let number = value.double, number.isFinite else {
      throw error(name, "expected a number, found \(found(value))")
    }
    return number
  }

  /// An array of integers.
  func integers(_ name: StaticString) throws(CheckpointError) -> [Int]? {
    guard let value = self[name] else { return nil }
    var integers: [Int] = []
    guard value.kind == .array else { throw error(name, "expected an array, found \(found(value))") }
    for element in value.elements {
      guard let int = element.int else { throw error(name, "expected integers, found \(found(element))") }
      integers.append(int)
    }
    return integers
  }

  func fields(_ name: StaticString) throws(CheckpointError) -> JSONFields? {
    guard let value = self[name] else { return nil }
    guard value.kind == .object else { throw error(name, "expected an object, found \(found(value))") }
    return JSONFields(object: value, file: file, path: "\(path)\(name).")
  }
}
