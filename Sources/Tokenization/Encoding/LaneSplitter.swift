/// Splits texts by a `SplitTable`, several stretches of them side by side.
///
/// One step of an automaton waits for the one before it, some six cycles; steps of automata on different stretches do
/// not wait for each other. So a window of the text is cut at places that are sure to be between pieces, and the
/// stretches between the cuts are split in lockstep, without a branch where pieces end.
struct LaneSplitter: ~Copyable {
  /// A stretch on its way: from where a piece begins to the end of the text or a sure place between pieces. Places
  /// are counted from the beginning of the window.
  private struct Lane {
    /// The state: the offset of its row.
    var row = 0
    /// The next symbol's place.
    var here: Int
    let start: Int
    let stop: Int
    /// Where pieces end, in order. In a stretch of n bytes, pieces have a byte or more, and a damaged table can make an
    /// empty one after each: there is room for 2 n and one more.
    let ends: UnsafeMutablePointer<UInt32>
    var count = 0

    /// Where the last piece ends.
    var last: Int { count == 0 ? start : Int(ends[count - 1]) }

    /// Ends a piece at a place after `last`; does nothing at another.
    mutating func end(at place: Int) {
      guard place > last else { return }
      ends[count] = UInt32(truncatingIfNeeded: place)
      count += 1
    }
  }

  private let table: SplitTable
  private let automaton: Automaton
  private let classes: ClassTable
  /// The symbols of the window's bytes, and of what follows it.
  private let symbols: UnsafeMutablePointer<UInt8>
  private let ends: UnsafeMutablePointer<UInt32>
  private let lanes: UnsafeMutablePointer<Lane>
  private var stretchCount = 0

  private static let laneCount = 4
  /// Windows have at most so many bytes and the rest of a character.
  private static let windowSize = 4096
  /// Windows that are shorter are one stretch.
  private static let shortest = 64

  /// - Parameters:
  ///   - table: what splits.
  ///   - automaton: the automaton that finds the same pieces one by one.
  ///   - classes: the classes of code points.
  init(_ table: SplitTable, _ automaton: Automaton, _ classes: ClassTable) {
    self.table = table
    self.automaton = automaton
    self.classes = classes
    symbols = .allocate(capacity: Self.windowSize + 4)
    ends = .allocate(capacity: 2 * (Self.windowSize + 4 + Self.laneCount))
    lanes = .allocate(capacity: Self.laneCount)
  }

  deinit {
    symbols.deallocate()
    ends.deallocate()
    lanes.deallocate()
  }

  /// Splits the beginning of a text into the stretches that `stretch` has.
  ///
  /// - Parameters:
  ///   - text: well-formed UTF-8.
  ///   - count: its length, more than 0.
  /// - Returns: the number of stretches, more than 0.
  /// - Complexity: O(windowSize), unless a piece is longer.
  mutating func split(_ text: UnsafePointer<UInt8>, count: Int) -> Int {
    let window = readSymbols(text, count)
    stretchCount = 0
    guard cut(window, isLast: window == count) else {
      splitPiecewise(text, count, window: window)
      return 1
    }
    if stretchCount == Self.laneCount { runSideBySide(text, count) }
    for index in 0..<stretchCount { finish(&lanes[index], text, count) }
    return stretchCount
  }

  /// Where a stretch's pieces end in the text. The first begins where those of the stretch before end, or the text.
  func stretch(_ index: Int) -> UnsafeBufferPointer<UInt32> {
    UnsafeBufferPointer(start: lanes[index].ends, count: lanes[index].count)
  }

  // MARK: Windows and stretches

  /// Fills `symbols` with those of a window and, after them, of the end. Returns the window's length in bytes.
  private func readSymbols(_ text: UnsafePointer<UInt8>, _ count: Int) -> Int {
    let symbols = symbols
    let ascii = classes.ascii
    let size = min(count, Self.windowSize)
    var here = 0
    while here < size {
      if here &+ 8 <= size, UnsafeRawPointer(text + here).loadUnaligned(as: UInt64.self) & nonASCII == 0 {
        for index in here..<here &+ 8 { symbols[index] = ascii[Int(text[index])] }
        here &+= 8
      } else if text[here] < 0x80 {
        symbols[here] = ascii[Int(text[here])]
        here &+= 1
      } else {
        let (code, length) = decodeScalar(text + here)
        symbols[here] = classes[code]
        for index in 1..<length { symbols[here &+ index] = table.continuationSymbol }
        here &+= length
      }
    }
    symbols[here] = table.endSymbol
    return here
  }

  private var nonASCII: UInt64 { 0x8080_8080_8080_8080 }

  /// Whether a piece is sure to end at a place in the window, after its beginning.
  private func isSure(_ place: Int) -> Bool {
    var before = place &- 1
    while before > 0, symbols[before] == table.continuationSymbol { before &-= 1 }
    return table.isSure(symbols[before], symbols[place])
  }

  /// Cuts a window into stretches and makes lanes of them: up to the text's end, if that is the window's end, and
  /// otherwise up to the last sure place. False when there is none.
  private mutating func cut(_ count: Int, isLast: Bool) -> Bool {
    var stop = count
    if !isLast {
      // What follows the window is not known.
      repeat { stop &-= 1 } while stop > 0 && !isSure(stop)
      guard stop > 0 else { return false }
    }
    var start = 0
    if stop >= Self.shortest {
      for part in 1..<Self.laneCount {
        var place = max(stop &* part / Self.laneCount, start &+ 1)
        let limit = min(place &+ stop / Self.laneCount, stop)
        while place < limit, !isSure(place) { place &+= 1 }
        guard place < limit else { continue }
        addLane(start, place)
        start = place
      }
    }
    addLane(start, stop)
    return true
  }

  private mutating func addLane(_ start: Int, _ stop: Int) {
    let lane = Lane(here: start, start: start, stop: stop, ends: ends + 2 * (start + stretchCount))
    (lanes + stretchCount).initialize(to: lane)
    stretchCount += 1
  }

  // MARK: Steps

  /// Takes all lanes on until one has no symbol left.
  private func runSideBySide(_ text: UnsafePointer<UInt8>, _ count: Int) {
    let transitions = table.transitions
    let symbols = symbols
    while true {
      var (first, second, third, fourth) = (lanes[0], lanes[1], lanes[2], lanes[3])
      let steps = min(
        min(first.stop &- first.here, second.stop &- second.here),
        min(third.stop &- third.here, fourth.stop &- fourth.here))
      guard steps > 0 else { return }
      var done = 0
      while done < steps {
        let a = transitions[first.row &+ Int(symbols[first.here])]
        let b = transitions[second.row &+ Int(symbols[second.here])]
        let c = transitions[third.row &+ Int(symbols[third.here])]
        let d = transitions[fourth.row &+ Int(symbols[fourth.here])]
        if (a | b | c | d) & SplitTable.isSpecial != 0 { break }
        advance(&first, a)
        advance(&second, b)
        advance(&third, c)
        advance(&fourth, d)
        done &+= 1
      }
      (lanes[0], lanes[1], lanes[2], lanes[3]) = (first, second, third, fourth)
      if done < steps {
        for index in 0..<Self.laneCount { step(&lanes[index], text, count) }
      }
    }
  }

  /// Does what an entry says that is not special.
  @inline(__always)
  private func advance(_ lane: inout Lane, _ entry: UInt32) {
    lane.ends[lane.count] = UInt32(truncatingIfNeeded: lane.here)
    lane.count &+= Int(entry & SplitTable.endsHere)
    lane.row = Int(entry &>> SplitTable.flagBits)
    lane.here &+= 1
  }

  /// Takes a lane over its next symbol, or back to where the next piece begins.
  private func step(_ lane: inout Lane, _ text: UnsafePointer<UInt8>, _ count: Int) {
    let entry = table.transitions[lane.row &+ Int(symbols[lane.here])]
    if entry & SplitTable.isUnknown != 0 {
      findEnd(&lane, text, count)
    } else {
      if entry & SplitTable.endsBefore != 0 { endBefore(&lane) }
      advance(&lane, entry)
    }
  }

  /// Takes a lane to its end.
  private func finish(_ lane: inout Lane, _ text: UnsafePointer<UInt8>, _ count: Int) {
    let transitions = table.transitions
    let symbols = symbols
    while lane.last < lane.stop {
      var moving = lane
      while moving.here < moving.stop {
        let entry = transitions[moving.row &+ Int(symbols[moving.here])]
        if entry & SplitTable.isSpecial != 0 { break }
        advance(&moving, entry)
      }
      lane = moving
      if lane.here < lane.stop {
        step(&lane, text, count)
        continue
      }
      // The symbol after the stretch decides where its last pieces end.
      let entry = transitions[lane.row &+ Int(symbols[lane.here])]
      if entry & SplitTable.isUnknown != 0 {
        findEnd(&lane, text, count)
      } else {
        if entry & SplitTable.endsBefore != 0 { endBefore(&lane) }
        lane.end(at: lane.stop)
      }
    }
  }

  /// Ends a piece before the last character.
  private func endBefore(_ lane: inout Lane) {
    var place = lane.here - 1
    while place > lane.start, symbols[place] == table.continuationSymbol { place -= 1 }
    lane.end(at: place)
  }

  /// Ends a piece where the other automaton says that the next one ends, and goes on from there.
  private func findEnd(_ lane: inout Lane, _ text: UnsafePointer<UInt8>, _ count: Int) {
    let last = lane.last
    let match = automaton.matchEnd(text, from: last, to: count, classes)
    lane.end(at: min(max(match, last + 1), lane.stop))
    lane.here = lane.last
    lane.row = 0
  }

  /// Splits a window without a sure place, and as much more as its last piece has.
  private mutating func splitPiecewise(_ text: UnsafePointer<UInt8>, _ count: Int, window: Int) {
    addLane(0, window)
    while lanes[0].last < window {
      let last = lanes[0].last
      lanes[0].end(at: max(automaton.matchEnd(text, from: last, to: count, classes), last + 1))
    }
  }
}
