#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Memory of the process that is all zeros. Of a large one only the pages that have been used are resident.
package struct ZeroedMemory: ~Copyable {
  /// The first byte, at a multiple of 64.
  package let base: UnsafeMutableRawPointer
  private let allocation: UnsafeMutableRawPointer

  package init(byteCount: Int) {
    let alignment = 64
    let size = byteCount + alignment
    if let memory = calloc(size, 1) {
      allocation = memory
    } else {
      // Without memory for it the process ends here, as it does with any array.
      allocation = .allocate(byteCount: size, alignment: 16)
      allocation.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    }
    base = allocation.alignedUp(toMultipleOf: alignment)
  }

  deinit { free(allocation) }
}
