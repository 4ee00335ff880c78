extension UnsafeRawBufferPointer {
  /// Whether `part`, of less than 2^32 bytes, is anywhere in these bytes, in one piece. An empty part is.
  ///
  /// - Complexity: O(count of both), and four bytes of memory for each of the part (Knuth, Morris and Pratt,
  ///   "Fast pattern matching in strings", 1977).
  package func contains(_ part: UnsafeRawBufferPointer) -> Bool {
    guard !part.isEmpty, part.count <= count else { return part.isEmpty }
    // How long the longest beginning of the part is that its first `index + 1` bytes end with, themselves not
    // counted.
    var borders = [UInt32](repeating: 0, count: part.count)
    return borders.withUnsafeMutableBufferPointer { borders in
      func extended(_ matched: Int, by byte: UInt8) -> Int {
        var matched = matched
        while matched > 0, part[matched] != byte { matched = Int(borders[matched - 1]) }
        return part[matched] == byte ? matched + 1 : matched
      }
      var matched = 0
      for index in 1..<part.count {
        matched = extended(matched, by: part[index])
        borders[index] = UInt32(truncatingIfNeeded: matched)
      }
      matched = 0
      for byte in self {
        matched = extended(matched, by: byte)
        if matched == part.count { return true }
      }
      return false
    }
  }
}
