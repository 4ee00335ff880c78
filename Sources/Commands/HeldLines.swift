import Streams

/// Records kept past their time in the reader, one behind the other in memory that is reused. See `HeldLine`
/// for one that is kept for itself.
package struct HeldLines {
  private var bytes: [UInt8] = []
  private var places: [Place] = []

  /// Where a record is, and where it came from.
  private struct Place {
    let range: Range<Int>
    let file: InputFile
    let number: Int
    let hasReturn: Bool
  }

  package init() {}

  package mutating func append(_ line: SourceLine) {
    let start = bytes.count
    bytes.append(contentsOf: line.bytes)
    places.append(
      Place(range: start..<bytes.count, file: line.file, number: line.number, hasReturn: line.hasReturn))
  }

  package mutating func removeAll() {
    // What records of uncommon length have needed is given back.
    bytes.removeAll(keepingCapacity: bytes.count < 1 << 22)
    places.removeAll(keepingCapacity: true)
  }

  /// Calls `body` with the bytes of each record in order, and its index.
  package func forEach(_ body: (_ index: Int, _ bytes: UnsafeRawBufferPointer) throws -> Void) rethrows {
    try bytes.withUnsafeBytes { bytes in
      for index in places.indices {
        try body(index, UnsafeRawBufferPointer(rebasing: bytes[places[index].range]))
      }
    }
  }

  /// Calls `body` with the record at `index`.
  package func withLine<Result>(at index: Int, _ body: (SourceLine) throws -> Result) rethrows -> Result {
    let place = places[index]
    return try bytes.withUnsafeBytes { bytes in
      try body(
        SourceLine(
          bytes: UnsafeRawBufferPointer(rebasing: bytes[place.range]), file: place.file, number: place.number,
          offset: nil, hasReturn: place.hasReturn))
    }
  }
}
