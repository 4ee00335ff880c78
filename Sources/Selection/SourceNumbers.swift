import Records
import Streams

/// The sources of records, numbered as they were first seen. Number 0 is for records that name none.
struct SourceNumbers: ~Copyable {
  private var spellings: [[UInt8]] = [[]]
  private var index = HashIndex()
  private var reader = GroupKeyReader()

  /// How many numbers there are.
  var count: Int { spellings.count }

  /// The number of the source that a record names with `value`.
  ///
  /// - Returns: nil for a new one after 65,535 others.
  mutating func number(of value: JSONValue?) -> UInt16? {
    guard let name = value.flatMap({ reader.key(of: $0) }) else { return 0 }
    let hash = xxh64(name)
    if let number = index.find(hash, where: { spellings[$0].elementsEqual(name) }) { return UInt16(number) }
    guard let number = UInt16(exactly: spellings.count) else { return nil }
    index.insert(hash, place: spellings.count)
    spellings.append(Array(name))
    return number
  }
}
