import Streams

/// A digest that tells models apart, in time that does not depend on their size.
///
/// XXH64 over the configuration or metadata and, for each tensor in the order of the names, its name,
/// type and shape and three samples of its elements: training changes nearly all of them.
struct Fingerprint {
  private static let sampleBytes = 256
  private let digest: UInt64
  /// A digest that tells versions of a checkpoint's files apart: the same, and the files' sizes and times of
  /// modification.
  let source: UInt64

  init(metadata: UnsafeRawBufferPointer, _ table: TensorTable) {
    // The samples are far apart: reading ahead would read most of a cold file.
    let tensors = table.tensors.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    let files = Dictionary(tensors.map { (ObjectIdentifier($0.file), $0.file) }) { one, _ in one }.values
    for file in files { file.advise(.random) }
    defer { for file in files { file.advise(.normal) } }

    var summary: [UInt8] = []
    summary.append(littleEndian: xxh64(metadata))
    for tensor in tensors {
      summary += tensor.name.utf8
      summary.append(0)
      summary.append(littleEndian: UInt64(tensor.type.ggmlNumber ?? .max))
      for length in tensor.shape { summary.append(littleEndian: UInt64(length)) }
      let bytes = tensor.bytes
      let size = min(Self.sampleBytes, bytes.count)
      for start in [0, (bytes.count - size) / 2, bytes.count - size] {
        summary.append(littleEndian: xxh64(UnsafeRawBufferPointer(rebasing: bytes[start..<start + size])))
      }
    }
    let digest = summary.withUnsafeBytes { xxh64($0) }
    self.digest = digest

    var seen: Set<ObjectIdentifier> = []
    var versions: [UInt8] = []
    for file in tensors.map(\.file) where seen.insert(ObjectIdentifier(file)).inserted {
      versions.append(littleEndian: UInt64(file.bytes.count))
      versions.append(littleEndian: file.modificationTime)
    }
    source = versions.withUnsafeBytes { xxh64($0, seed: digest) }
  }

  /// `NAME@8hex`.
  func text(_ name: String) -> String { "\(name)@\(hex(digest >> 32, digits: 8))" }
}
