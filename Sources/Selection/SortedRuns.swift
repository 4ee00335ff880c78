import Streams

/// An element of a sorted run in a temporary file.
protocol Spillable {
  /// The order of a run: strict and weak.
  func precedes(_ other: Self) -> Bool
  /// Appends the element's bytes.
  func encode(to bytes: inout [UInt8])
  /// Reads an element back.
  init(decoding run: inout RunReader) throws
}

/// Appends eight bytes, least first.
func append(_ word: UInt64, to bytes: inout [UInt8]) {
  withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
}

/// Sorted sequences in one temporary file, merged when all are there: sorting beyond memory.
struct SortedRuns<Element: Spillable> {
  private var file: TemporaryFile?
  private var runs: [Range<Int>] = []
  /// Bytes of memory that merging may use for its buffers, divided among the runs.
  private let mergeMemory: Int

  init(mergeMemory: Int) { self.mergeMemory = mergeMemory }

  var isEmpty: Bool { runs.isEmpty }
  var count: Int { runs.count }

  /// Writes a run: `elements`, which must be sorted.
  mutating func append(_ elements: some Sequence<Element>) throws {
    let file = try self.file ?? TemporaryFile()
    self.file = file
    let start = file.count
    var buffer: [UInt8] = []
    for element in elements {
      element.encode(to: &buffer)
      if buffer.count >= 1 << 16 {
        try buffer.withUnsafeBytes { try file.append($0) }
        buffer.removeAll(keepingCapacity: true)
      }
    }
    try buffer.withUnsafeBytes { try file.append($0) }
    runs.append(start..<file.count)
  }

  /// Calls `body` with the elements of all runs in order; of equal ones, that of the earlier run first.
  ///
  /// - Complexity: O(n log r) for n elements in r runs.
  func merge(_ body: (Element) throws -> Void) throws {
    guard let file else { return }
    let window = max(mergeMemory / runs.count, 1 << 12)
    var heads: [Head] = []
    for (order, range) in runs.enumerated() {
      var reader = RunReader(file: file, range: range, windowSize: window)
      guard !reader.isAtEnd else { continue }
      heads.append(Head(element: try Element(decoding: &reader), order: order, reader: reader))
    }
    for root in stride(from: heads.count / 2 - 1, through: 0, by: -1) { siftDown(&heads, root) }
    while !heads.isEmpty {
      try body(heads[0].element)
      if heads[0].reader.isAtEnd {
        heads.swapAt(0, heads.count - 1)
        heads.removeLast()
      } else {
        heads[0].element = try Element(decoding: &heads[0].reader)
      }
      siftDown(&heads, 0)
    }
  }

  /// A run's next element.
  private struct Head {
    var element: Element
    let order: Int
    var reader: RunReader

    func precedes(_ other: Head) -> Bool {
      if element.precedes(other.element) { return true }
      return order < other.order && !other.element.precedes(element)
    }
  }

  /// Restores the heap (first element first) below a place whose element has changed.
  private func siftDown(_ heads: inout [Head], _ place: Int) {
    var place = place
    while true {
      var child = 2 * place + 1
      guard child < heads.count else { return }
      if child + 1 < heads.count, heads[child + 1].precedes(heads[child]) { child += 1 }
      guard heads[child].precedes(heads[place]) else { return }
      heads.swapAt(child, place)
      place = child
    }
  }
}

/// Reads a run from beginning to end through a window of memory.
struct RunReader {
  private let file: TemporaryFile
  private let windowSize: Int
  /// The part of the run not yet in the window.
  private var rest: Range<Int>
  private var window: [UInt8] = []
  private var position = 0

  init(file: TemporaryFile, range: Range<Int>, windowSize: Int) {
    self.file = file
    self.windowSize = windowSize
    rest = range
  }

  var isAtEnd: Bool { position == window.count && rest.isEmpty }

  /// The next eight bytes, least first.
  mutating func word() throws -> UInt64 {
    try fill(8)
    let word = window.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: UInt64.self) }
    position += 8
    return UInt64(littleEndian: word)
  }

  /// The next `count` bytes.
  mutating func bytes(_ count: Int) throws -> [UInt8] {
    try fill(count)
    defer { position += count }
    return Array(window[position..<(position + count)])
  }

  /// Makes sure of `count` bytes in the window.
  private mutating func fill(_ count: Int) throws {
    guard window.count - position < count else { return }
    window.removeFirst(position)
    position = 0
    let kept = window.count
    let added = min(max(windowSize, count) - kept, rest.count)
    window.append(contentsOf: repeatElement(0, count: added))
    try window.withUnsafeMutableBytes {
      try file.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[kept...]), at: rest.lowerBound)
    }
    rest = (rest.lowerBound + added)..<rest.upperBound
  }
}

/// Sorts any number of elements, in memory as long as they fit.
struct ExternalSorter<Element: Spillable> {
  private var buffer: [Element] = []
  private var runs: SortedRuns<Element>
  private let capacity: Int

  /// Makes an empty sorter that uses about `memory` bytes.
  init(memory: Int) {
    capacity = max(memory / (2 * MemoryLayout<Element>.stride), 16)
    runs = SortedRuns(mergeMemory: memory)
  }

  mutating func append(_ element: Element) throws {
    if buffer.count == capacity { try spill() }
    buffer.append(element)
  }

  private mutating func spill() throws {
    buffer.sort { $0.precedes($1) }
    try runs.append(buffer)
    buffer.removeAll(keepingCapacity: true)
  }

  /// Calls `body` with every element, sorted.
  consuming func drain(_ body: (Element) throws -> Void) throws {
    guard !runs.isEmpty else {
      buffer.sort { $0.precedes($1) }
      return try buffer.forEach(body)
    }
    try spill()
    try runs.merge(body)
  }
}
