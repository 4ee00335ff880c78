import Streams

/// Memory for tiles of activations, aligned to cache lines, which one batch after the other uses.
///
/// Fresh memory is zero, so that lanes that no token occupies hold numbers, and is resident
/// only where it has been used.
final class TileBuffer {
  private var memory: ZeroedMemory
  private var capacity: Int
  /// The most that has been asked for since the memory came, and since the last `trim`.
  private var resident = 0
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
    // Of memory that is not used only addresses are taken.
    if bytes > capacity { allocate(2 * bytes) }
    resident = max(resident, bytes)
  }

  /// Gives the memory back if less than half of what is resident has been used since the last call.
  func trim() {
    if most < resident / 2 { allocate(Self.least) }
    most = 0
  }

  private func allocate(_ bytes: Int) {
    // The old memory goes before the new one comes.
    memory = ZeroedMemory(byteCount: 0)
    memory = ZeroedMemory(byteCount: bytes)
    capacity = bytes
    resident = 0
  }
}
