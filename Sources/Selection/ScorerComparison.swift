import Records
import Streams

/// What `--compare` keeps: for each group what either scorer would pick, and its candidates'
/// two scores for Kendall's tau.
///
/// Candidates without both scores take no part. Of a group with more than 64, tau is that of a sample of 64,
/// uniform and the same whatever the order of the input. Memory: 112 bytes a group, 16 to 32 bytes of index
/// and the first 40 bytes of the key, and 32 bytes for each candidate up to the 64th.
struct ScorerComparison {
  /// A candidate's two scores, with the hash that decides which are kept, and the place of the group's next.
  struct Pair {
    let hash: UInt64
    let a: Double
    let b: Double
    fileprivate(set) var next: Int32 = -1

    init(hash: UInt64, a: Double, b: Double) { (self.hash, self.a, self.b) = (hash, a, b) }

    fileprivate func precedes(_ other: Pair) -> Bool { (hash, a, b) < (other.hash, other.a, other.b) }
  }

  /// What the two scorers make of a part of a group. A scorer's pick is the earliest
  /// candidate with its highest score.
  struct Tally: Equatable {
    var candidates = 0
    var picksAgree = false
    /// The scores by A and B of what A picks, and of what B picks.
    var ofPickA = (a: -Double.infinity, b: 0.0)
    var ofPickB = (a: 0.0, b: -Double.infinity)
    /// Places in the list of sources.
    var sourceA: UInt16 = 0
    var sourceB: UInt16 = 0

    init() {}

    init(a: Double, b: Double, source: UInt16) {
      (candidates, picksAgree) = (1, true)
      (ofPickA, ofPickB) = ((a, b), (a, b))
      (sourceA, sourceB) = (source, source)
    }

    /// Takes in the tally of a later part.
    mutating func merge(_ later: Tally) {
      let takesA = later.ofPickA.a > ofPickA.a
      let takesB = later.ofPickB.b > ofPickB.b
      candidates &+= later.candidates
      picksAgree = takesA == takesB && (takesA ? later.picksAgree : picksAgree)
      if takesA { (ofPickA, sourceA) = (later.ofPickA, later.sourceA) }
      if takesB { (ofPickB, sourceB) = (later.ofPickB, later.sourceB) }
    }

    static func == (left: Tally, right: Tally) -> Bool {
      left.candidates == right.candidates && left.picksAgree == right.picksAgree
        && left.ofPickA == right.ofPickA && left.ofPickB == right.ofPickB
        && left.sourceA == right.sourceA && left.sourceB == right.sourceB
    }
  }

  struct Group {
    let hash: GroupHash
    var tally = Tally()
    fileprivate let keyStart: Int
    fileprivate let keyCount: Int
    fileprivate var kept: Int32 = 0
    fileprivate var first: Int32 = -1
  }

  static let pairLimit = 64
  private static let keyLimit = 40

  private(set) var groups: [Group] = []
  private var index = HashIndex()
  private var keys: [UInt8] = []
  private var pairs: [Pair] = []
  /// Over the candidates with both scores, in groups or not.
  var pairSums = PairSums()
  var sample: PairSample

  init(sampleSize: Int) { sample = PairSample(capacity: sampleSize) }

  /// Takes in a candidate.
  ///
  /// - Parameters:
  ///   - key: the group's key; nil where the record has no group.
  mutating func add(_ key: UnsafeRawBufferPointer?, _ hash: GroupHash, a: Double, b: Double, source: UInt16) {
    pairSums.add(a, b)
    let pair = PairSample.Pair(belongingTo: hash.high, x: a, y: b)
    sample.add(pair)
    guard let key else { return }
    let place = place(of: hash, key: key)
    groups[place].tally.merge(Tally(a: a, b: b, source: source))
    insert(Pair(hash: pair.hash, a: a, b: b), at: place)
  }

  /// Takes in what a later part of the input says of a group.
  mutating func merge(_ tally: Tally, of hash: GroupHash, key: UnsafeRawBufferPointer, pairs: [Pair]) {
    let place = place(of: hash, key: key)
    groups[place].tally.merge(tally)
    for pair in pairs { insert(pair, at: place) }
  }

  private mutating func place(of hash: GroupHash, key: UnsafeRawBufferPointer) -> Int {
    if let place = index.find(hash.high, where: { groups[$0].hash == hash }) { return place }
    index.insert(hash.high, place: groups.count)
    let shown = UnsafeRawBufferPointer(
      rebasing: key.prefix(wholeCharacters: ScorerComparison.keyLimit))
    groups.append(Group(hash: hash, keyStart: keys.count, keyCount: shown.count))
    keys.append(contentsOf: shown)
    return groups.count - 1
  }

  private mutating func insert(_ pair: Pair, at place: Int) {
    var pair = pair
    if groups[place].kept < ScorerComparison.pairLimit {
      guard pairs.count < Int32.max else { return }
      pair.next = groups[place].first
      groups[place].first = Int32(pairs.count)
      groups[place].kept += 1
      pairs.append(pair)
      return
    }
    var last = groups[place].first
    var other = pairs[Int(last)].next
    while other >= 0 {
      if pairs[Int(last)].precedes(pairs[Int(other)]) { last = other }
      other = pairs[Int(other)].next
    }
    guard pair.precedes(pairs[Int(last)]) else { return }
    pair.next = pairs[Int(last)].next
    pairs[Int(last)] = pair
  }

  /// The beginning of a group's key.
  func key(at place: Int) -> ArraySlice<UInt8> {
    keys[groups[place].keyStart..<(groups[place].keyStart + groups[place].keyCount)]
  }

  /// The scores kept of a group's candidates, by rising hash.
  func pairs(at place: Int) -> [Pair] {
    var found: [Pair] = []
    var next = groups[place].first
    while next >= 0 {
      found.append(pairs[Int(next)])
      next = pairs[Int(next)].next
    }
    return found.sorted { $0.precedes($1) }
  }
}

/// Kendall's tau-b of pairs of scores: the part of the pairs of candidates that both put in the same order,
/// less the part that they put in opposite orders, corrected for ties.
///
///     tau = (concordant - discordant) / sqrt(pairs not tied in a * pairs not tied in b)
///
/// Source: M. G. Kendall, "The treatment of ties in ranking problems", Biometrika 33 (1945).
///
/// - Returns: within -1 ... 1; nil where one of the scorers has the same score for all.
/// - Complexity: O(n^2).
func kendallTau(_ pairs: [(a: Double, b: Double)]) -> Double? {
  var (difference, untiedA, untiedB) = (0, 0, 0)
  for (index, pair) in pairs.enumerated() {
    for other in pairs[..<index] {
      let a = pair.a < other.a ? -1 : pair.a > other.a ? 1 : 0
      let b = pair.b < other.b ? -1 : pair.b > other.b ? 1 : 0
      difference += a * b
      untiedA += a * a
      untiedB += b * b
    }
  }
  guard untiedA > 0, untiedB > 0 else { return nil }
  return Double(difference) / (Double(untiedA) * Double(untiedB)).squareRoot()
}
