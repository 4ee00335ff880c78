import Streams

/// The layout of a file of 8-bit weights: a header, a table of matrices, the matrices, digests.
///
/// The header is that of `CacheFormat`; each entry of the table is a matrix's offset, rows and width,
/// 8, 4 and 4 bytes; matrices are laid out as `Int8Layout` says, at multiples of 64. The XXH64 of each
/// matrix's pieces of 1 MiB follow, and last that of the header, the table and these digests. What lies
/// where depends on the shapes of the matrices alone, so that a table is compared with what it ought to
/// be and nothing is read from it.
struct Int8Image {
  /// Version 1: rows have a scale each, the largest magnitude over 127.
  private static let format = CacheFormat(magic: "grapeint", version: 1)
  /// Bytes that have a digest together.
  private static let pieceSize = 1 << 20

  let layouts: [Int8Layout]
  /// Where each matrix begins.
  let offsets: [Int]
  let byteCount: Int
  private let source: UInt64
  private let pieces: [Range<Int>]

  /// - Parameter source: the digest of what the weights are made from.
  init(_ layouts: [Int8Layout], source: UInt64) {
    var offsets: [Int] = []
    var pieces: [Range<Int>] = []
    let tableEnd = CacheFormat.headerSize + layouts.count * 16
    var end = (tableEnd + CacheFormat.alignment - 1) / CacheFormat.alignment * CacheFormat.alignment
    for layout in layouts {
      offsets.append(end)
      pieces += Self.pieces(end..<end + layout.byteCount)
      end += layout.byteCount
    }
    self.layouts = layouts
    self.offsets = offsets
    self.pieces = pieces
    self.source = source
    byteCount = end + pieces.count * 8 + 8
  }

  /// All before the first matrix.
  var head: [UInt8] {
    var head = Self.format.header(source: source, length: byteCount, entries: layouts.count)
    for (layout, offset) in zip(layouts, offsets) {
      head.append(littleEndian: UInt64(offset))
      head.append(littleEndian: UInt32(truncatingIfNeeded: layout.rows))
      head.append(littleEndian: UInt32(truncatingIfNeeded: layout.width))
    }
    head += [UInt8](repeating: 0, count: (offsets.first ?? head.count) - head.count)
    return head
  }

  /// All behind the last matrix.
  ///
  /// - Parameter digests: those of the matrices' pieces, in order.
  func tail(_ digests: [UInt64]) -> [UInt8] {
    var tail: [UInt8] = []
    for digest in digests { tail.append(littleEndian: digest) }
    tail.append(littleEndian: (head + tail).withUnsafeBytes { xxh64($0) })
    return tail
  }

  /// The digests of a matrix's pieces.
  static func digests(of matrix: UnsafeRawBufferPointer, workers: Workers) -> [UInt64] {
    digests(matrix, pieces(0..<matrix.count), workers)
  }

  /// Whether a file is whole and holds what it ought to.
  ///
  /// - Complexity: O(n) for the digests, at about 10 GB/s for each worker.
  func isWhole(_ file: UnsafeRawBufferPointer, workers: Workers) -> Bool {
    let head = head
    guard file.count == byteCount, file.starts(with: head) else { return false }
    return file.suffix(pieces.count * 8 + 8).elementsEqual(tail(Self.digests(file, pieces, workers)))
  }

  private static func pieces(_ range: Range<Int>) -> [Range<Int>] {
    stride(from: range.lowerBound, to: range.upperBound, by: pieceSize).map {
      $0..<min($0 + pieceSize, range.upperBound)
    }
  }

  private static func digests(
    _ bytes: UnsafeRawBufferPointer, _ pieces: [Range<Int>], _ workers: Workers
  ) -> [UInt64] {
    nonisolated(unsafe) let bytes = bytes
    return [UInt64](unsafeUninitializedCapacity: pieces.count) { digests, count in
      nonisolated(unsafe) let digests = digests
      workers.run(pieces.count) { piece, _ in
        digests.initializeElement(
          at: piece, to: xxh64(UnsafeRawBufferPointer(rebasing: bytes[pieces[piece]])))
      }
      count = pieces.count
    }
  }
}
