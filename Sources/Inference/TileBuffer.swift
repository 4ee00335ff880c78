import Streams

/// Memory for tiles of activations, aligned to cache lines, which one batch after the other uses.
///
/// Fresh memory is zero, so that lanes that no token occupies hold numbers, and is resident only where it has been used.
final class TileBuffer {
  private var memory: ZeroedMemory
  private var capacity: Int
  /// The most that has been asked for since the last `trim`.
  private var most = 0

  private static let least = 64

  init() {
    capacity = Self.least
    memory = ZeroedMemory(byteCount: Self.least)
  }

  var base: UnsafeMutableRawPointer { memory.base }

  /// Makes room for `bytes`; what was stored is lost when the buffer has to grow.
  func reserve(_ bytes: Int) {
    most = max(most, bytes)
    if bytes > capacity { allocate(bytes + bytes / 8) }
  }

  /// Gives the memory back if less than half of it has been used since the last call.
  func trim() {
    if max(most, Self.least) < capacity / 2 { allocate(Self.least) }
    most = 0
  }

  private func allocate(_ bytes: Int) {
    // The old memory goes before the new one comes.
    memory = ZeroedMemory(byteCount: 0)
    memory = ZeroedMemory(byteCount: bytes)
    capacity = bytes
  }
}
