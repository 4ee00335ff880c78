#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Memory of the process that is all zeros. Of a large one only the pages that have been used are resident,
/// and all of them go back to the system in the end.
package struct ZeroedMemory: ~Copyable {
  /// The first byte, at a multiple of 64.
  package let base: UnsafeMutableRawPointer
  /// Bytes that are mapped, or 0 where the memory is allocated.
  private let mappedCount: Int

  /// Below this, memory comes from what the process has.
  private static let leastMapped = 1 << 16
  private static let alignment = 64

  package init(byteCount: Int) {
    if byteCount >= Self.leastMapped {
      let memory = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
      if let memory, memory != MAP_FAILED {
        base = memory
        mappedCount = byteCount
        return
      }
    }
    // Without memory for it the process ends here, as it does with any array.
    base = .allocate(byteCount: max(1, byteCount), alignment: Self.alignment)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    mappedCount = 0
  }

  deinit {
    if mappedCount > 0 { munmap(base, mappedCount) } else { base.deallocate() }
  }
}
