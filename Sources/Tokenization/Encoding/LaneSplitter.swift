import CKernels

/// Splits texts by a `SplitTable`, several stretches of them side by side.
///
/// One step of an automaton waits for the one before it, some six cycles; steps of automata on different
/// stretches do not wait for each other. So a window of the text is cut at places that are sure to
/// be between pieces, and the stretches between the cuts are split in lockstep, two symbols a step,
/// without a branch where pieces end.
struct LaneSplitter: ~Copyable {
  /// A stretch on its way: from where a piece begins to the end of the text or a sure place between pieces.
  /// Places are counted from the beginning of the window.
  private struct Lane {
    /// The state: the offset of its row.
    var row = 0
    /// The next symbol's place.
    var here: Int
    let start: Int
    let stop: Int
  }

  private let table: SplitTable
  private let pairTable: SplitPairTable
  private let automaton: Automaton
  private let classes: ClassTable
  /// The symbols of the window's bytes, and of what follows it.
  private let symbols: UnsafeMutablePointer<UInt8>
  /// A number for each place in the window: that of the pair of its symbol and the next one, and when a lane
  /// has been there, in bit 0 whether a piece ends there.
  private let numbers: UnsafeMutablePointer<UInt16>
  /// 0, and where the pieces end that have been found.
  private let bounds: UnsafeMutablePointer<UInt32>
  private let lanes: UnsafeMutablePointer<Lane>
  private var laneCount = 0
  /// Those of the lanes that have not little left, as `grape_run_lanes` has them.
  private let running: UnsafeMutablePointer<grape_lane>

  private static let maximumLanes = Int(GRAPE_SPLIT_LANES)
  /// Windows have at most so many bytes and the rest of a character.
  private static let windowSize = 4096
  private static let capacity = windowSize + 64
  /// Windows that are shorter are one stretch.
  private static let shortest = 128
  /// Lanes with less left go on by themselves.
  private static let shortestSideBySide = 8

  /// - Parameters:
  ///   - table: what splits.
  ///   - automaton: the automaton that finds the same pieces one by one.
  ///   - classes: the classes of code points.
  init(_ table: SplitTable, _ automaton: Automaton, _ classes: ClassTable) {
    self.table = table
    pairTable = SplitPairTable(table)
    self.automaton = automaton
    self.classes = classes
    symbols = .allocate(capacity: Self.capacity)
    numbers = .allocate(capacity: Self.capacity)
    bounds = .allocate(capacity: 1 + Self.capacity + 32)
    bounds[0] = 0
    lanes = .allocate(capacity: Self.maximumLanes)
    running = .allocate(capacity: Self.maximumLanes)
  }

  deinit {
    symbols.deallocate()
    numbers.deallocate()
    bounds.deallocate()
    lanes.deallocate()
    running.deallocate()
  }

  /// Splits the beginning of a text.
  ///
  /// - Parameters:
  ///   - text: well-formed UTF-8.
  ///   - count: its length, more than 0.
  /// - Returns: 0, and where each piece ends that has been found, at least one; valid until the next call.
  /// - Complexity: O(windowSize), unless the last piece is longer.
  mutating func split(_ text: UnsafePointer<UInt8>, count: Int) -> UnsafeBufferPointer<UInt32> {
    let window = readSymbols(text, count)
    laneCount = 0
    let stop: Int
    if let place = cut(window, isLast: window == count) {
      stop = place
      if !pairTable.isEmpty { runSideBySide(text, count) }
      for index in 0..<laneCount { finish(&lanes[index], text, count) }
    } else {
      stop = splitPiecewise(text, count, window: window)
    }
    let found = grape_marked_places(numbers, min(stop, window), bounds + 1)
    bounds[1 + found] = UInt32(truncatingIfNeeded: stop)
    return UnsafeBufferPointer(start: bounds, count: found + 2)
  }

  // MARK: Windows and stretches

  /// Fills `symbols` with those of a window and, after them, of the end. Returns
  /// the window's length in bytes.
  private func readSymbols(_ text: UnsafePointer<UInt8>, _ count: Int) -> Int {
    let symbols = symbols
    let ascii = classes.ascii
    let size = min(count, Self.windowSize)
    var here = 0
    while here < size {
      if here &+ 8 <= size, isASCII(text + here) {
        here &+= grape_classify_ascii(text + here, size &- here, ascii, symbols + here)
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
    pairTable.number(symbols, count: here, numbers)
    return here
  }

  /// Whether a piece is sure to end at a place in the window, after its beginning.
  private func isSure(_ place: Int) -> Bool {
    var before = place &- 1
    while before > 0, symbols[before] == table.continuationSymbol { before &-= 1 }
    return table.isSure(symbols[before], symbols[place])
  }

  /// Cuts a window into stretches and makes lanes of them.
  ///
  /// - Parameters:
  ///   - count: the window's length in bytes.
  ///   - isLast: whether the text ends with the window.
  /// - Returns: where the last stretch ends: with the text, or at the last sure place in the
  ///   window; nil when there is none.
  private mutating func cut(_ count: Int, isLast: Bool) -> Int? {
    var stop = count
    if !isLast {
      // What follows the window is not known.
      repeat { stop &-= 1 } while stop > 0 && !isSure(stop)
      guard stop > 0 else { return nil }
    }
    var start = 0
    if stop >= Self.shortest {
      for part in 1..<Self.maximumLanes {
        var place = max(stop &* part / Self.maximumLanes, start &+ 1)
        let limit = min(place &+ stop / Self.maximumLanes, stop)
        while place < limit, !isSure(place) { place &+= 1 }
        guard place < limit else { continue }
        addLane(start, place)
        start = place
      }
    }
    addLane(start, stop)
    return stop
  }

  private mutating func addLane(_ start: Int, _ stop: Int) {
    var lane = Lane(here: start, start: start, stop: stop)
    begin(&lane, at: start)
    (lanes + laneCount).initialize(to: lane)
    laneCount += 1
  }

  // MARK: Steps

  /// Takes a lane to where a piece begins, and over its first symbol.
  private func begin(_ lane: inout Lane, at place: Int) {
    // From the first state nothing ends, and there is a step for every symbol.
    let entry = table.transitions[Int(symbols[place])]
    numbers[place] = place > 0 ? 1 : 0
    lane.here = place &+ 1
    lane.row = Int(entry &>> SplitTable.flagBits)
  }

  /// Takes lanes on, two symbols at a time, until all have little left.
  private func runSideBySide(_ text: UnsafePointer<UInt8>, _ count: Int) {
    while true {
      var steps = Int.max
      var runningCount = 0
      for index in 0..<laneCount {
        let lane = lanes[index]
        let left = lane.stop &- lane.here
        guard left >= Self.shortestSideBySide else { continue }
        steps = min(steps, left / 2)
        (running + runningCount).initialize(
          to: grape_lane(here: numbers + lane.here, row: pairTable.halfOffset(of: lane.row)))
        runningCount += 1
      }
      guard runningCount > 0 else { return }
      let done = grape_run_lanes(pairTable.transitions, running, runningCount, steps)
      runningCount = 0
      for index in 0..<laneCount where lanes[index].stop &- lanes[index].here >= Self.shortestSideBySide {
        lanes[index].here &+= 2 &* done
        lanes[index].row = pairTable.row(ofHalfOffset: running[runningCount].row)
        runningCount += 1
        if done < steps { step(&lanes[index], text, count) }
      }
    }
  }

  /// Takes a lane over its next symbol, or back to where the next piece begins.
  private func step(_ lane: inout Lane, _ text: UnsafePointer<UInt8>, _ count: Int) {
    let entry = table.transitions[lane.row &+ Int(symbols[lane.here])]
    if entry & SplitTable.isUnknown != 0 { return findEnd(&lane, text, count) }
    if entry & SplitTable.endsBefore != 0 { endBefore(lane) }
    numbers[lane.here] = UInt16(truncatingIfNeeded: entry & SplitTable.endsHere)
    lane.here &+= 1
    lane.row = Int(entry &>> SplitTable.flagBits)
  }

  /// Takes a lane to its end.
  private func finish(_ lane: inout Lane, _ text: UnsafePointer<UInt8>, _ count: Int) {
    let transitions = table.transitions
    while true {
      while lane.here < lane.stop {
        var (row, here) = (lane.row, lane.here)
        while here < lane.stop {
          let entry = transitions[row &+ Int(symbols[here])]
          if entry & SplitTable.isSpecial != 0 { break }
          numbers[here] = UInt16(truncatingIfNeeded: entry & SplitTable.endsHere)
          row = Int(entry &>> SplitTable.flagBits)
          here &+= 1
        }
        (lane.row, lane.here) = (row, here)
        if here < lane.stop { step(&lane, text, count) }
      }
      // The symbol after the stretch decides where its last pieces end.
      let entry = transitions[lane.row &+ Int(symbols[lane.here])]
      if entry & SplitTable.endsBefore != 0 { endBefore(lane) }
      guard entry & SplitTable.isUnknown != 0 else { return }
      findEnd(&lane, text, count)
    }
  }

  /// Ends a piece before the last character.
  private func endBefore(_ lane: Lane) {
    var place = lane.here - 1
    while place > lane.start, symbols[place] == table.continuationSymbol { place -= 1 }
    numbers[place] |= 1
  }

  /// Ends a piece where the other automaton says that the one after the last mark
  /// ends, and goes on from there.
  private func findEnd(_ lane: inout Lane, _ text: UnsafePointer<UInt8>, _ count: Int) {
    var last = lane.here - 1
    while last > lane.start, numbers[last] & 1 == 0 { last -= 1 }
    let match = automaton.matchEnd(text, from: last, to: count, classes)
    let place = min(max(match, last + 1), lane.stop)
    if place < lane.here {
      // The lane goes over these once more.
      pairTable.number(symbols + place, count: lane.here - place, numbers + place)
    } else {
      (numbers + lane.here).update(repeating: 0, count: place - lane.here)
    }
    if place < lane.stop {
      begin(&lane, at: place)
    } else {
      lane.here = place
      lane.row = 0
    }
  }

  /// Splits a window without a sure place, and as much more as its last piece has.
  private func splitPiecewise(_ text: UnsafePointer<UInt8>, _ count: Int, window: Int) -> Int {
    numbers.update(repeating: 0, count: window)
    var here = 0
    while true {
      here = max(automaton.matchEnd(text, from: here, to: count, classes), here + 1)
      guard here < window else { return here }
      numbers[here] = 1
    }
  }
}
