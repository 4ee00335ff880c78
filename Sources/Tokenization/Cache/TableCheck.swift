extension UnsafeBufferPointer {
  /// Whether a condition holds for all elements.
  ///
  /// Unlike `allSatisfy` it goes on after a failure, so that the compiler can check several elements at once:
  /// tables of megabytes are checked whenever a tokenizer is opened, and next to never fail.
  @inline(__always)
  func holdsThroughout(_ condition: (Element) -> Bool) -> Bool {
    var failures: UInt32 = 0
    for element in self { failures |= condition(element) ? 0 : 1 }
    return failures == 0
  }
}
