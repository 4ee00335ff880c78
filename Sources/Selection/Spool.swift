import Streams

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// An append-only log of bytes whose latest part is in memory and whose older part, when memory runs
/// short, is in a temporary file.
///
/// A place in the log is an offset from its beginning and never changes. What is appended lies in one piece,
/// and reading forward costs one pass over the file.
package final class Spool {
  /// A piece of the log in memory. The chunks follow each other without gap, behind what is in the file.
  private struct Chunk {
    let start: Int
    let memory: UnsafeMutableRawBufferPointer
    var count: Int
    var end: Int { start + count }
    var free: Slice<UnsafeMutableRawBufferPointer> { memory[count...] }
  }

  private var chunks: [Chunk] = []
  private var memory = 0
  private var file: TemporaryFile?
  private let memoryLimit: Int
  private let chunkSize: Int

  /// A stretch of the file, read ahead.
  private var window: UnsafeMutableRawBufferPointer
  private var windowStart = 0
  private var windowCount = 0

  /// Makes an empty log.
  ///
  /// - Parameters:
  ///   - memoryLimit: bytes of memory that the part not yet in the file may take; one chunk it always has.
  ///   - chunkSize: bytes taken from the system, written to the file and read back from it at a time.
  package init(memoryLimit: Int, chunkSize: Int = 1 << 22) {
    self.memoryLimit = memoryLimit
    self.chunkSize = chunkSize
    window = .init(start: nil, count: 0)
  }

  deinit {
    for chunk in chunks { chunk.memory.deallocate() }
    window.deallocate()
  }

  /// The length of the log: where the next piece will begin.
  package var count: Int { chunks.last?.end ?? spilled }

  /// Bytes of the log that are in the file.
  package var spilled: Int { file?.count ?? 0 }

  /// Appends `head` and `tail`, in one piece.
  ///
  /// - Returns: their offset.
  /// - Throws: when older bytes have to go to the file and it cannot be made or written.
  package func append(
    _ head: UnsafeRawBufferPointer, _ tail: UnsafeRawBufferPointer
  ) throws(IOError) -> Int {
    let count = head.count + tail.count
    if chunks.isEmpty || chunks[chunks.count - 1].free.count < count { try addChunk(holding: count) }
    let last = chunks.count - 1
    let offset = chunks[last].end
    let free = chunks[last].free
    UnsafeMutableRawBufferPointer(rebasing: free).copyMemory(from: head)
    UnsafeMutableRawBufferPointer(rebasing: free.dropFirst(head.count)).copyMemory(from: tail)
    chunks[last].count += count
    return offset
  }

  /// Makes room for `count` bytes in one piece: in fresh memory, or in that of chunks moved to the file.
  private func addChunk(holding count: Int) throws(IOError) {
    let start = self.count
    let size = max(chunkSize, count)
    var reused: UnsafeMutableRawBufferPointer?
    while let oldest = chunks.first, memory + size > memoryLimit {
      try spill(oldest)
      chunks.removeFirst()
      memory -= oldest.memory.count
      if oldest.memory.count == size, reused == nil {
        reused = oldest.memory
      } else {
        oldest.memory.deallocate()
      }
    }
    let fresh = reused ?? Spool.allocate(size)
    chunks.append(Chunk(start: start, memory: fresh, count: 0))
    memory += size
  }

  /// Memory for a chunk: in huge pages where the system has them, as most of it will be used, and soon.
  private static func allocate(_ size: Int) -> UnsafeMutableRawBufferPointer {
    let hugePage = 1 << 21
    guard size >= hugePage else { return .allocate(byteCount: size, alignment: 16) }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: hugePage)
    #if os(Linux)
      madvise(memory.baseAddress, size, MADV_HUGEPAGE)
    #endif
    return memory
  }

  private func spill(_ chunk: Chunk) throws(IOError) {
    if file == nil { file = try TemporaryFile() }
    try file?.append(UnsafeRawBufferPointer(rebasing: chunk.memory[..<chunk.count]))
  }

  /// A piece of the log, which must have been appended as one or lie within such a piece.
  /// Valid until the next call.
  ///
  /// - Complexity: O(log chunks) in memory; on disk a read of `chunkSize` bytes or more at a time, from which
  ///   later calls at rising offsets are served.
  package func read(_ offset: Int, count: Int) throws(IOError) -> UnsafeRawBufferPointer {
    guard offset < spilled else { return UnsafeRawBufferPointer(inMemory(offset, count)) }
    let end = windowStart + windowCount
    if offset < windowStart || offset + count > end { try moveWindow(to: offset, holding: count) }
    let first = offset - windowStart
    return UnsafeRawBufferPointer(rebasing: window[first..<(first + count)])
  }

  private func inMemory(_ offset: Int, _ count: Int) -> UnsafeMutableRawBufferPointer {
    var low = 0
    var high = chunks.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if chunks[middle].start <= offset { low = middle } else { high = middle - 1 }
    }
    let first = offset - chunks[low].start
    return UnsafeMutableRawBufferPointer(rebasing: chunks[low].memory[first..<(first + count)])
  }

  private func moveWindow(to offset: Int, holding count: Int) throws(IOError) {
    let size = max(chunkSize, count)
    if window.count < size {
      window.deallocate()
      window = .allocate(byteCount: size, alignment: 16)
    }
    windowCount = 0
    let wanted = min(size, spilled - offset)
    try file?.read(into: UnsafeMutableRawBufferPointer(rebasing: window[..<wanted]), at: offset)
    windowStart = offset
    windowCount = wanted
  }

  /// Forgets everything. Keeps one chunk of memory; offsets begin at 0 again.
  package func removeAll() {
    file = nil
    windowCount = 0
    for chunk in chunks.dropFirst() { chunk.memory.deallocate() }
    chunks = chunks.prefix(1).map { Chunk(start: 0, memory: $0.memory, count: 0) }
    memory = chunks.first?.memory.count ?? 0
  }
}
