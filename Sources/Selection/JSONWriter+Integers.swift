import Records

extension JSONWriter {
  /// An array of integers of any size and sign.
  mutating func integers(_ values: [Int]) {
    beginArray()
    for value in values { int(value) }
    endArray()
  }
}
