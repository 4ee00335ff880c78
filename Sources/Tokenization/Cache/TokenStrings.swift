/// A string for each token, one behind the other.
struct TokenStrings {
  /// Where each string begins in `bytes` and, last, where the last ends; never descending.
  let offsets: UnsafePointer<UInt32>
  let bytes: UnsafePointer<UInt8>

  /// nil when some number leads outside.
  ///
  /// - Parameters:
  ///   - offsets: where each string begins, and the end of the last.
  ///   - bytes: the strings.
  ///   - count: how many tokens there are.
  ///   - padding: how many more bytes must follow the last string.
  init?(offsets: UnsafeBufferPointer<UInt32>, bytes: UnsafeBufferPointer<UInt8>, count: Int, padding: Int = 0)
  {
    guard offsets.count == count + 1, Int(offsets[count]) + padding <= bytes.count, Self.ascends(offsets),
      let offsetBase = offsets.baseAddress, let byteBase = bytes.baseAddress
    else { return nil }
    self.offsets = offsetBase
    self.bytes = byteBase
  }

  /// Counts instead of stopping at the first descent, so that several numbers are compared at once.
  private static func ascends(_ numbers: UnsafeBufferPointer<UInt32>) -> Bool {
    var descents = 0
    for index in 1..<max(1, numbers.count) where numbers[index - 1] > numbers[index] { descents += 1 }
    return descents == 0
  }

  /// The string of a token.
  subscript(id: UInt32) -> UnsafeBufferPointer<UInt8> {
    let start = offsets[Int(id)]
    return UnsafeBufferPointer(start: bytes + Int(start), count: Int(offsets[Int(id) + 1] - start))
  }
}
