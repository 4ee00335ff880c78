/// A text with spaces as a `SpaceMark` wants them.
struct SpacedText {
  private let mark: [UInt8]
  private let prefix: SpaceMark.Prefix
  /// The text.
  private(set) var bytes: [UInt8] = []
  /// Where each byte ends in the text as it was; empty where that has no mark.
  private var ends: [UInt32] = []
  /// Where the first character ends in the text as it was, which the space before it stands for.
  private var firstEnd: UInt32 = 0

  init(_ mark: SpaceMark) {
    self.mark = Array(String(mark.mark).utf8)
    prefix = mark.prefix
  }

  /// Prepares a text that is not empty.
  ///
  /// - Parameters:
  ///   - text: well-formed UTF-8.
  ///   - count: its length in bytes.
  ///   - isFirst: whether it lies at the beginning of the given text.
  /// - Returns: false if the text is to be taken as it is.
  mutating func prepare(_ text: UnsafePointer<UInt8>, count: Int, isFirst: Bool) -> Bool {
    let whole = UnsafeRawBufferPointer(start: text, count: count)
    let firstMark = nextMark(whole, from: 0)
    let beginsWithSpace = text[0] == 0x20 || firstMark == 0
    let isPrefixed =
      switch prefix {
      case .never: false
      case .always: true
      case .unlessSpace: !beginsWithSpace
      case .first: !beginsWithSpace && isFirst
      }
    guard isPrefixed || firstMark != nil else { return false }
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    firstEnd = UInt32(truncatingIfNeeded: scalar(text).count)
    if isPrefixed { bytes.append(0x20) }
    guard var next = firstMark else {
      bytes.append(contentsOf: whole)
      return true
    }
    if isPrefixed { ends.append(firstEnd) }
    var here = 0
    func keep(to end: Int) {
      bytes.append(contentsOf: whole[here..<end])
      for index in here..<end { ends.append(UInt32(truncatingIfNeeded: index + 1)) }
    }
    while true {
      keep(to: next)
      here = next + mark.count
      bytes.append(0x20)
      ends.append(UInt32(truncatingIfNeeded: here))
      guard let following = nextMark(whole, from: here) else { break }
      next = following
    }
    keep(to: count)
    return true
  }

  /// Where the part that ends at `end` in `bytes` ends in the text as it was.
  func restored(_ end: UInt32) -> UInt32 {
    if !ends.isEmpty { return ends[Int(end) - 1] }
    return end <= 1 ? firstEnd : end - 1
  }

  private func nextMark(_ text: UnsafeRawBufferPointer, from start: Int) -> Int? {
    var here = start
    while let hit = firstIndex(of: mark[0], UnsafeRawBufferPointer(rebasing: text[here...])) {
      if text[(here + hit)...].starts(with: mark) { return here + hit }
      here += hit + 1
    }
    return nil
  }
}
