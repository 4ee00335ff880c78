import Streams

/// An append-only log of bytes whose latest part is in memory and whose older part, when memory runs
/// short, is in a temporary file.
///
/// A place in the log is an offset from its beginning; what is appended lies in one piece, and reading forward
/// costs one pass over the file. Pieces move only in `compact`, which takes out what has been released, as far
/// as it is in memory and behind the last `fix`.
package final class Spool {
  /// A piece of the log in memory. The chunks follow each other without gap, behind what is in the file.
  private struct Chunk {
    var start: Int
    let memory: UnsafeMutableRawBufferPointer
    var count = 0
    /// Bytes of pieces that may go.
    var released = 0
    var end: Int { start + count }
    var free: Slice<UnsafeMutableRawBufferPointer> { memory[count...] }
  }

  private var chunks: [Chunk] = []
  /// Memory of chunks, each of `chunkSize`, that is not in use.
  private var spare: [UnsafeMutableRawBufferPointer] = []
  /// Bytes of both.
  private var memory = 0
  /// Bytes of pieces in chunks that may go.
  private var released = 0
  /// Pieces before this offset do not move.
  private var fixed = 0
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
    for memory in spare { memory.deallocate() }
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
    while memory + size > memoryLimit, size > chunkSize || spare.isEmpty {
      if let unused = spare.popLast() {
        free(unused)
      } else if let oldest = chunks.first {
        try spill(oldest)
        chunks.removeFirst()
        released -= oldest.released
        recycle(oldest.memory)
      } else {
        break
      }
    }
    chunks.append(Chunk(start: start, memory: take(size)))
  }

  private func take(_ size: Int) -> UnsafeMutableRawBufferPointer {
    if size == chunkSize, let unused = spare.popLast() { return unused }
    memory += size
    return .allocate(byteCount: size, alignment: 16)
  }

  private func recycle(_ unused: UnsafeMutableRawBufferPointer) {
    if unused.count == chunkSize { spare.append(unused) } else { free(unused) }
  }

  private func free(_ unused: UnsafeMutableRawBufferPointer) {
    memory -= unused.count
    unused.deallocate()
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
    let chunk = chunks[chunk(of: offset)]
    let first = offset - chunk.start
    return UnsafeMutableRawBufferPointer(rebasing: chunk.memory[first..<(first + count)])
  }

  /// The chunk that an offset in memory lies in.
  private func chunk(of offset: Int) -> Int {
    var low = 0
    var high = chunks.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if chunks[middle].start <= offset { low = middle } else { high = middle - 1 }
    }
    return low
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

  // MARK: Taking out

  /// Where the pieces begin that can be moved.
  package var movableStart: Int { max(fixed, spilled) }

  /// Leaves all that has been appended where it is.
  package func fix() {
    fixed = count
    released = 0
    for chunk in chunks.indices { chunks[chunk].released = 0 }
  }

  /// Says that a piece will not be read.
  package func release(_ offset: Int, count: Int) {
    guard offset >= movableStart, count > 0 else { return }
    chunks[chunk(of: offset)].released += count
    released += count
  }

  /// Whether a third or more of what could be moved has been released, and `compact` pays.
  package var isWasteful: Bool { released >= 2 * chunkSize && released >= (count - movableStart) / 3 }

  /// Moves the pieces together that are still wanted, and keeps the memory that is left over for later ones.
  ///
  /// - Parameter pieces: all that are wanted from `movableStart` on, in the order of the log.
  /// - Returns: their new offsets, in the same order.
  /// - Complexity: O(bytes that are wanted).
  package func compact(_ pieces: [(offset: Int, count: Int)]) -> [Int] {
    guard !chunks.isEmpty else { return [] }
    // Chunks are filled in their order, and a piece lies at or before where it has been: none is overwritten
    // that has not been moved.
    var packed = chunks
    var last = chunk(of: movableStart)
    packed[last].count = movableStart - packed[last].start
    let moved = pieces.map { offset, count in
      let piece = inMemory(offset, count)
      while packed[last].free.count < count {
        last += 1
        packed[last].start = packed[last - 1].end
        packed[last].count = 0
      }
      UnsafeMutableRawBufferPointer(rebasing: packed[last].free).copyMemory(
        from: UnsafeRawBufferPointer(piece))
      defer { packed[last].count += count }
      return packed[last].end
    }
    for unused in packed[(last + 1)...] { recycle(unused.memory) }
    chunks = Array(packed[...last])
    released = 0
    for chunk in chunks.indices { chunks[chunk].released = 0 }
    return moved
  }

  /// Forgets everything. Keeps one chunk of memory; offsets begin at 0 again.
  package func removeAll() {
    file = nil
    (windowCount, released, fixed) = (0, 0, 0)
    for chunk in chunks.dropFirst() { free(chunk.memory) }
    chunks = chunks.prefix(1).map { Chunk(start: 0, memory: $0.memory) }
    while let unused = spare.popLast() { free(unused) }
  }
}
