/// A pattern's automaton where it lies in the compiled tokenizer; see `PatternAutomaton`.
///
/// A row has an entry for each class of characters and one for the end of the text. An entry is the offset
/// of the next state's row << 8 | the number of that state's run, or 0 << 1 | whether the text before the
/// character just read matches. Row 0 is the dead state, the next one the start.
struct Automaton {
  private let transitions: UnsafePointer<UInt32>
  private let runs: UnsafePointer<ByteRun>
  private let stride: Int

  /// Offsets of rows are below this.
  static let maximumSize = 1 << 24
  /// Numbers of runs are at most this.
  static let maximumRun = 127

  static func entry(_ offset: Int, run: Int, matches: Bool) -> UInt32 {
    UInt32(truncatingIfNeeded: offset << 8 | run << 1 | (matches ? 1 : 0))
  }

  /// The automaton in a table; nil when some number leads outside.
  ///
  /// - Parameters:
  ///   - table: its rows.
  ///   - stride: the length of a row.
  ///   - runs: the runs of all states; the first is that of none.
  init?(_ table: UnsafeBufferPointer<UInt32>, stride: Int, runs: UnsafeBufferPointer<ByteRun>) {
    guard let base = table.baseAddress, let runBase = runs.baseAddress, table.count.isMultiple(of: stride),
      table.count >= 2 * stride
    else { return nil }
    for entry in table {
      let row = Int(entry >> 8)
      guard row < table.count, row.isMultiple(of: stride), Int(entry >> 1 & 0x7F) < runs.count else {
        return nil
      }
    }
    transitions = base
    self.runs = runBase
    self.stride = stride
  }

  /// Finds the match that begins at a place. Matches are never empty.
  ///
  /// - Parameters:
  ///   - text: well-formed UTF-8.
  ///   - position: where the match begins, before `end`.
  ///   - end: where the text ends, for lookahead too.
  ///   - classes: the classes of code points.
  /// - Returns: where the match ends; `position` when there is none.
  @inline(__always)
  func matchEnd(_ text: UnsafePointer<UInt8>, from position: Int, to end: Int, _ classes: ClassTable) -> Int {
    var row = stride
    var here = position
    var matched = position
    repeat {
      let byte = text[here]
      let symbol: UInt8
      let length: Int
      if byte < 0x80 {
        symbol = classes.ascii[Int(byte)]
        length = 1
      } else {
        let (code, count) = decodeScalar(text + here)
        symbol = classes[code]
        length = count
      }
      let entry = transitions[row &+ Int(symbol)]
      // The dead state: most often the text up to here is the match.
      if entry <= 1 { return entry == 1 ? here : matched }
      if entry & 1 != 0 { matched = here }
      row = Int(entry >> 8)
      here &+= length
      let run = Int(entry >> 1 & 0x7F)
      if run != 0 { here = runs[run].end(text, from: here, to: end) }
    } while here < end
    return transitions[row &+ stride &- 1] & 1 != 0 ? end : matched
  }

  /// Where the next match after `position` begins, or the end.
  ///
  /// - Parameters:
  ///   - text: well-formed UTF-8.
  ///   - position: where no match begins, before `end`.
  ///   - end: where the text ends.
  ///   - classes: the classes of code points.
  /// - Returns: where the text without a match ends.
  @inline(never)
  func gapEnd(_ text: UnsafePointer<UInt8>, from position: Int, to end: Int, _ classes: ClassTable) -> Int {
    var here = position
    repeat {
      here += scalar(text + here).count
    } while here < end
      && matchEnd(text, from: here, to: end, classes) == here
    return here
  }
}
