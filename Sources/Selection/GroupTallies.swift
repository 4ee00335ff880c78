/// The tallies of all groups, and the sources that each group has candidates with a score from.
///
/// Memory: 64 bytes a group, 16 to 32 bytes of index, 8 bytes for every 64 sources past the first 64, and 48
/// bytes where the input has log-probabilities.
struct GroupTallies {
  /// A group. With its first 64 sources it fills a cache line.
  struct Entry {
    let hash: GroupHash
    var tally = GroupTally()
    /// A bit for each of the sources 0 to 63.
    fileprivate var firstSources: UInt64 = 0
  }

  private(set) var entries: [Entry] = []
  /// What the length normalizations would pick of each group; empty as long as no candidate
  /// has had a log-probability.
  private(set) var rulePicks: [RulePicks] = []
  private var index = HashIndex()
  /// A bit for each source from 64 on, `words` words a group.
  private var otherSources: [UInt64] = []
  private var words = 0

  var count: Int { entries.count }

  /// The place of a group, which is added if it is new.
  @inline(__always)
  private mutating func place(of hash: GroupHash) -> Int {
    if let place = index.find(hash.high, where: { entries[$0].hash == hash }) { return place }
    index.insert(hash.high, place: entries.count)
    entries.append(Entry(hash: hash))
    otherSources.append(contentsOf: repeatElement(0, count: words))
    if !rulePicks.isEmpty { rulePicks.append(RulePicks()) }
    return entries.count - 1
  }

  /// Takes in a candidate.
  mutating func add(
    to hash: GroupHash, score: Double?, length: Int32?, source: UInt16, normalizations: Normalizations
  ) {
    let place = place(of: hash)
    if let score {
      insert(Int(source), at: place)
      if !normalizations.isEmpty || !rulePicks.isEmpty {
        merge(RulePicks(normalizations, length: length), best: score, at: place)
      }
    }
    entries[place].tally.add(score: score, length: length, source: source)
  }

  /// Takes in a group's tally from a later part of the input.
  ///
  /// - Parameter rulePicks: nil where that part had no log-probability.
  mutating func merge(_ tally: GroupTally, of hash: GroupHash, sources: [Int], rulePicks: RulePicks?) {
    let place = place(of: hash)
    if tally.scored > 0, rulePicks != nil || !self.rulePicks.isEmpty {
      merge(rulePicks ?? GroupTallies.unknownPicks, best: tally.best, at: place)
    }
    entries[place].tally.merge(tally)
    for source in sources { insert(source, at: place) }
  }

  /// Takes in rule picks of a later part of the input, before its tally with the score `best`.
  @inline(__always)
  private mutating func merge(_ picks: RulePicks, best: Double, at place: Int) {
    if rulePicks.isEmpty { startRulePicks() }
    rulePicks[place].merge(picks, takesBest: best > entries[place].tally.best)
  }

  /// What the rules pick of candidates without log-probabilities.
  private static let unknownPicks = RulePicks(Normalizations(), length: nil)

  private mutating func startRulePicks() {
    rulePicks = entries.map { $0.tally.scored > 0 ? GroupTallies.unknownPicks : RulePicks() }
  }

  @inline(__always)
  private mutating func insert(_ source: Int, at place: Int) {
    if source < 64 {
      entries[place].firstSources |= 1 << UInt64(source)
    } else {
      insertOther(source, at: place)
    }
  }

  private mutating func insertOther(_ source: Int, at place: Int) {
    let word = source / 64 - 1
    if word >= words { widen(to: word + 1) }
    otherSources[place * words + word] |= 1 << UInt64(source % 64)
  }

  private mutating func widen(to newWords: Int) {
    var wider = [UInt64](repeating: 0, count: entries.count * newWords)
    for place in entries.indices {
      for word in 0..<words { wider[place * newWords + word] = otherSources[place * words + word] }
    }
    otherSources = wider
    words = newWords
  }

  /// The sources that a group has candidates with a score from, rising.
  func sources(at place: Int) -> [Int] {
    var sources: [Int] = []
    for word in 0...words {
      var rest =
        word == 0 ? entries[place].firstSources : otherSources[place * words + word - 1]
      while rest != 0 {
        sources.append(64 * word + rest.trailingZeroBitCount)
        rest &= rest - 1
      }
    }
    return sources
  }
}
