import CKernels

/// Splits texts by a `SplitTable`, several stretches of them side by side.
///
/// One step of an automaton waits for the one before it, some six cycles; steps of automata on different stretches do
/// not wait for each other. So a window of the text is cut at places that are sure to be between pieces, and the
/// stretches between the cuts are split in lockstep, two symbols a step, without a branch where pieces end.
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
  }

  private let table: SplitTable
  private let pairTable: SplitPairTable
  private let automaton: Automaton
  private let classes: ClassTable
  /// The symbols of the window's bytes, and of what follows it.
  private let symbols: UnsafeMutablePointer<UInt8>
  /// For each place in the window the pair of its symbol and the next one.
  private let pairs: UnsafeMutablePointer<UInt16>
  /// A bit for each place in the window where a piece ends; zeros between calls.
  private let marks: UnsafeMutablePointer<UInt64>
  /// 0, and where the pieces end that have been found.
  private let bounds: UnsafeMutablePointer<UInt32>
  private let lanes: UnsafeMutablePointer<Lane>
  private var laneCount = 0

  /// As many as there are registers for.
  private static let maximumLanes = 3
  /// Windows have at most so many bytes and the rest of a character.
  private static let windowSize = 4096
  private static let capacity = windowSize + 64
  /// So many places are written at once: most often as many as 64 bytes have.
  private static let placesAtOnce = 16
  /// Windows that are shorter are one stretch.
  private static let shortest = 64

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
    pairs = .allocate(capacity: Self.capacity)
    marks = .allocate(capacity: Self.capacity / 64 + 1)
    marks.initialize(repeating: 0, count: Self.capacity / 64 + 1)
    bounds = .allocate(capacity: 1 + Self.capacity + Self.placesAtOnce)
    bounds[0] = 0
    lanes = .allocate(capacity: Self.maximumLanes)
  }

  deinit {
    symbols.deallocate()
    pairs.deallocate()
    marks.deallocate()
    bounds.deallocate()
    lanes.deallocate()
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
      if laneCount == Self.maximumLanes, !pairTable.isEmpty { runSideBySide(text, count) }
      for index in 0..<laneCount { finish(&lanes[index], text, count) }
    } else {
      stop = splitPiecewise(text, count, window: window)
    }
    return takeBounds(upTo: stop)
  }

  // MARK: Windows and stretches

  /// Fills `symbols` with those of a window and, after them, of the end. Returns the window's length in bytes.
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
    pairTable.number(symbols, count: here, pairs)
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
  /// - Returns: where the last stretch ends: with the text, or at the last sure place in the window; nil when there
  ///   is none.
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
    if start > 0 { mark(start) }
    (lanes + laneCount).initialize(to: Lane(here: start, start: start, stop: stop))
    laneCount += 1
  }

  // MARK: Marks

  private func mark(_ place: Int) { marks[place >> 6] |= 1 << UInt64(place & 63) }

  /// Marks the places of the ones in `bits`, the lowest of which is that of `place`.
  @inline(__always)
  private func mark(_ bits: UInt64, at place: Int) {
    let shift = UInt64(truncatingIfNeeded: place & 63)
    marks[place >> 6] |= bits &<< shift
    marks[place >> 6 + 1] |= (bits &>> 1) &>> (63 &- shift)
  }

  /// The last place that is marked in a lane, up to its next symbol's, or the lane's beginning.
  private func lastMark(_ lane: Lane) -> Int {
    var word = lane.here >> 6
    var bits = marks[word] & (~0 >> UInt64(63 - lane.here & 63))
    while bits == 0, word << 6 > lane.start {
      word -= 1
      bits = marks[word]
    }
    return bits == 0 ? lane.start : max(lane.start, word << 6 + 63 - bits.leadingZeroBitCount)
  }

  /// 0, the places of the marks, all of which are before `stop`, and `stop`. Sets the marks to 0.
  private func takeBounds(upTo stop: Int) -> UnsafeBufferPointer<UInt32> {
    var count = 1
    for word in 0..<(min(stop, Self.windowSize + 3) + 63) / 64 {
      var bits = marks[word]
      marks[word] = 0
      let total = bits.nonzeroBitCount
      let first = UInt32(truncatingIfNeeded: word &<< 6)
      // A fixed number of places is written at once, and as many count as there are: that needs no guess when to stop.
      var place = bounds + count
      repeat {
        for index in 0..<Self.placesAtOnce {
          // The highest bit is the lowest where there is no other.
          place[index] = first | UInt32(truncatingIfNeeded: (bits | 1 << 63).trailingZeroBitCount)
          bits &= bits &- 1
        }
        place += Self.placesAtOnce
      } while bits != 0
      count &+= total
    }
    bounds[count] = UInt32(truncatingIfNeeded: stop)
    return UnsafeBufferPointer(start: bounds, count: count + 1)
  }

  // MARK: Steps

  /// Takes all lanes on, two symbols at a time, until one has less than that left.
  private func runSideBySide(_ text: UnsafePointer<UInt8>, _ count: Int) {
    let transitions = pairTable.transitions
    let rowShift = pairTable.rowShift
    while true {
      let (first, second, third) = (lanes[0], lanes[1], lanes[2])
      let left = min(first.stop &- first.here, second.stop &- second.here, third.stop &- third.here)
      let steps = min(left / 2, 32)
      guard steps > 0 else { return }
      let firstPairs = pairs + first.here
      let secondPairs = pairs + second.here
      let thirdPairs = pairs + third.here
      var firstRow = first.row &<< rowShift
      var secondRow = second.row &<< rowShift
      var thirdRow = third.row &<< rowShift
      var firstBits: UInt64 = 0
      var secondBits: UInt64 = 0
      var thirdBits: UInt64 = 0
      var done = 0
      while done < steps {
        let a = transitions[firstRow &+ Int(firstPairs[2 &* done])]
        let b = transitions[secondRow &+ Int(secondPairs[2 &* done])]
        let c = transitions[thirdRow &+ Int(thirdPairs[2 &* done])]
        if (a | b | c) & SplitPairTable.isSpecial != 0 { break }
        firstBits = firstBits &>> 2 | UInt64(a) &<< 62
        secondBits = secondBits &>> 2 | UInt64(b) &<< 62
        thirdBits = thirdBits &>> 2 | UInt64(c) &<< 62
        firstRow = Int(a &>> SplitPairTable.flagBits)
        secondRow = Int(b &>> SplitPairTable.flagBits)
        thirdRow = Int(c &>> SplitPairTable.flagBits)
        done &+= 1
      }
      let symbols = 2 &* done
      // The bits of the last step are the highest two.
      let rest = UInt64(truncatingIfNeeded: 64 &- symbols)
      advance(&lanes[0], symbols, firstRow &>> rowShift, firstBits &>> rest)
      advance(&lanes[1], symbols, secondRow &>> rowShift, secondBits &>> rest)
      advance(&lanes[2], symbols, thirdRow &>> rowShift, thirdBits &>> rest)
      if done < steps {
        for index in 0..<Self.maximumLanes { step(&lanes[index], text, count) }
      }
    }
  }

  /// Takes a lane over symbols that lead to a state and have pieces end at the ones in `bits`.
  @inline(__always)
  private func advance(_ lane: inout Lane, _ steps: Int, _ row: Int, _ bits: UInt64) {
    mark(bits, at: lane.here)
    lane.here &+= steps
    lane.row = row
  }

  /// Takes a lane over its next symbol, or back to where the next piece begins.
  private func step(_ lane: inout Lane, _ text: UnsafePointer<UInt8>, _ count: Int) {
    let entry = table.transitions[lane.row &+ Int(symbols[lane.here])]
    if entry & SplitTable.isUnknown != 0 { return findEnd(&lane, text, count) }
    if entry & SplitTable.endsBefore != 0 { endBefore(lane) }
    advance(&lane, 1, Int(entry &>> SplitTable.flagBits), UInt64(entry & SplitTable.endsHere))
  }

  /// Takes a lane to its end.
  private func finish(_ lane: inout Lane, _ text: UnsafePointer<UInt8>, _ count: Int) {
    let transitions = table.transitions
    while true {
      while lane.here < lane.stop {
        let steps = min(lane.stop &- lane.here, 64)
        let symbols = symbols + lane.here
        var row = lane.row
        var bits: UInt64 = 0
        var done = 0
        while done < steps {
          let entry = transitions[row &+ Int(symbols[done])]
          if entry & SplitTable.isSpecial != 0 { break }
          bits |= UInt64(entry & SplitTable.endsHere) &<< UInt64(truncatingIfNeeded: done)
          row = Int(entry &>> SplitTable.flagBits)
          done &+= 1
        }
        advance(&lane, done, row, bits)
        if done < steps { step(&lane, text, count) }
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
    mark(max(place, 0))
  }

  /// Ends a piece where the other automaton says that the one after the last mark ends, and goes on from there.
  private func findEnd(_ lane: inout Lane, _ text: UnsafePointer<UInt8>, _ count: Int) {
    let last = lastMark(lane)
    let match = automaton.matchEnd(text, from: last, to: count, classes)
    lane.here = min(max(match, last + 1), lane.stop)
    lane.row = 0
    if lane.here < lane.stop { mark(lane.here) }
  }

  /// Splits a window without a sure place, and as much more as its last piece has.
  private func splitPiecewise(_ text: UnsafePointer<UInt8>, _ count: Int, window: Int) -> Int {
    var here = 0
    while true {
      here = max(automaton.matchEnd(text, from: here, to: count, classes), here + 1)
      guard here < window else { return here }
      mark(here)
    }
  }
}
