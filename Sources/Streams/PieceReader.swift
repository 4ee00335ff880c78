/// Reads pieces of a regular file again, at rising offsets: pieces that lie close together
/// in one call, others alone.
///
/// The system is told ahead which stretches will be read, as it reads ahead by itself only where nothing is
/// left out. Pieces at other offsets than rising ones are read as well, more slowly.
package final class PieceReader {
  private let file: InputFile
  private var window: UnsafeMutableRawBufferPointer
  private var windowStart = 0
  private var windowCount = 0
  /// Bytes to read at the next call beyond what is asked for.
  private var surplus = 0
  /// The system has been told of what lies before this offset.
  private var announced = 0

  /// Gaps up to this are read with what is around them: copying them costs less than another call.
  private static let nearby = 1 << 12
  private static let greatestSurplus = 1 << 18
  private static let stretch = 1 << 22

  package init(_ file: InputFile) {
    self.file = file
    window = .allocate(byteCount: 1 << 16, alignment: 64)
  }

  deinit { window.deallocate() }

  /// The `count` bytes at `offset`, valid until the next call; nil where the file has become too short.
  package func read(_ offset: Int, count: Int) throws(IOError) -> UnsafeRawBufferPointer? {
    let end = windowStart + windowCount
    if offset < windowStart || offset + count > end {
      let isNear = windowStart <= offset && offset - end <= Self.nearby
      surplus = isNear ? min(max(2 * surplus, 1 << 14), Self.greatestSurplus) : 0
      guard try moveWindow(to: offset, holding: count) else { return nil }
    }
    let first = offset - windowStart
    return UnsafeRawBufferPointer(rebasing: window[first..<(first + count)])
  }

  private func moveWindow(to offset: Int, holding count: Int) throws(IOError) -> Bool {
    if window.count < count + surplus {
      window.deallocate()
      window = .allocate(byteCount: 2 * count + surplus, alignment: 64)
    }
    announce(offset, count)
    windowStart = offset
    windowCount = 0
    let wanted = UnsafeMutableRawBufferPointer(rebasing: window[..<(count + surplus)])
    while windowCount < count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: wanted[windowCount...])
      let read = try file.read(into: rest, at: offset + windowCount)
      guard read > 0 else { return false }
      windowCount += read
    }
    return true
  }

  /// Announces the stretch in which the piece lies and the one behind it.
  private func announce(_ offset: Int, _ count: Int) {
    guard offset + count + Self.stretch > announced else { return }
    let start = max(offset, announced)
    announced = offset + count + 2 * Self.stretch
    file.announce(start..<announced)
  }
}
