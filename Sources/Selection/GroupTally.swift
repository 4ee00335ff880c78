/// What the statistics keep of a group: enough to tell its pick and how that compares with other choices.
///
/// Tallies of two parts of the input merge into that of both, the earlier part first.
struct GroupTally: Equatable {
  /// Candidates, and those of them with a score.
  var candidates: UInt32 = 0
  var scored: UInt32 = 0
  /// The pick: the earliest of the candidates with the highest score. Minus infinity where there is none.
  var best = -Double.infinity
  /// The highest score but the pick's; minus infinity where there is none.
  var second = -Double.infinity
  /// The pick's number of tokens; -1 where it is not known.
  var bestLength: Int32 = -1
  /// The most and fewest tokens of a candidate with a score; -1 and the greatest number where there is none.
  var longest: Int32 = -1
  var shortest = Int32.max
  /// The pick's source: a place in the list of sources.
  var bestSource: UInt16 = 0
  /// Whether the pick is the candidate that is chosen for its length: the earliest of
  /// the longest, of the shortest.
  var pickIsLongest = false
  var pickIsShortest = false

  /// Takes in the next candidate.
  mutating func add(score: Double?, length: Int32?, source: UInt16) {
    candidates &+= 1
    guard let score else { return }
    var candidate = GroupTally()
    candidate.scored = 1
    candidate.best = score
    candidate.bestSource = source
    if let length {
      candidate.bestLength = length
      candidate.longest = length
      candidate.shortest = length
      candidate.pickIsLongest = true
      candidate.pickIsShortest = true
    }
    merge(candidate)
  }

  /// Takes in the tally of a later part of the input.
  @inline(__always)
  mutating func merge(_ later: GroupTally) {
    let takesBest = later.best > best
    let takesLongest = later.longest > longest
    let takesShortest = later.shortest < shortest
    candidates &+= later.candidates
    scored &+= later.scored
    second = max(min(best, later.best), second, later.second)
    pickIsLongest =
      takesBest == takesLongest && (takesBest ? later.pickIsLongest : pickIsLongest)
    pickIsShortest =
      takesBest == takesShortest && (takesBest ? later.pickIsShortest : pickIsShortest)
    if takesBest {
      best = later.best
      bestLength = later.bestLength
      bestSource = later.bestSource
    }
    longest = max(longest, later.longest)
    shortest = min(shortest, later.shortest)
  }
}
